// Package datadir is the data directory of a node: what it contains, who may access it, and how it is opened.
//
//	store.db       customers, revocations (store)
//	signing.key    the key of an earlier release, until it has moved into the store
//	keys.secret    the node secret, which seals the keys in the store, unless keys.secret or systemd gives another
//	admin.sock     the admin socket, while a node runs
//	cache/         compiled modules, unless cache_dir names another place
//
// Whoever can write to the directory decides which keys and customers exist, so a directory that others can write to
// is refused. OpenStore, OldKey and NodeSecret accept only modes that the configuration trusts.
package datadir

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

// Dir is a data directory and the configuration that names it.
type Dir struct {
	path string
	cfg  *config.Config
}

// Of is the data directory of a configuration. It need not exist.
func Of(cfg *config.Config) Dir { return Dir{path: cfg.Data, cfg: cfg} }

// String is the absolute path, for messages: a relative path means nothing without the working directory.
func (d Dir) String() string { return Absolute(d.path) }

// Store is the path of the store.
func (d Dir) Store() string { return filepath.Join(d.String(), "store.db") }

// Key is the path of the key file of earlier releases.
func (d Dir) Key() string { return filepath.Join(d.String(), "signing.key") }

// Cache is the path of the compiled modules.
func (d Dir) Cache() string {
	if d.cfg.CacheDir != "" {
		return Absolute(d.cfg.CacheDir)
	}
	return d.ownCache()
}

func (d Dir) ownCache() string { return filepath.Join(d.String(), "cache") }

// Socket is the path of the admin socket. It is relative if the directory is, since systems bound the length of a
// socket's path.
func (d Dir) Socket() string { return filepath.Join(d.path, "admin.sock") }

// Absolute makes a path absolute. If the working directory is unknown, it returns the path as it is.
func Absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// Make creates the directory if it is missing, with mode 700, and checks it.
func (d Dir) Make(key bool) error {
	err := os.MkdirAll(d.path, 0o700)
	switch {
	case err == nil:
		return d.Check(key)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("make data directory %s: a file stands where a directory should: name another with --data", d)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("make data directory %s: this user may not: have it made and given to this user with mode "+
			"700, or name another with --data (%w)", d, err)
	}
	return fmt.Errorf("make data directory %s: name another with --data: %w", d, err)
}

// Warnings are about what is accepted but lets others do more than they should.
func (d Dir) Warnings() []string {
	var list []string
	if info, err := os.Stat(d.path); err == nil && info.Mode().Perm()&0o055&^d.cfg.TrustedBits(info) != 0 {
		list = append(list, fmt.Sprintf("data directory %s is open to others (mode %v): run chmod 700 %[1]s", d,
			info.Mode().Perm()))
	}
	parents := []string{filepath.Dir(d.String())}
	// If the directory is a symbolic link, both parents matter.
	if target, err := filepath.EvalSymlinks(d.String()); err == nil {
		parents = append(parents, filepath.Dir(target))
	}
	for _, p := range slices.Compact(parents) {
		if info, err := os.Stat(p); err == nil && info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
			list = append(list, fmt.Sprintf("others can write to %s (mode %v), and so put another directory in the "+
				"place of the data directory: run chmod go-w %[1]s, or move the data directory",
				p, info.Mode().Perm()))
		}
	}
	return list
}
