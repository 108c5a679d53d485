package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

// compactSuffix ends the name of the new file that a compaction writes beside the store. Open removes one that an
// interrupted compaction left.
const compactSuffix = ".compact"

// Bounds within which a running node compacts by itself. Each commit writes the list of free pages, 8 bytes a page, so
// many free pages make commits slow. All writes wait for a compaction: about a second for 100 MiB of content.
const (
	wasteful = 32 << 20 // bytes of free pages from which compacting pays
	briefly  = 64 << 20 // bytes of content that are copied before a write waits too long
)

// Space says what the pages of a store file hold.
type Space struct {
	Bytes int64 // of the file
	Free  int64 // bytes of free pages: commits reuse them, but the file never shrinks by itself
}

// Wasteful reports whether at least half of the file is free, and the list of free pages, which each commit writes, is
// so long that it slows commits down.
func (s Space) Wasteful() bool { return s.Free >= wasteful && s.Free >= s.Bytes-s.Free }

// Brief reports whether the content is so small that a running node may compact the file at any time.
func (s Space) Brief() bool { return s.Bytes-s.Free <= briefly }

// Compacted says what Compact did.
type Compacted struct {
	Before, After Space
	Done          bool // false if pays said no; Before and After are then equal
}

// Compact copies the content of the store into a new file without free pages and puts that in the place of the old one.
// It does so only if pays says yes; nil: always. Reads go on meanwhile, and writes wait. The old file serves until the
// new one is durable under the name of the store: an error, a full disk or a crash leaves it as it was. The disk must
// have room for both files.
func (db *DB) Compact(ctx context.Context, pays func(Space) bool) (Compacted, error) {
	var r Compacted
	var failed error
	err := db.betweenCommits(ctx, func() { r, failed = db.compact(pays) })
	return r, cmp.Or(err, failed)
}

// betweenCommits has the committer do something while no commit is under way, and waits until that is done.
func (db *DB) betweenCommits(ctx context.Context, do func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan struct{})
	select {
	case db.between <- func() { defer close(done); do() }:
	case <-db.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	<-done
	return nil
}

// compact runs in the committer. After an error the old file is still in use, unless the error made the DB fail.
func (db *DB) compact(pays func(Space) bool) (r Compacted, err error) {
	// A file that somebody put at the path of the store must not be replaced.
	if err := db.Look(); err != nil {
		return r, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damage(p)
		}
		if err != nil {
			err = fmt.Errorf("compact store %s: %w", db.config.Path, diskError(err))
		}
	}()
	if r.Before, err = db.committer.file.space(); err != nil {
		return r, err
	}
	r.After = r.Before
	if pays != nil && !pays(r.Before) {
		return r, nil
	}
	place := db.config.realPath()
	next, after, err := db.copied(place)
	if err != nil {
		return r, errors.Join(err, remove(place+compactSuffix))
	}
	if db.index.bytes() == 0 {
		db.index.refill(next.bolt)
	}
	if err := db.replace(next, place+compactSuffix, place, func() {}); err != nil {
		return r, err
	}
	r.After, r.Done = after, true
	return r, nil
}

// realPath is the path of the file itself, so that a link to it stays a link.
func (c Config) realPath() string {
	if real, err := filepath.EvalSymlinks(c.Path); err == nil {
		return real
	}
	return c.Path
}

// copied makes the new file, open and durable, still under the name with compactSuffix, and says what its pages hold.
func (db *DB) copied(place string) (next file, after Space, err error) {
	c := db.config
	c.Path = place + compactSuffix
	if err := remove(c.Path); err != nil {
		return file{}, Space{}, err
	}
	if err := db.copyAll(c); err != nil {
		return file{}, Space{}, err
	}
	if next, err = c.open(); err != nil {
		return file{}, Space{}, err
	}
	now := file{}
	if err = db.committer.file.bolt.View(now.read); err == nil &&
		(next.identity != now.identity || next.tally != now.tally) {
		err = errors.New("the copy is not what was copied")
	}
	if err == nil {
		err = next.belongTo(db.committer.file.handle)
	}
	if err == nil {
		after, err = next.space()
	}
	if err != nil {
		return file{}, Space{}, errors.Join(err, next.bolt.Close())
	}
	return next, after, nil
}

// belongTo gives the new file the owner, group and mode of the old one, since root may compact another user's store. A
// process that may not change the owner already owns both files.
func (f *file) belongTo(other *os.File) error {
	old, err := other.Stat()
	if err != nil {
		return err
	}
	as, is := old.Sys().(*syscall.Stat_t), f.info.Sys().(*syscall.Stat_t)
	if as.Uid != is.Uid || as.Gid != is.Gid {
		if err := f.handle.Chown(int(as.Uid), int(as.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return f.handle.Chmod(old.Mode().Perm())
}

// copyAll writes the content to a new file.
func (db *DB) copyAll(c Config) (err error) {
	to, err := bbolt.Open(c.Path, 0o600, &bbolt.Options{
		Timeout: time.Millisecond, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		NoSync: true, NoGrowSync: true, // Sync below makes all of it durable at once
		OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
			return c.openFile(path, flag|os.O_EXCL, mode)
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	to.AllocSize = allocSize
	err = db.committer.file.bolt.View(func(tx *bbolt.Tx) error {
		return copyBuckets(context.Background(), to, tx)
	})
	if err != nil {
		return err
	}
	return to.Sync()
}

// replace puts an open file, which has the name from, in the place of the one in use. Readers wait meanwhile, so that
// none sees both, and until took has taken in what the file says.
func (db *DB) replace(next file, from, place string, took func()) error {
	c := &db.committer
	db.mu.Lock()
	// Nor must it replace a file that somebody put there while the copy was made.
	err := lost(db.config.Path, db.info)
	if err == nil {
		err = os.Rename(from, place)
	}
	if err != nil {
		db.mu.Unlock()
		err = errors.Join(err, next.bolt.Close(), remove(from))
		if errors.Is(err, ErrLost) {
			return db.lose(err)
		}
		return err
	}
	old := c.file
	c.file, db.bolt, db.info = next, next.bolt, next.info
	db.index.removed.Store(0) // its transactions are numbered anew
	db.latest.Store(durable(next.transaction))
	took()
	db.mu.Unlock()
	err = old.bolt.Close()
	if err == nil {
		err = syncDirectory(filepath.Dir(place))
	}
	if err != nil {
		// A power cut may bring the old file back. All later commits, which are in the new file, would then be lost.
		return db.fail(err)
	}
	return nil
}

// space reads from the last commit what the pages hold.
func (f *file) space() (Space, error) {
	info, err := f.handle.Stat()
	if err != nil {
		return Space{}, err
	}
	found, _ := metas(f.handle)
	if len(found) == 0 {
		return Space{}, fmt.Errorf("%w: both copies of its header are", ErrCorrupt)
	}
	m := found[0]
	var b [pageHeader + 8]byte
	if _, err := f.handle.ReadAt(b[:], int64(m.freelist)*int64(m.pageSize)); err != nil {
		return Space{}, err
	}
	free := uint64(binary.NativeEndian.Uint16(b[10:]))
	if free == manyElements {
		free = binary.NativeEndian.Uint64(b[pageHeader:])
	}
	if free > m.pages {
		return Space{}, corrupt("list of free pages")
	}
	return Space{Bytes: info.Size(), Free: info.Size() - int64(m.pages-free)*int64(m.pageSize)}, nil
}

// remove removes a file if there is one.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
