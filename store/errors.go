package store

import (
	"errors"
	"fmt"
)

// Outcomes of reads and writes. They are matched with errors.Is; what wraps them names the customer or the entry.
var (
	// ErrConflict says that what a decision rests on no longer holds: load and decide anew.
	ErrConflict = errors.New("state has changed since it was read")
	// ErrNotFound says that there is no such customer.
	ErrNotFound = errors.New("no such customer")
	// ErrExists says that the id or the e-mail address is taken.
	ErrExists = errors.New("already taken")
	// ErrNoGroup says that there is no such group.
	ErrNoGroup = errors.New("no such group")
	// ErrNotHeld says that a customer or group does not have what should be taken from it.
	ErrNotHeld = errors.New("not held")
	// ErrInvalid says that a value cannot be stored; the text says which and why.
	ErrInvalid = errors.New("cannot be stored")
	// ErrUnavailable says that the store cannot answer now. It opens its file again by itself, so a later retry
	// succeeds, unless the error is ErrLost too. Nobody knows whether a write that got it was done; repeating the write
	// is right either way.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrLost says that the open file is no longer the store: its path names another file or none, or another program
	// wrote into it. The store answers nothing more. It does not open what is at the path, from which acknowledged
	// changes may be missing.
	ErrLost = errors.New("store file was replaced, removed or overwritten under the running node")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("store is closed")
)

// Reasons why a file cannot be opened. The text says what to do.
var (
	ErrLocked      = errors.New("in use by another process")
	ErrForeign     = errors.New("not a store of edgetoken")
	ErrCorrupt     = errors.New("damaged")
	ErrNewerSchema = errors.New("written by a newer version")
	ErrExposed     = errors.New("others can write to it")
	ErrEmpty       = errors.New("empty")
	ErrIDKind      = errors.New("holds ids of another kind")
	// ErrPlace says that the directory is missing or the file cannot be opened or made in it.
	ErrPlace = errors.New("cannot be opened")
)

// damage is the error for a panic of bbolt, which follows page numbers without a check. It means that a page of the
// file is damaged.
func damage(p any) error {
	return fmt.Errorf("%w: restore a backup (%v)", ErrCorrupt, p)
}
