package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/backup"
)

// Backup is a backup that is read once, from its beginning to its end, and then closed. It takes room on the disk until
// it is closed or the process ends.
type Backup struct {
	io.Reader
	Size  int64 // bytes
	store *os.File
}

// Close frees the room that the backup takes.
func (b *Backup) Close() error { return b.store.Close() }

// Backup makes a backup of all that was acknowledged before the call, as package backup describes it, but for private
// parts of keys. keys are private keys that go with it, sealed by the caller; nil: none.
//
// Reads and writes go on meanwhile. The store is first copied to a file beside it, which has no name, so the disk must
// have room for both. Only that copy is a transaction, not the time in which somebody reads the backup: that would make
// the store grow, and would keep Close and Compact waiting. The copy has no free pages either, in which there may be
// anything that was ever removed. A store with a damaged page cannot be backed up: ErrCorrupt.
func (db *DB) Backup(ctx context.Context, keys []byte) (*Backup, error) {
	return db.backUp(ctx, keys, nil, sealedBucket)
}

// backUp makes a backup without the records of some buckets. amend changes the copy of the store, of which from is the
// transaction; it may be nil.
func (db *DB) backUp(
	ctx context.Context, keys []byte, amend func(copied, from *bbolt.Tx) error, without ...[]byte,
) (b *Backup, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up store %s: %w", db.config.Path, diskError(err))
		}
	}()
	h := backup.Header{Schema: schema, ID: db.identity.id}
	h.Made = db.time.look().known // before the snapshot: a log-in that began later may be missing from it
	f, err := nameless(filepath.Dir(db.config.realPath()), filepath.Base(db.config.Path)+".backup-*")
	if err != nil {
		return nil, err
	}
	if h.Store, err = db.copyInto(ctx, f, amend, without); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, size, err := backup.Stream(h, keys, io.NewSectionReader(f, 0, h.Store))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Backup{r, size, f}, nil
}

// copyInto copies the store as it is now to an empty file, as backUp says, and returns the length of the copy.
func (db *DB) copyInto(
	ctx context.Context, f *os.File, amend func(copied, from *bbolt.Tx) error, without [][]byte,
) (size int64, err error) {
	from, err := db.snapshot(ctx)
	if err != nil {
		return 0, err
	}
	defer from.Rollback()
	to, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{
		Timeout: time.Millisecond, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		NoSync: true, NoGrowSync: true, // it is gone after a crash anyway
		InitialMmapSize: int(from.Size()),
		OpenFile: func(string, int, os.FileMode) (*os.File, error) {
			fd, err := syscall.Dup(int(f.Fd())) // bbolt closes what it opens
			return os.NewFile(uintptr(fd), f.Name()), err
		},
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	to.AllocSize = allocSize
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damage(p)
		}
	}()
	if err := copyBuckets(ctx, to, from, without...); err != nil {
		return 0, err
	}
	if amend != nil {
		if err := to.Update(func(tx *bbolt.Tx) error { return amend(tx, from) }); err != nil {
			return 0, err
		}
	}
	err = to.View(func(tx *bbolt.Tx) error {
		size = tx.Size()
		return nil
	})
	return size, err
}

// nameless makes a file that has no name any more, so that a crash leaves nothing of it.
func nameless(dir, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// snapshot begins a transaction that reads the last commit, which is durable: no other is under way.
func (db *DB) snapshot(ctx context.Context) (tx *bbolt.Tx, err error) {
	waited := db.betweenCommits(ctx, func() {
		if err = db.Look(); err != nil {
			return
		}
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() {
			if p := recover(); p != nil {
				err = damage(p)
			}
		}()
		if tx, err = db.committer.file.bolt.Begin(false); err != nil {
			return
		}
		last := db.latest.Load().transaction
		if err = checkTransaction(db.config.Path, tx.ID(), last, last); err != nil {
			err = errors.Join(db.lose(err), tx.Rollback())
		}
	})
	return tx, errors.Join(waited, err)
}

// attentive is a writer that stops once a context ends.
type attentive struct {
	io.Writer
	ctx context.Context
}

func (w attentive) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(b)
}
