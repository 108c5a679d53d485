package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// handles gets hold of the files that a store opens, and can make opening fail.
type handles struct {
	last   atomic.Pointer[os.File]
	opened atomic.Int32
	fail   atomic.Bool
}

var errNoFile = errors.New("no file today")

func (h *handles) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	if h.fail.Load() {
		return nil, errNoFile
	}
	f, err := os.OpenFile(path, flag, mode)
	if err == nil {
		h.last.Store(f)
		h.opened.Add(1)
	}
	return f, err
}

// healthy waits until the store answers again; how long that takes does not matter.
func healthy(db *store.DB) {
	for db.Health() != nil {
		runtime.Gosched()
	}
}

// R9: after a commit that failed, a retry succeeds, and nothing that was acknowledged is lost.
func TestFailedCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var h handles
	db, err := store.OpenWith(store.Config{Path: path}, h.open)
	must(t, err)
	before := add(t, db, core.CustomerID{}, "before")
	h.fail.Store(true)
	must(t, h.last.Load().Close())

	_, err = db.Add(bg, store.NewCustomer{Email: "lost"})
	wantErr(t, "Add with the file closed", err, store.ErrUnavailable)
	wantErr(t, "Add with the file closed: cause", err, os.ErrClosed)
	// Until the file can be opened, all that needs state is refused.
	_, err = db.Get(bg, before.ID)
	wantErr(t, "Get", err, store.ErrUnavailable)
	_, _, err = db.Load(bg, store.Query{})
	wantErr(t, "Load", err, store.ErrUnavailable)
	wantErr(t, "Settle without effects", db.Settle(bg, core.Effects{}), store.ErrUnavailable)
	wantErr(t, "Revoke", db.Revoke(bg, before.ID), store.ErrUnavailable)
	for !errors.Is(db.Health(), errNoFile) {
		wantErr(t, "Health", db.Health(), store.ErrUnavailable)
		runtime.Gosched()
	}
	// Counters are told without the file.
	s, err := db.Stats(bg)
	wantErr(t, "Stats", err, store.ErrUnavailable)
	if s.Commits != 1 || s.Requests != 1 || s.Failures != 1 || s.Reopenings != 0 || s.CommitTime != s.LastCommitTook ||
		s.CommitTime <= 0 {
		t.Errorf("Stats = %+v, want 1 commit for 1 request, 1 failure, and the file not yet open again", s)
	}

	h.fail.Store(false)
	healthy(db)
	if _, err := db.Get(bg, before.ID); err != nil {
		t.Errorf("Get of what was acknowledged = %v", err)
	}
	_, err = db.Add(bg, store.NewCustomer{Email: "lost"})
	wantErr(t, "the same Add again", err, nil)
	if s, err = db.Stats(bg); err != nil || s.Commits != 2 || s.Requests != 2 || s.Failures != 1 || s.Reopenings != 1 ||
		s.Customers != 2 {
		t.Errorf("Stats = %+v, %v, want 2 commits for 2 requests, 1 failure and 1 reopening", s, err)
	}
	if h.opened.Load() != 2 {
		t.Errorf("the file was opened %d times, want 2", h.opened.Load())
	}
	must(t, db.Close())
	if n, err := open(t, store.Config{Path: path}).Count(bg); n != 2 || err != nil {
		t.Errorf("Count after opening again = %d, %v, want 2", n, err)
	}
}

// A cut-off is later than starts that were granted before a failure, too.
func TestFailureForgetsNoStart(t *testing.T) {
	clock := newClock()
	var h handles
	db, err := store.OpenWith(store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now,
		Elapsed: clock.elapsed}, h.open)
	must(t, err)
	defer db.Close()
	ada := add(t, db, core.CustomerID{}, "ada")
	must(t, db.Settle(bg, login(state(t, db, ada.ID, core.Family{}), start+5)))
	must(t, h.last.Load().Close())
	wantErr(t, "Revoke with the file closed", db.Revoke(bg, ada.ID), store.ErrUnavailable)
	healthy(db)
	must(t, db.Revoke(bg, ada.ID))
	s := state(t, db, ada.ID, core.Family{})
	if s.CutOff < start+5 || s.HighWater != start+60_005 {
		t.Errorf("cut-off %d and mark %d, want at least %d and %d", s.CutOff, s.HighWater, int64(start+5),
			int64(start+60_005))
	}
}

// Failures amid readers and writers: readers get an answer or ErrUnavailable, and what was acknowledged is there.
func TestFailuresUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var h handles
	db, err := store.OpenWith(store.Config{Path: path}, h.open)
	must(t, err)
	add(t, db, core.CustomerID{}, "first")
	var acknowledged sync.Map
	var stop atomic.Bool
	var readers, writers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !stop.Load() {
				_, c, err := db.Load(bg, store.Query{Login: "first", HasLogin: true})
				if err == nil && c.Email != "first" || err != nil && !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("Load = %+v, %v", c, err)
				}
			}
		})
	}
	for w := range 4 {
		writers.Go(func() {
			for i := range 30 {
				email := fmt.Sprintf("%d-%d", w, i)
				for {
					_, err := db.Add(bg, store.NewCustomer{Email: email})
					// Taken: the commit before was made after all.
					if err == nil || errors.Is(err, store.ErrExists) {
						acknowledged.Store(email, true)
						break
					}
					if !errors.Is(err, store.ErrUnavailable) {
						t.Errorf("Add = %v", err)
						return
					}
					runtime.Gosched()
				}
				if i == 9 || i == 19 {
					if err := db.InCommit(func() { h.last.Load().Close() }); err != nil &&
						!errors.Is(err, store.ErrUnavailable) {
						t.Errorf("InCommit = %v", err)
					}
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
	healthy(db)
	acknowledged.Range(func(email, _ any) bool {
		if _, err := db.GetByEmail(bg, email.(string)); err != nil {
			t.Errorf("GetByEmail(%v) = %v", email, err)
		}
		return true
	})
	n, err := db.Count(bg)
	if n != 121 || err != nil {
		t.Errorf("Count = %d, %v, want 121", n, err)
	}
	if h.opened.Load() < 2 {
		t.Errorf("the file was never opened again")
	}
	must(t, db.Close())
}

// Undo takes the last commit back, and the state before it counts.
func TestUndo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	add(t, db, core.CustomerID{}, "kept")
	add(t, db, core.CustomerID{}, "taken back")
	must(t, db.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	last := store.Transaction(f)
	must(t, store.Undo(f, last+1)) // a commit that got nowhere
	must(t, store.Undo(f, last-1)) // one that is not the last
	if got := store.Transaction(f); got != last {
		t.Errorf("the last commit is %d after nothing was to be taken back, want %d", got, last)
	}
	must(t, store.Undo(f, last))
	must(t, f.Close())
	db = open(t, store.Config{Path: path})
	for email, want := range map[string]error{"kept": nil, "taken back": store.ErrNotFound} {
		_, err := db.GetByEmail(bg, email)
		wantErr(t, "GetByEmail("+email+")", err, want)
	}
	add(t, db, core.CustomerID{}, "taken back")
	must(t, db.Remove(bg, core.Integer(1), time.Hour))
}

// unsynced is a file whose first sync fails.
type unsynced struct {
	*os.File
	syncs, writes int
}

func (u *unsynced) WriteAt(b []byte, offset int64) (int, error) {
	u.writes++
	return u.File.WriteAt(b, offset)
}

func (u *unsynced) Sync() error {
	if u.syncs++; u.syncs == 1 {
		return errNoFile
	}
	return u.File.Sync()
}

// A commit that could not be taken back for good is taken back anew: after a sync that failed the page cache shows
// what the disk may not have.
func TestUndoAfterFailedSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	add(t, db, core.CustomerID{}, "kept")
	add(t, db, core.CustomerID{}, "taken back")
	must(t, db.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	last := store.Transaction(f)
	u := &unsynced{File: f}
	wantErr(t, "Undo whose sync fails", store.Undo(u, last), errNoFile)
	before := u.writes
	must(t, store.Undo(u, last))
	if u.writes == before {
		t.Errorf("Undo wrote nothing again after its sync had failed")
	}
	if got := store.Transaction(f); got != last-1 {
		t.Errorf("the last commit is %d, want %d", got, last-1)
	}
}
