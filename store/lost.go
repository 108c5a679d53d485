package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Look makes sure that the path of the store names the open file. It costs one stat(2). The store calls it before it
// acknowledges a change; a program whose store may be idle calls it now and then. After ErrLost, Lost is closed, and
// the store stays unavailable until it is opened again.
func (db *DB) Look() error {
	err := func() error {
		db.mu.RLock() // while it is held, nobody exchanges the file
		defer db.mu.RUnlock()
		if db.failure != nil {
			return db.failure
		}
		return lost(db.config.Path, db.info)
	}()
	if errors.Is(err, ErrLost) {
		return db.lose(err)
	}
	return err
}

// Lost is closed once the file is lost; Health then says what to do.
func (db *DB) Lost() <-chan struct{} { return db.lost }

// lose makes the store unavailable for good.
func (db *DB) lose(cause error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if !errors.Is(db.failure, ErrClosed) && !errors.Is(db.failure, ErrLost) {
		db.bolt, db.failure = nil, fmt.Errorf("%w: %w", ErrUnavailable, cause)
		close(db.lost)
	}
	return db.failure
}

// lost is ErrLost if a path names no file, or another file than open. Any other failure of stat says nothing about the
// file.
func lost(path string, open os.FileInfo) error {
	there, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return lostFile(path, "it is gone")
	case err == nil && !os.SameFile(open, there):
		return lostFile(path, "another file lies there")
	}
	return nil
}

func lostFile(path, how string) error {
	return fmt.Errorf("%w: %s: %s. Acknowledged changes may be missing from what the next start finds there: save "+
		"what the process has open "+
		"(on Linux /proc/PID/fd), stop the node, put the right file in place, start the node", ErrLost, path, how)
}

// checkTransaction is ErrLost if the id of a transaction is not between least and most: another program wrote into the
// file. The caller knows from this process's own commits which ids are possible.
func checkTransaction(path string, transaction, least, most int) error {
	if least <= transaction && transaction <= most {
		return nil
	}
	return lostFile(path, fmt.Sprintf("another program wrote into it (transaction %d, expected %d)", transaction, most))
}
