package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"go.etcd.io/bbolt"
)

// newSuffix ends the name of a new store until it is whole. So a process that is killed leaves no half of a store under
// the right name, which no later process could open.
const newSuffix = ".new"

// make makes a new store at the path, unless another process has made one meanwhile.
func (c Config) make() error {
	part := c.Path + newSuffix
	h, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return c.placeError(err)
	}
	if err := c.claim(h); err != nil {
		return errors.Join(err, h.Close())
	}
	ours, err := c.begins(h)
	if err == nil && ours {
		err = c.fill(h)
		if err != nil {
			err = errors.Join(fmt.Errorf("make store %s: %w", c.Path, diskError(err)), remove(part))
		}
	}
	return errors.Join(err, release(h))
}

// begins empties the new file, which a killed process may have left. It is false if another process has made the store
// meanwhile: then the file is that store, or useless.
func (c Config) begins(h *os.File) (ours bool, err error) {
	info, err := h.Stat()
	if err != nil {
		return false, c.placeError(err)
	}
	part := c.Path + newSuffix
	if there, err := os.Lstat(part); err != nil || !os.SameFile(there, info) {
		return false, nil
	}
	// Nobody gives the new file the name of the store without the lock.
	if _, err := os.Lstat(c.Path); err == nil {
		return false, remove(part)
	}
	if err := errors.Join(h.Chmod(0o600), h.Truncate(0)); err != nil {
		return false, c.placeError(err)
	}
	return true, nil
}

// fill makes the store in the new file, durable, and gives it its name.
func (c Config) fill(h *os.File) error {
	options := c.options()
	options.OpenFile = func(string, int, os.FileMode) (*os.File, error) {
		// bbolt closes what it opens, and its lock must last until the file has its name.
		fd, err := syscall.Dup(int(h.Fd()))
		return os.NewFile(uintptr(fd), c.Path), err
	}
	db, err := bbolt.Open(c.Path, 0o600, options)
	if err != nil {
		return err
	}
	db.AllocSize = allocSize
	err = db.Update(func(tx *bbolt.Tx) error { return create(tx, c) })
	if err == nil {
		err = os.Rename(c.Path+newSuffix, c.Path)
	}
	return errors.Join(err, db.Close())
}
