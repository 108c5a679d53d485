package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// backUp gives a backup of a store.
func backUp(t testing.TB, db *store.DB) []byte {
	t.Helper()
	f, err := db.Backup(bg, nil)
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	return b
}

// restore restores a backup at the path of c.
func restore(c store.Config, b []byte, how store.Restoring) (store.Restoration, error) {
	r, err := backup.NewReader(bytes.NewReader(b))
	if err != nil {
		return store.Restoration{}, err
	}
	return store.Restore(bg, c, r, how)
}

// names are the files in a directory.
func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A backup that is made while others write is one moment of the store: what was acknowledged before is in it, and
// customers, addresses and counters agree (Check compares them).
func TestBackupAmidWrites(t *testing.T) {
	dir := t.TempDir()
	db := open(t, store.Config{Path: filepath.Join(dir, "store.db")})
	var added atomic.Int64
	ctx, stop := context.WithCancel(bg)
	ended := make(chan error)
	for w := range 4 {
		go func() {
			ended <- func() error {
				for i := 0; ctx.Err() == nil; i++ {
					c, err := db.Add(bg, store.NewCustomer{Email: fmt.Sprintf("%d-%d", w, i)})
					if err != nil {
						return err
					}
					added.Add(1)
					if i%3 == 0 {
						if err := db.Remove(bg, c.ID, 0); err != nil {
							return err
						}
						added.Add(-1)
					}
				}
				return nil
			}()
		}()
	}
	for round := range 5 {
		for before := added.Load(); added.Load() < before+20; runtime.Gosched() {
			select {
			case err := <-ended:
				t.Fatal(err)
			default:
			}
		}
		least := added.Load() - 4 // others may remove one each
		b := backUp(t, db)
		path := filepath.Join(t.TempDir(), "backup")
		must(t, os.WriteFile(path, b, 0o600))
		r, err := store.Check(path)
		if err != nil || !r.Sound() || r.Made.IsZero() || r.Keys || int64(r.Customers) < least {
			t.Errorf("round %d: %d customers are in the backup of at least %d: %v, %v", round, r.Customers, least,
				shown(r), err)
		}
		if r.ID != db.ID() {
			t.Errorf("round %d: the backup is of the store %s, not %s", round, r.ID, db.ID())
		}
	}
	stop()
	for range 4 {
		must(t, <-ended)
	}
	if list := names(t, dir); !slices.Equal(list, []string{"store.db"}) {
		t.Errorf("beside the store are %v", list)
	}
}

// Whoever does not read a backup keeps nobody waiting, and the backup stays what it was.
func TestBackupUnread(t *testing.T) {
	db, _ := fresh(t)
	add(t, db, core.CustomerID{}, "ada")
	f, err := db.Backup(bg, []byte("sealed"))
	must(t, err)
	defer f.Close()
	for i := range 50 {
		add(t, db, core.CustomerID{}, fmt.Sprint(i))
	}
	_, err = db.Compact(bg, nil)
	must(t, err)
	after := backUp(t, db) // of the file that took the place of the first
	must(t, db.Close())
	if _, err := db.Backup(bg, nil); err == nil {
		t.Error("a closed store was backed up")
	}
	b, err := io.ReadAll(f)
	must(t, err)
	for _, c := range []struct {
		backup    []byte
		customers int
		keys      bool
	}{{b, 1, true}, {after, 51, false}} {
		path := filepath.Join(t.TempDir(), "backup")
		must(t, os.WriteFile(path, c.backup, 0o600))
		if r, err := store.Check(path); err != nil || !r.Sound() || r.Customers != c.customers || r.Keys != c.keys {
			t.Errorf("Check = %v, %v, want %d customers", shown(r), err, c.customers)
		}
	}
}

// A caller who gave up gets no backup, and neither does one whose store failed.
func TestBackupRefused(t *testing.T) {
	db, _ := fresh(t)
	ended, end := context.WithCancel(bg)
	end()
	_, err := db.Backup(ended, nil)
	wantErr(t, "Backup", err, context.Canceled)
	if _, err := db.Backup(bg, make([]byte, backup.MaxKeys+1)); err == nil {
		t.Error("a backup with too many keys was made")
	}
	must(t, db.Close())
	_, err = db.Backup(bg, nil)
	wantErr(t, "Backup", err, store.ErrClosed)
}

// Nobody starts a node on a backup by giving it the name of a store.
func TestBackupIsNoStore(t *testing.T) {
	db, _ := fresh(t)
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, backUp(t, db), 0o600))
	_, err := store.Open(store.Config{Path: path})
	wantErr(t, "Open", err, store.ErrForeign)
}
