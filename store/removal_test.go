package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// stateByEmail loads the state for a token that names an e-mail address (USER_ID_FIELD is email).
func stateByEmail(t *testing.T, db *store.DB, email string) core.State {
	t.Helper()
	s, _, err := db.Load(bg, store.Query{Field: store.FieldEmail, HasUser: true, UserID: core.Text(email)})
	must(t, err)
	return s
}

// R3: with USER_ID_FIELD email, a token names an address. A customer is removed, and one with its address is added,
// under whatever id: no token works again.
func TestRemoveAndAddBringsNoTokenBack(t *testing.T) {
	add := func(db *store.DB, list ...store.NewCustomer) error {
		_, err := db.AddAll(bg, list)
		return err
	}
	ada := store.NewCustomer{ID: core.Integer(1), Email: "ada", IsActive: true}
	bea := store.NewCustomer{ID: core.Integer(2), Email: "bea", IsActive: true}
	const later = start + 10_000 // when bea is removed, after ada at start
	for _, c := range []struct {
		name string
		add  func(*store.DB) error // with the clock an hour back
		want map[string]int64      // cut-offs of addresses
		left int                   // removals
	}{
		{"nobody is added", func(*store.DB) error { return nil },
			map[string]int64{"ada": start, "bea": later, "Ada": 0, "": 0}, 2},
		{"same id, same address", func(db *store.DB) error { return add(db, ada) },
			map[string]int64{"ada": start, "bea": later}, 2},
		{"next id, same address", func(db *store.DB) error {
			_, err := db.Add(bg, store.NewCustomer{Email: "ada"})
			return err
		}, map[string]int64{"ada": start, "bea": later}, 2},
		{"same id, another address", func(db *store.DB) error {
			return add(db,
				store.NewCustomer{ID: ada.ID, Email: "new"})
		},
			map[string]int64{"ada": start, "new": start}, 2},
		{"earlier id, later address", func(db *store.DB) error {
			return add(db,
				store.NewCustomer{ID: ada.ID, Email: "bea"})
		},
			map[string]int64{"ada": start, "bea": later}, 2},
		{"later id, earlier address", func(db *store.DB) error {
			return add(db,
				store.NewCustomer{ID: bea.ID, Email: "ada"})
		},
			map[string]int64{"ada": later, "bea": later}, 2},
		{"both at once, exchanged", func(db *store.DB) error {
			return add(db, store.NewCustomer{ID: ada.ID, Email: "bea"}, store.NewCustomer{ID: bea.ID, Email: "ada"})
		}, map[string]int64{"ada": later, "bea": later}, 2},
		{"added, removed and added", func(db *store.DB) error {
			if err := add(db, store.NewCustomer{ID: core.Integer(9), Email: "ada"}); err != nil {
				return err
			}
			if err := db.Remove(bg, core.Integer(9), time.Hour); err != nil {
				return err
			}
			return add(db, store.NewCustomer{ID: core.Integer(10), Email: "ada"})
		}, map[string]int64{"ada": start, "bea": later}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			clock := newClock()
			db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
			must(t, err)
			must(t, add(db, ada, bea))
			must(t, db.Remove(bg, ada.ID, time.Hour))
			clock.ms.Store(later)
			must(t, db.Remove(bg, bea.ID, time.Hour))
			clock.ms.Store(start - 3_600_000)
			must(t, c.add(db))
			for range 2 {
				for email, want := range c.want {
					if got := stateByEmail(t, db, email).CutOff; got != want {
						t.Errorf("cut-off of %q is %d, want %d", email, got, want)
					}
				}
				must(t, db.Close())
				r, err := store.Check(path)
				if err != nil || !r.Sound() || r.Tombstones != c.left {
					t.Errorf("Check = %d tombstones, %v, %v, want %d and nothing to be wrong", r.Tombstones, shown(r),
						err, c.left)
				}
				db, err = store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
				must(t, err)
			}
			must(t, db.Close())
		})
	}
}

// The cut-off of an address is none of an id with the same text, and the other way round.
func TestCutOffOfAnAddressIsNoneOfAnID(t *testing.T) {
	db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), IDs: core.TextID, Now: newClock().now})
	add(t, db, core.Text("a"), "b")
	must(t, db.Remove(bg, core.Text("a"), time.Hour))
	for id, want := range map[string]int64{"a": start, "b": 0, "": 0} {
		if got := state(t, db, core.Text(id), core.Family{}).CutOff; got != want {
			t.Errorf("cut-off of id %q is %d, want %d", id, got, want)
		}
	}
	for email, want := range map[string]int64{"a": 0, "b": start} {
		if got := stateByEmail(t, db, email).CutOff; got != want {
			t.Errorf("cut-off of address %q is %d, want %d", email, got, want)
		}
	}
}

// Purge removes removals and the cut-offs of what nobody holds when their time is over. The cut-offs of the id and of
// the e-mail address that a customer holds stay.
func TestPurgeRemovals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	must(t, db.Remove(bg, ada.ID, 10*time.Second))
	must(t, db.Remove(bg, bea.ID, 10*time.Second))
	add(t, db, bea.ID, "new")
	add(t, db, core.CustomerID{}, "bea")
	for _, c := range []struct {
		after, limit int // seconds; records
		want         store.Purged
		cutOff       int64
	}{
		{11, 0, store.Purged{}, start},
		{12, 2, store.Purged{More: true}, 0}, // cut-offs come before removals, those of addresses first
		{12, 4, store.Purged{Tombstones: 2}, 0},
	} {
		clock.ms.Store(start + int64(c.after)*1000)
		if got, err := db.Purge(bg, clock.now(), c.limit); err != nil || got != c.want {
			t.Errorf("Purge after %d s = %+v, %v, want %+v", c.after, got, err, c.want)
		}
		if got := stateByEmail(t, db, "ada").CutOff; got != c.cutOff {
			t.Errorf("cut-off of an address that nobody has %d after %d s, want %d", got, c.after, c.cutOff)
		}
		for _, email := range []string{"new", "bea"} {
			if got := stateByEmail(t, db, email).CutOff; got != start {
				t.Errorf("cut-off of the customer %s %d after %d s, want %d", email, got, c.after, int64(start))
			}
		}
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Tombstones != 0 {
		t.Errorf("Check = %d tombstones, %v, %v, want none and nothing to be wrong", r.Tombstones, shown(r), err)
	}
	left := all(t, path)
	if len(left["tombstones"]) != 0 || len(left["cutoffs"]) != 2 || len(left["expiry"]) != 1 {
		t.Errorf("the store has the removals %q, cut-offs %q and ends %q, want none, two and one", left["tombstones"],
			left["cutoffs"], left["expiry"])
	}
}

// Nothing that is kept of a removed customer has its address in clear.
func TestRemovalDoesNotShowTheAddress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	must(t, db.Remove(bg, add(t, db, core.CustomerID{}, "ada@example.com").ID, time.Hour))
	must(t, db.Close())
	records := 0
	for bucket, list := range all(t, path) {
		for k, v := range list {
			records++
			if strings.Contains(k+v, "ada") {
				t.Errorf("bucket %s has the address in a record", bucket)
			}
		}
	}
	if records != 16 { // eight of the store itself; the removal, two cut-offs, their ends, and that they are new
		t.Errorf("the store has %d records, want 16", records)
	}
}
