package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

func TestVersions(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	add(t, db, core.Integer(2), "bea")
	last := ada.Version
	for _, c := range []struct {
		name    string
		do      func() error
		changes bool
	}{
		{"enable, enabled", func() error { return db.SetActive(bg, ada.ID, true) }, false},
		{"disable", func() error { return db.SetActive(bg, ada.ID, false) }, true},
		{"disable, disabled", func() error { return db.SetActive(bg, ada.ID, false) }, false},
		{"enable", func() error { return db.SetActive(bg, ada.ID, true) }, true},
		{"password", func() error { return db.SetPassword(bg, ada.ID, "a") }, true},
		{"the same password", func() error { return db.SetPassword(bg, ada.ID, "a") }, true},
		{"rehash", func() error { return db.Rehash(bg, ada.ID, "a", "b") }, true},
		{"log out everywhere", func() error { return db.Revoke(bg, ada.ID) }, false},
		{"log-in", func() error {
			return db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RecordLogin, Customer: ada.ID,
				At: start}}})
		}, false},
		{"another customer", func() error { return db.SetPassword(bg, core.Integer(2), "a") }, false},
	} {
		must(t, c.do())
		got, err := db.Get(t.Context(), ada.ID)
		must(t, err)
		if (got.Version != last) != c.changes || got.Version < last {
			t.Errorf("%s: version %d after %d, want a change: %v", c.name, got.Version, last, c.changes)
		}
		last = got.Version
	}
	must(t, db.Remove(t.Context(), ada.ID, time.Hour))
	if again := add(t, db, ada.ID, "ada"); again.Version <= last {
		t.Errorf("version %d of a customer added again after version %d, want a later one", again.Version, last)
	}
}

func TestUnknownCustomers(t *testing.T) {
	db, _ := fresh(t)
	for _, id := range []core.CustomerID{{}, core.Integer(1), core.Text("1")} {
		for name, err := range map[string]error{
			"SetActive": db.SetActive(bg, id, false), "SetPassword": db.SetPassword(bg, id, "x"),
			"Rehash": db.Rehash(bg, id, "x", "y"),
			"Revoke": db.Revoke(bg, id), "Remove": db.Remove(bg, id, time.Hour),
		} {
			wantErr(t, fmt.Sprintf("%s(%#v)", name, id), err, store.ErrNotFound)
			if want := fmt.Sprintf("customer %q: no such customer", id); err != nil && err.Error() != want {
				t.Errorf("%s = %v, want %s", name, err, want)
			}
		}
	}
	add(t, db, core.Integer(1), "ada")
	wantErr(t, "Remove for a negative time", db.Remove(bg, core.Integer(1), -1), store.ErrInvalid)
	wantErr(t, "SetPassword of a hash that is not UTF-8", db.SetPassword(bg, core.Integer(1), "\xff"), store.ErrInvalid)
}

func TestRevokeClaimChangesWithThePasswordOnly(t *testing.T) {
	db, _ := fresh(t)
	moved, err := db.Add(t.Context(), store.NewCustomer{Email: "a", PasswordHash: "new",
		RevokeClaim: "OF THE OLD HASH"})
	must(t, err)
	claim := func() string {
		c, err := db.Get(t.Context(), moved.ID)
		must(t, err)
		return c.PasswordHash + " " + c.RevokeClaim
	}
	if got, want := claim(), "new OF THE OLD HASH"; got != want {
		t.Errorf("added: %q, want %q", got, want)
	}
	must(t, db.SetPassword(t.Context(), moved.ID, "first"))
	if got, want := claim(), "first "+password.RevokeClaim("first"); got != want {
		t.Errorf("password set: %q, want %q", got, want)
	}
	must(t, db.Rehash(t.Context(), moved.ID, "first", "second"))
	if got, want := claim(), "second "+password.RevokeClaim("first"); got != want {
		t.Errorf("hashed anew: %q, want %q", got, want)
	}
	wantErr(t, "Rehash of a hash that is gone", db.Rehash(t.Context(), moved.ID, "first", "third"), store.ErrConflict)
	if got, want := claim(), "second "+password.RevokeClaim("first"); got != want {
		t.Errorf("after a refused rehash: %q, want %q", got, want)
	}
}

// R3-R5: what ends families, and what does not bring them back.
func TestCutOffs(t *testing.T) {
	id := core.Integer(1)
	for _, c := range []struct {
		name string
		do   func(*store.DB) error
		want int64 // Unix milliseconds
	}{
		{"enable", func(db *store.DB) error { return db.SetActive(bg, id, true) }, 0},
		{"rehash", func(db *store.DB) error { return db.Rehash(bg, id, "hash of ada", "x") }, 0},
		{"disable", func(db *store.DB) error { return db.SetActive(bg, id, false) }, start},
		{"password", func(db *store.DB) error { return db.SetPassword(bg, id, "x") }, start},
		{"log out everywhere", func(db *store.DB) error { return db.Revoke(bg, id) }, start},
		{"remove", func(db *store.DB) error { return db.Remove(bg, id, time.Hour) }, start},
		{"node", func(db *store.DB) error { return db.RevokeAll(bg) }, start},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			clock := newClock()
			db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
			must(t, err)
			add(t, db, id, "ada")
			must(t, c.do(db))
			if got := state(t, db, id, core.Family{}).CutOff; got != c.want {
				t.Errorf("cut-off %d, want %d", got, c.want)
			}
			if c.want == 0 {
				must(t, db.Close())
				return
			}
			// The clock goes back an hour: nothing lowers the cut-off, and a new one is no earlier than what began
			// meanwhile. Where nothing did, however many do not drive it ahead.
			clock.ms.Store(start - 3_600_000)
			if c.name == "remove" {
				add(t, db, id, "ada")
				if got, err := db.Stats(bg); err != nil || got.Tombstones != 1 {
					t.Errorf("Stats after adding again = %+v, %v, want the tombstone kept", got, err)
				}
			}
			least := c.want
			for opened := range 2 {
				must(t, db.SetActive(bg, id, true))
				for range 5 {
					must(t, c.do(db))
					if c.name == "remove" {
						add(t, db, id, "ada")
					}
				}
				now := state(t, db, id, core.Family{})
				if now.CutOff < least || opened == 0 && now.CutOff > least+3 {
					t.Errorf("cut-off %d after the clock went back, want %d or little more", now.CutOff, least)
				}
				begun := now.CutOff + 1
				must(t, db.Settle(bg, login(now, begun)))
				must(t, c.do(db))
				got := state(t, db, id, core.Family{}).CutOff
				if got < begun {
					t.Errorf("cut-off %d after a log-in that began at %d", got, begun)
				}
				least = got
				if c.name == "remove" {
					add(t, db, id, "ada")
				}
				must(t, db.Close())
				db, err = store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
				must(t, err)
			}
			must(t, db.Close())
		})
	}
}

// R5: a family that was begun ahead of the clock ends too, in this process and in the next.
func TestCutOffEndsEveryStartGranted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada := add(t, db, core.Integer(1), "ada")
	s := state(t, db, ada.ID, core.Family{})
	must(t, db.Settle(bg, login(s, start+500))) // reserves 60 s more
	must(t, db.Revoke(bg, ada.ID))
	if got := state(t, db, ada.ID, core.Family{}).CutOff; got != start+500 {
		t.Errorf("cut-off %d, want the start that was granted, %d", got, int64(start+500))
	}
	must(t, db.Close())
	db = open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, db.Revoke(bg, ada.ID))
	if got := state(t, db, ada.ID, core.Family{}).CutOff; got != start+60_500 {
		t.Errorf("cut-off %d in a new process, want the high-water mark, %d", got, int64(start+60_500))
	}
}

// Log-ins and password changes at once: whatever order they take, no family that was begun before a change outlives it.
func TestLoginsRaceWithPasswordChanges(t *testing.T) {
	db, _ := fresh(t)
	id := add(t, db, core.Integer(1), "ada").ID
	type family struct {
		start    int64
		password string
	}
	var mu sync.Mutex
	var begun []family
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				s, c, err := db.Load(bg, store.Query{Login: "ada", HasLogin: true})
				if err != nil {
					t.Error(err)
					return
				}
				at := max(start, s.CutOff+1)
				if err := db.Settle(bg, login(s, at)); err == nil {
					mu.Lock()
					begun = append(begun, family{at, c.PasswordHash})
					mu.Unlock()
				}
			}
		})
	}
	all.Go(func() {
		for i := range 50 {
			if err := db.SetPassword(bg, id, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	s := state(t, db, id, core.Family{})
	alive := 0
	for _, f := range begun {
		if f.start <= s.CutOff {
			continue
		}
		alive++
		if f.password != "49" {
			t.Errorf("a family begun with password %s at %d outlives the cut-off %d", f.password, f.start, s.CutOff)
		}
	}
	t.Logf("%d families begun, %d alive", len(begun), alive)
	if len(begun) == 0 {
		t.Error("no log-in succeeded")
	}
}
