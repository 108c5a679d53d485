package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// closedStore is the path of a store with 200 customers that nobody has open.
func closedStore(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	list := make([]store.NewCustomer, 200)
	for i := range list {
		list[i].Email = strings.Repeat("x", i+1)
	}
	_, err = db.AddAll(t.Context(), list)
	must(t, err)
	must(t, db.Close())
	return path
}

// otherBolt makes a bbolt file that fn fills.
func otherBolt(t *testing.T, path string, o bbolt.Options, fn func(*bbolt.Tx) error) {
	t.Helper()
	b, err := bbolt.Open(path, 0o600, &o)
	must(t, err)
	must(t, b.Update(fn))
	must(t, b.Close())
}

func TestOpenRefuses(t *testing.T) {
	put := func(bucket, key, value string) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(bucket))
			if err != nil {
				return err
			}
			return b.Put([]byte(key), []byte(value))
		}
	}
	spoil := func(t *testing.T, path string, from, to int) {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, to-from), int64(from))
		must(t, err)
		must(t, f.Close())
	}
	for _, c := range []struct {
		name string
		// make makes what lies at the path; given is that of a store, or of nothing for another path.
		make   func(t *testing.T, path string) string
		config store.Config
		err    error
		want   string // PATH and DIR stand for the path and its directory
	}{
		{"no directory", func(_ *testing.T, path string) string { return filepath.Join(path+".d", "store.db") },
			store.Config{}, store.ErrPlace,
			"open store PATH: cannot be opened: there is no directory DIR; run mkdir -m 700 DIR"},
		{"a file as directory", func(_ *testing.T, path string) string { return filepath.Join(path, "store.db") },
			store.Config{}, store.ErrPlace,
			"open store PATH: cannot be opened: DIR is no directory"},
		{"a directory as file", func(t *testing.T, path string) string {
			must(t, os.Mkdir(path+".d", 0o700))
			return path + ".d"
		}, store.Config{}, store.ErrPlace, "open store PATH: cannot be opened: it is a directory"},
		{"others can write to the file", func(t *testing.T, path string) string {
			must(t, os.Chmod(path, 0o620))
			return path
		}, store.Config{}, store.ErrExposed, "open store PATH: others can write to it: run chmod 600 PATH"},
		{"others can write to the directory", func(t *testing.T, path string) string {
			must(t, os.Chmod(filepath.Dir(path), 0o777))
			return path
		}, store.Config{}, store.ErrExposed,
			"open store PATH: directory DIR: others can write to it: run chmod go-w DIR"},
		{"another kind of file", func(t *testing.T, path string) string {
			must(t, os.WriteFile(path, bytes.Repeat([]byte("SQLite format 3\x00"), 4096), 0o600))
			return path
		}, store.Config{}, store.ErrForeign,
			"open store PATH: not a store of edgetoken: it is another kind of file; name the right path"},
		{"a few bytes", func(t *testing.T, path string) string {
			must(t, os.WriteFile(path, []byte("x"), 0o600))
			return path
		}, store.Config{}, store.ErrForeign,
			"open store PATH: not a store of edgetoken: it is another kind of file; name the right path"},
		{"a backup", func(t *testing.T, path string) string {
			must(t, os.WriteFile(path, []byte("edgetoken backup, and more"), 0o600))
			return path
		}, store.Config{}, store.ErrForeign,
			"open store PATH: not a store of edgetoken: it is a backup of one; run edgetoken restore"},
		{"emptied", func(t *testing.T, path string) string {
			must(t, os.Truncate(path, 0))
			return path
		}, store.Config{}, store.ErrEmpty, "open store: PATH is empty: restore a backup, or remove it for a new store"},
		{"bbolt file of another program", func(t *testing.T, path string) string {
			otherBolt(t, path+".other", bbolt.Options{}, put("meta", "raft", "x"))
			return path + ".other"
		}, store.Config{}, store.ErrForeign,
			"open store PATH: not a store of edgetoken: another program wrote this bbolt file; name the right path"},
		{"bbolt file without a list of free pages", func(t *testing.T, path string) string {
			otherBolt(t, path+".other", bbolt.Options{NoFreelistSync: true}, put("a", "b", "c"))
			return path + ".other"
		}, store.Config{}, store.ErrForeign,
			"open store PATH: not a store of edgetoken: another program wrote this bbolt file; name the right path"},
		{"newer schema", func(t *testing.T, path string) string {
			otherBolt(t, path, bbolt.Options{}, put("meta", "schema", "\x01\x0b\x00\x00\x00\x00\x00\x00\x00"))
			return path
		}, store.Config{}, store.ErrNewerSchema,
			"open store PATH: written by a newer version: it has schema 11, this version knows 10; run the newer " +
				"version, or restore a backup from before it"},
		{"no schema 0", func(t *testing.T, path string) string {
			otherBolt(t, path, bbolt.Options{}, put("meta", "schema", "\x01\x00\x00\x00\x00\x00\x00\x00\x00"))
			return path
		}, store.Config{}, store.ErrCorrupt, "open store PATH: damaged: there is no schema 0; restore a backup"},
		{"figures of a newer version", func(t *testing.T, path string) string {
			otherBolt(t, path, bbolt.Options{}, put("meta", "tally", "\x02"))
			return path
		}, store.Config{}, store.ErrCorrupt, "open store PATH: tally record: damaged or of a newer version"},
		{"a bucket is missing", func(t *testing.T, path string) string {
			otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("cutoffs")) })
			return path
		}, store.Config{}, store.ErrCorrupt,
			"open store PATH: damaged: the bucket cutoffs is missing; restore a backup"},
		{"cut short", func(t *testing.T, path string) string {
			must(t, os.Truncate(path, 12288))
			return path
		}, store.Config{}, store.ErrCorrupt,
			"open store PATH: damaged: it is cut short at 12288 bytes of SIZE; restore a backup, or copy it " +
				"again with the node stopped"},
		{"cut in the first page", func(t *testing.T, path string) string {
			must(t, os.Truncate(path, 100))
			return path
		}, store.Config{}, store.ErrCorrupt,
			"open store PATH: damaged: it is cut short at 100 bytes of SIZE; restore a backup, or copy it again " +
				"with the node stopped"},
		{"both headers damaged", func(t *testing.T, path string) string {
			spoil(t, path, 30, 40)
			spoil(t, path, 4096+30, 4096+40)
			return path
		}, store.Config{}, store.ErrCorrupt,
			"open store PATH: damaged: both copies of its header are; restore a backup"},
		{"integers asked for", func(t *testing.T, path string) string {
			db, err := store.Open(store.Config{Path: path + ".text", IDs: core.TextID})
			must(t, err)
			must(t, db.Close())
			return path + ".text"
		}, store.Config{IDs: core.IntegerID}, store.ErrIDKind,
			"open store PATH: it holds ids of another kind: it holds texts as ids, which cannot be changed; " +
				"leave the setting out or make a new store"},
		{"texts asked for", func(_ *testing.T, path string) string { return path }, store.Config{IDs: core.TextID},
			store.ErrIDKind,
			"open store PATH: it holds ids of another kind: it holds integers as ids, which cannot be changed; " +
				"leave the setting out or make a new store"},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := closedStore(t)
			if pages := os.Getpagesize(); pages != 4096 {
				t.Skipf("offsets are for pages of 4096 bytes, not %d", pages)
			}
			path := c.make(t, given)
			c.config.Path = path
			db, err := store.Open(c.config)
			if err == nil {
				db.Close()
			}
			wantErr(t, "Open", err, c.err)
			if err == nil {
				return
			}
			got := strings.NewReplacer(path, "PATH", filepath.Dir(path), "DIR").Replace(err.Error())
			if before, after, ok := strings.Cut(got, " bytes of "); ok {
				got = before + " bytes of SIZE" + after[strings.Index(after, ";"):]
			}
			if got != c.want {
				t.Errorf("Open = %s\nwant   %s", got, c.want)
			}
			// The lock is free again.
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				must(t, os.Chmod(path, 0o600))
				must(t, os.Chmod(filepath.Dir(path), 0o700))
				db, err := store.Open(c.config)
				if errors.Is(err, store.ErrLocked) {
					t.Errorf("Open again = %v, want the lock to be free", err)
				}
				if err == nil {
					must(t, db.Close())
				}
			}
		})
	}
}

// The error passes on what the system says, and says what to do.
func TestOpenWithoutPermission(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	for _, cause := range []error{syscall.EACCES, syscall.EROFS} {
		_, err := store.OpenWith(store.Config{Path: path}, func(string, int, os.FileMode) (*os.File, error) {
			return nil, &os.PathError{Op: "open", Path: path, Err: cause}
		})
		want := fmt.Sprintf("open store %s: cannot be opened for writing by this user: check owner and mode of the "+
			"file and its directory (open %[1]s: %v)", path, cause)
		wantErr(t, "Open", err, store.ErrPlace)
		if err != nil && err.Error() != want {
			t.Errorf("Open = %v, want %s", err, want)
		}
	}
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, store.Config{Path: path})
	_, err := store.Open(store.Config{Path: path})
	wantErr(t, "Open of an open store", err, store.ErrLocked)
	if want := "open store: " + path +
		" is in use by another process: use the admin socket of the node that runs on it, or stop it"; err != nil &&
		err.Error() != want {
		t.Errorf("Open of an open store = %v, want %s", err, want)
	}
}

// A file that was emptied is refused and stays as it is. If Open makes a file but cannot fill it, it removes the file,
// so that the next attempt does not find an empty one.
func TestOpenAndEmptyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, nil, 0o600))
	holder, err := os.Open(path)
	must(t, err)
	must(t, syscall.Flock(int(holder.Fd()), syscall.LOCK_EX))
	_, err = store.Open(store.Config{Path: path})
	wantErr(t, "Open of an empty file that another process has", err, store.ErrLocked)
	must(t, holder.Close())
	for range 2 {
		_, err = store.Open(store.Config{Path: path})
		wantErr(t, "Open of an empty file", err, store.ErrEmpty)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("the empty file was changed or removed: %v", err)
	}
	must(t, os.Remove(path))
	_, err = store.OpenWith(store.Config{Path: path}, func(path string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(path, flag, mode)
		if err == nil {
			f.Close()
		}
		return f, err
	})
	wantErr(t, "Open of a file that cannot be used", err, syscall.EBADF)
	open(t, store.Config{Path: path}) // what is left is no empty file
}

// A store that another process makes while Open finds none is opened.
func TestOpenWhatWasMadeJustNow(t *testing.T) {
	other, path := closedStore(t), filepath.Join(t.TempDir(), "store.db")
	db, err := store.OpenWith(store.Config{Path: path}, func(name string, flag int, mode os.FileMode) (*os.File,
		error) {
		f, err := os.OpenFile(name, flag, mode)
		if errors.Is(err, os.ErrNotExist) {
			must(t, os.Rename(other, path))
		}
		return f, err
	})
	must(t, err)
	defer db.Close()
	if n, err := db.Count(t.Context()); n != 200 || err != nil {
		t.Errorf("Count = %d, %v, want 200", n, err)
	}
}

// Those who make a store at once do not leave an empty file behind, whoever of them wins.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			db, err := store.Open(store.Config{Path: path})
			if err == nil {
				err = db.Close()
			} else if errors.Is(err, store.ErrLocked) || errors.Is(err, store.ErrEmpty) {
				err = nil
			}
			if err != nil {
				t.Errorf("Open of many = %v", err)
			}
		})
	}
	all.Wait()
	open(t, store.Config{Path: path})
}

// What a panic of bbolt becomes.
func TestDamage(t *testing.T) {
	if got, want := store.Damage("page 3 already freed").Error(),
		"damaged: restore a backup (page 3 already freed)"; got != want {
		t.Errorf("damage = %s, want %s", got, want)
	}
}

// One page is damaged, whichever it is. Open or a walk over the customers returns an error, or gives what was stored.
// Nothing panics or hangs.
func TestDamagedPages(t *testing.T) {
	path := closedStore(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	page := os.Getpagesize()
	damaged, damages := 0, 0
	for i := range len(whole) / page {
		if bytes.Count(whole[i*page:(i+1)*page], []byte{0}) == page { // room for growth
			continue
		}
		for name, fill := range map[string]byte{"zeros": 0, "ones": 0xff} {
			damages++
			copied := filepath.Join(t.TempDir(), "copy.db")
			b := bytes.Clone(whole)
			for j := range page {
				b[i*page+j] = fill
			}
			must(t, os.WriteFile(copied, b, 0o600))
			db, err := store.Open(store.Config{Path: copied})
			n := 0
			if err == nil {
				for c, walkErr := range db.Each(t.Context()) {
					if err = walkErr; err == nil {
						n++
						_, err = db.GetByEmail(t.Context(), c.Email)
					}
					if err != nil {
						break
					}
				}
				// Writing on a damaged page must neither hang nor be acknowledged and lost.
				if _, addErr := db.Add(t.Context(), store.NewCustomer{Email: "y"}); addErr == nil {
					_, addErr = db.GetByEmail(t.Context(), "y")
					wantErr(t, fmt.Sprintf("page %d of %s: GetByEmail of what was added", i, name), addErr, nil)
				} else if !errors.Is(addErr, store.ErrCorrupt) {
					t.Errorf("page %d of %s: Add = %v, want %v", i, name, addErr, store.ErrCorrupt)
				}
				db.Close()
			}
			if err != nil {
				damaged++
			} else if n > 200 {
				t.Errorf("page %d of %s: %d customers, want at most 200", i, name, n)
			}
		}
	}
	if damaged < damages/2 {
		t.Errorf("%d of %d damages were noticed, want at least half", damaged, damages)
	}
}

// One damaged header is what a crash during a commit leaves: the state before it counts.
func TestOneHeaderDamaged(t *testing.T) {
	for _, page := range []int64{0, int64(os.Getpagesize())} {
		path := closedStore(t)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		_, err = f.WriteAt([]byte("torn"), page+40)
		must(t, err)
		must(t, f.Close())
		db := open(t, store.Config{Path: path})
		if n, err := db.Count(t.Context()); err != nil || n != 0 && n != 200 {
			t.Errorf("header at %d torn: Count = %d, %v, want the old or the new state", page, n, err)
		}
		add(t, db, core.CustomerID{}, "written after")
	}
}

func TestNewFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, store.Config{Path: path})
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
}

func TestCopyIsTheSameStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	c := add(t, db, core.CustomerID{}, "ada")
	must(t, db.Revoke(t.Context(), c.ID))
	s := state(t, db, c.ID, core.Family{})
	id := db.ID()
	must(t, db.Close())
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".copy", b, 0o600))
	original, copied := open(t, store.Config{Path: path}), open(t, store.Config{Path: path + ".copy"})
	if copied.ID() != id || len(id) != 32 || copied.IDs() != core.IntegerID {
		t.Errorf("copy is store %s of kind %v, want %s of integers", copied.ID(), copied.IDs(), id)
	}
	if got := state(t, copied, c.ID, core.Family{}); got != s {
		t.Errorf("copy holds %+v, want %+v", got, s)
	}
	add(t, copied, core.CustomerID{}, "bea")
	if n, err := original.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("original has %d customers after the copy was written, %v, want 1", n, err)
	}
	if other := open(t, store.Config{Path: path + ".new"}); other.ID() == id {
		t.Errorf("a new store has the id of another")
	}
}
