package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/backup"
)

// Backup makes a backup of all that was acknowledged before the call, as package backup describes it. keys are sealed
// keys that go with it; nil: none. The caller reads the file from its beginning and closes it. The file has no name, so
// that its space is freed then, even by a crash.
//
// Reads and writes go on meanwhile. The backup is first written to a file beside the store, so the disk must have room
// for both: a transaction that lasted as long as somebody reads would make the store grow, and would keep Close and
// Compact waiting.
func (db *DB) Backup(ctx context.Context, keys []byte) (f *os.File, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up store %s: %w", db.config.Path, diskError(err))
		}
	}()
	made := db.time.look().known // before the snapshot: a log-in that began later may be missing from it
	tx, err := db.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if f, err = nameless(filepath.Dir(db.config.realPath()), filepath.Base(db.config.Path)+".backup-*"); err != nil {
		return nil, err
	}
	h := backup.Header{Schema: schema, ID: db.identity.id, Made: made, Store: tx.Size()}
	if err = backup.Write(attentive{f, ctx}, h, keys, tx); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
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
