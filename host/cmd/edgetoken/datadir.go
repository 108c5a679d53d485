package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/edgetoken/edgetoken/host/config"
)

// dataDir is a data directory, as it was configured:
//
//	store.db       customers, revocations (store)
//	signing.key    the node's own key (host/keyring)
//	admin.sock     the admin socket, while a node runs
//	cache/         compiled modules, unless cache_dir names another place
type dataDir string

// String is the absolute path, which messages show: a relative one says nothing without the working directory.
func (d dataDir) String() string { return absolute(string(d)) }

func (d dataDir) store() string { return filepath.Join(d.String(), "store.db") }
func (d dataDir) key() string   { return filepath.Join(d.String(), "signing.key") }
func (d dataDir) cache() string { return filepath.Join(d.String(), "cache") }

// socket is relative where the directory is: the path of a socket is bounded.
func (d dataDir) socket() string { return filepath.Join(string(d), "admin.sock") }

// absolute is a path from the root; as it is where the working directory is not known.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// make makes the directory where it is missing, for its owner alone, and then checks it.
func (d dataDir) make(cfg *config.Config, key bool) error {
	err := os.MkdirAll(string(d), 0o700)
	switch {
	case err == nil:
		return d.check(cfg, key)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("make data directory %s: a file stands where a directory should: name another with --data", d)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("make data directory %s: this user may not: have it made and given to this user with mode 700, or name another with --data (%w)", d, err)
	}
	return fmt.Errorf("make data directory %s: name another with --data: %w", d, err)
}

// warnings are what is permitted and yet lets others do more than they should.
func (d dataDir) warnings(cfg *config.Config) []string {
	var list []string
	if info, err := os.Stat(string(d)); err == nil && info.Mode().Perm()&0o055&^cfg.TrustedBits(info) != 0 {
		list = append(list, fmt.Sprintf("data directory %s is open to others (mode %v): run chmod 700 %[1]s", d, info.Mode().Perm()))
	}
	parents := []string{filepath.Dir(d.String())}
	// Where the directory is a symbolic link, either can be exchanged.
	if target, err := filepath.EvalSymlinks(d.String()); err == nil {
		parents = append(parents, filepath.Dir(target))
	}
	for _, p := range slices.Compact(parents) {
		if info, err := os.Stat(p); err == nil && info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
			list = append(list, fmt.Sprintf("others can write to %s (mode %v), and so put another directory in the place of the data directory: run chmod go-w %[1]s, or move the data directory",
				p, info.Mode().Perm()))
		}
	}
	return list
}
