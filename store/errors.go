package store

import (
	"errors"
	"fmt"
)

// Outcomes of reads and writes. They are matched with errors.Is; what wraps them names the customer or the entry.
var (
	// ErrConflict says that what a decision rests on holds no longer: load anew and decide anew.
	ErrConflict = errors.New("state has changed since it was read")
	// ErrNotFound says that there is no such customer.
	ErrNotFound = errors.New("no such customer")
	// ErrExists says that the id or the e-mail address is taken.
	ErrExists = errors.New("already taken")
	// ErrNoGroup says that there is no such group.
	ErrNoGroup = errors.New("no such group")
	// ErrNotHeld says that a permission or a group cannot be taken from one who does not have it.
	ErrNotHeld = errors.New("not held")
	// ErrInvalid says that a value cannot be stored; the text says which and why.
	ErrInvalid = errors.New("cannot be stored")
	// ErrUnavailable says that the store cannot answer now. It opens its file again by itself, so a retry later
	// succeeds, unless it is ErrLost too. The outcome of a write that got it is unknown: the old or the new state, and
	// repeating the write is right either way.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrLost says that the file which the store has open is the store no longer: another lies at its path, or none, or
	// somebody wrote into it. Nothing is answered any more, and what lies there is not taken up: changes that were
	// acknowledged may be missing from it.
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

// damage is the error for a panic of bbolt, which asserts and follows page numbers without a check: a page of the
// file is damaged.
func damage(p any) error {
	return fmt.Errorf("%w: restore a backup (%v)", ErrCorrupt, p)
}
