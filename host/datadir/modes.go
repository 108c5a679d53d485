package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// Whoever can write to the data directory decides which keys and customers exist. That is its owner. With data_group:
// allow it is also the members of its group, if this process is one of them. Kubernetes makes volumes this way
// (fsGroup): at each start of a pod they belong to root and the group, with mode 2770, and their files have mode
// 0660.

// ErrMissing says that there is no data directory.
var ErrMissing = errors.New("does not exist: start edgetoken serve once, or name the data directory with --data")

// Check refuses a directory that is missing, that belongs to another user, or that others can write to, since keys
// and code are read from it. It refuses a store that others can read or write and, with key, such a signing key or
// node secret. The error names everything that is wrong.
func (d Dir) Check(key bool) error {
	info, err := d.stat()
	if err != nil {
		return err
	}
	wrong := []error{d.checkOpen(info), d.checkOwner(info)}
	if wrong[0] != nil && (d.canAllow(info) || d.outsideGroup(info)) {
		wrong = wrong[:1] // which says what to do about the owner too
	}
	wrong = append(wrong, d.checkFile(d.Store(), 0o066, func(mode fs.FileMode) error {
		return fmt.Errorf("store %s can be read by others (mode %v), and the password hashes are in it: run chmod "+
			"600 %[1]s, and have passwords changed if somebody may have read it",
			d.Store(), mode)
	}))
	if key && !d.cfg.SigningKey.IsSet() {
		wrong = append(wrong, d.checkFile(d.Key(), 0o077, func(fs.FileMode) error {
			return fmt.Errorf("signing key %s: %w: run chmod 600 %[1]s, and replace the key if somebody may have "+
				"read it", d.Key(), keyring.ErrExposed)
		}))
	}
	if key && d.ownSecret() {
		wrong = append(wrong, d.checkFile(d.Secret(), 0o077, func(fs.FileMode) error {
			return fmt.Errorf("node secret %s: %w: %s", d.Secret(), keyring.ErrExposed, exposedSecret(d.Secret()))
		}))
	}
	return errors.Join(wrong...)
}

// Private returns the owner of the directory. It refuses a directory that is missing, or that others than its owner
// can write to.
func (d Dir) Private() (uid int, err error) {
	info, err := d.stat()
	if err != nil {
		return 0, err
	}
	uid, known := owner(info)
	if !known {
		uid = os.Geteuid()
	}
	return uid, d.checkOpen(info)
}

func (d Dir) stat() (fs.FileInfo, error) {
	info, err := os.Stat(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("data directory %s %w", d, ErrMissing)
	case err != nil:
		return nil, fmt.Errorf("open data directory: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("data directory %s is no directory: name another with --data", d)
	}
	return info, nil
}

// checkOpen refuses a directory that others can write to.
func (d Dir) checkOpen(info fs.FileInfo) error {
	if info.Mode().Perm()&0o022&^d.cfg.TrustedBits(info) == 0 {
		return nil
	}
	if d.canAllow(info) {
		gid, _ := config.OwnGroup(info)
		return fmt.Errorf("data directory %s can be written by others (mode %v), all of its group %d, which this "+
			"process is in too, as Kubernetes makes volumes (fsGroup): "+
			"set data_group: allow (EDGETOKEN_DATA_GROUP=allow) where whoever is in that group may change keys and "+
			"customers, else run chmod 700 %[1]s", d, info.Mode().Perm(), gid)
	}
	if d.outsideGroup(info) {
		gid, _ := config.OwnGroup(info)
		return fmt.Errorf("data directory %s can be written by its group %d (mode %v), and data_group: allow trusts "+
			"that group only where this process is in it: "+
			"run it as the user and with the groups of the node (in a pod: set fsGroup)", d, gid, info.Mode().Perm())
	}
	return fmt.Errorf("data directory %s can be written by others (mode %v): run chmod 700 %[1]s, and look for files "+
		"that are not yours", d, info.Mode().Perm())
}

// checkOwner refuses a directory of another user. It accepts root's, if this process may write to it as a member of a
// trusted group.
func (d Dir) checkOwner(info fs.FileInfo) error {
	uid, known := owner(info)
	if !known || uid == os.Geteuid() || uid == 0 && info.Mode().Perm()&0o020 != 0 && d.cfg.TrustedBits(info) != 0 {
		return nil
	}
	return fmt.Errorf("data directory %s belongs to user %d and this is user %d: run the command as "+
		"its owner", d, uid, os.Geteuid())
}

// canAllow reports whether data_group: allow would accept the mode.
func (d Dir) canAllow(info fs.FileInfo) bool {
	_, ours := config.OwnGroup(info)
	uid, _ := owner(info)
	return !d.cfg.DataGroup && ours && info.Mode().Perm()&0o002 == 0 && (uid == 0 || uid == os.Geteuid())
}

// outsideGroup reports whether data_group: allow would accept the mode if this process were in the group.
func (d Dir) outsideGroup(info fs.FileInfo) bool {
	_, ours := config.OwnGroup(info)
	uid, _ := owner(info)
	return d.cfg.DataGroup && !ours && info.Mode().Perm()&0o022 == 0o020 && (uid == 0 || uid == os.Geteuid())
}

// checkFile refuses a file whose mode has one of these bits. A missing file is fine.
func (d Dir) checkFile(path string, bits fs.FileMode, fault func(fs.FileMode) error) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&bits&^d.cfg.TrustedBits(info) == 0 {
		return nil
	}
	err = fault(info.Mode().Perm())
	if info.Mode().Perm()&bits&^config.GroupBits == 0 && d.canAllow(info) {
		return fmt.Errorf("%w; data_group: allow trusts its group", err)
	}
	return err
}

// Settle undoes what a remount did to a volume whose group is trusted. It takes the group's rights from our own
// files, and removes a cache that the group could write to, since its code is run. It returns what it did.
func (d Dir) Settle() (notes []string, err error) {
	if !d.cfg.DataGroup {
		return nil, nil
	}
	if _, err := d.Private(); err != nil {
		return nil, nil // there is nothing yet, or Check will say what is wrong
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	for _, e := range entries {
		base, _, _ := strings.Cut(e.Name(), ".new") // of a file that is written and then given its name
		if path := filepath.Join(d.String(), e.Name()); e.Type().IsRegular() &&
			slices.Contains([]string{"store.db", "signing.key", "keys.secret"}, base) {
			done, err := tighten(path)
			if err != nil && !errors.Is(err, fs.ErrPermission) {
				return nil, fmt.Errorf("tighten the mode of %s: %w", path, err)
			}
			if done {
				notes = append(notes, "took the group's rights from "+path)
			}
		}
	}
	info, err := os.Lstat(d.ownCache())
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 == 0 || d.cfg.CacheDir != "" {
		return notes, nil
	}
	if err := os.RemoveAll(d.ownCache()); err != nil {
		return nil, fmt.Errorf("the compile cache %s could be written by others, code in it is run, and it cannot be "+
			"removed: %w", d.ownCache(), err)
	}
	return append(notes, "threw away "+d.ownCache()+", which others could write to: code in it is run"), nil
}
