// Package faultdisk puts a disk that fails, stalls or keeps a record between bbolt and its file. It is for tests.
//
// bbolt calls the system in few places and offers no hook there. Rerun copies its source, has those places call this
// package, and runs a test again in a build with that copy: all else of the program is what is released. A place that
// a new version of bbolt moves, adds or takes away is a failure of Rerun, which names it.
//
// What the store itself does to the file, which is to take back a commit that failed, is seen where a test has it
// planted: File.
package faultdisk

import (
	"os"
	"sync/atomic"
)

// Disk is what bbolt writes to.
type Disk interface {
	WriteAt(f *os.File, b []byte, offset int64) (int, error)
	Truncate(f *os.File, size int64) error
	Sync(f *os.File) error
}

// Kind says what an operation does.
type Kind string

const (
	Write    Kind = "write"
	Truncate Kind = "truncate"
	Sync     Kind = "sync"
)

// Op is an operation.
type Op struct {
	Kind   Kind
	Offset int64 // of Write; of Truncate the size
	Bytes  []byte
}

// Meta reports whether it is bbolt's write of one of the two meta pages, which makes a commit visible. The store itself
// writes behind the header of the page.
func (o Op) Meta() bool {
	return o.Kind == Write && (o.Offset == 0 || o.Offset == int64(os.Getpagesize()))
}

// Before is a disk that asks a function before each operation. Where that returns an error, nothing is done and the
// operation fails with it.
type Before func(Op) error

// Sound is the file itself.
var Sound = Before(func(Op) error { return nil })

func (b Before) WriteAt(f *os.File, p []byte, offset int64) (int, error) {
	if err := b(Op{Write, offset, p}); err != nil {
		return 0, err
	}
	return f.WriteAt(p, offset)
}

func (b Before) Truncate(f *os.File, size int64) error {
	if err := b(Op{Kind: Truncate, Offset: size}); err != nil {
		return err
	}
	return f.Truncate(size)
}

func (b Before) Sync(f *os.File) error {
	if err := b(Op{Kind: Sync}); err != nil {
		return err
	}
	return f.Sync()
}

var (
	inUse  atomic.Pointer[Disk]
	hooked bool
)

// Use has bbolt write to a disk from now on.
func Use(d Disk) { inUse.Store(&d) }

func disk() Disk {
	if d := inUse.Load(); d != nil {
		return *d
	}
	return Sound
}

// Hooked is called by the copy of bbolt.
func Hooked() { hooked = true }

// Writer is (*os.File).WriteAt for the copy of bbolt.
func Writer(f *os.File) func([]byte, int64) (int, error) {
	return func(b []byte, offset int64) (int, error) { return disk().WriteAt(f, b, offset) }
}

// Resize is (*os.File).Truncate for the copy of bbolt.
func Resize(f *os.File, size int64) error { return disk().Truncate(f, size) }

// Flush is fdatasync for the copy of bbolt.
func Flush(f *os.File) error { return disk().Sync(f) }

// File is a file whose writes and syncs go through this package.
type File struct{ *os.File }

func (f File) WriteAt(b []byte, offset int64) (int, error) { return disk().WriteAt(f.File, b, offset) }
func (f File) Sync() error                                 { return disk().Sync(f.File) }
