package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// dataDir is a data directory:
//
//	store.db       customers, revocations (store)
//	signing.key    the node's own key (host/keyring)
//	admin.sock     the admin socket, while a node runs
//	cache/         compiled modules, unless cache_dir names another place
type dataDir string

func (d dataDir) store() string  { return filepath.Join(string(d), "store.db") }
func (d dataDir) key() string    { return filepath.Join(string(d), "signing.key") }
func (d dataDir) socket() string { return filepath.Join(string(d), "admin.sock") }
func (d dataDir) cache() string  { return filepath.Join(string(d), "cache") }

// make makes the directory where it is missing, for its owner alone, and then checks it.
func (d dataDir) make() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	return d.check()
}

// check refuses a directory that is missing or that others could put files into: keys and code are read from it.
func (d dataDir) check() error {
	info, err := os.Stat(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data directory %s %w", d, errNoDataDir)
	}
	if err != nil {
		return fmt.Errorf("open data directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("data directory %s is no directory: name another with --data", d)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("data directory %s can be written by others (mode %v): run chmod 700 %[1]s, and look for files that are not yours", d, info.Mode().Perm())
	}
	if uid, ok := owner(info); ok && uid != os.Geteuid() {
		return fmt.Errorf("data directory %s belongs to user %d and this is user %d: run the command as its owner", d, uid, os.Geteuid())
	}
	return nil
}
