package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

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
		left int                   // tombstones of ids
	}{
		{"nobody is added", func(*store.DB) error { return nil },
			map[string]int64{"ada": start, "bea": later, "Ada": 0, "": 0}, 2},
		{"same id, same address", func(db *store.DB) error { return add(db, ada) },
			map[string]int64{"ada": start, "bea": later}, 1},
		{"next id, same address", func(db *store.DB) error {
			_, err := db.Add(bg, store.NewCustomer{Email: "ada"})
			return err
		}, map[string]int64{"ada": start, "bea": later}, 2},
		{"same id, another address", func(db *store.DB) error {
			return add(db,
				store.NewCustomer{ID: ada.ID, Email: "new"})
		},
			map[string]int64{"ada": start, "new": start}, 1},
		{"earlier id, later address", func(db *store.DB) error {
			return add(db,
				store.NewCustomer{ID: ada.ID, Email: "bea"})
		},
			map[string]int64{"ada": start, "bea": later}, 1},
		{"later id, earlier address", func(db *store.DB) error {
			return add(db,
				store.NewCustomer{ID: bea.ID, Email: "ada"})
		},
			map[string]int64{"ada": later, "bea": later}, 1},
		{"both at once, exchanged", func(db *store.DB) error {
			return add(db, store.NewCustomer{ID: ada.ID, Email: "bea"}, store.NewCustomer{ID: bea.ID, Email: "ada"})
		}, map[string]int64{"ada": later, "bea": later}, 0},
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

// The tombstone of an address does not cut off an id with the same text. The tombstone of an id does not cut off such
// an address.
func TestTombstoneOfAnAddressIsNoneOfAnID(t *testing.T) {
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

// Purge removes the tombstone of an address when its time is over, whether or not there is still one of the id, and
// leaves no record.
func TestPurgeTombstonesOfAddresses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	must(t, db.Remove(bg, ada.ID, 10*time.Second))
	must(t, db.Remove(bg, bea.ID, 10*time.Second))
	add(t, db, bea.ID, "new")
	for _, c := range []struct {
		after, limit int // seconds; records
		want         store.Purged
		cutOff       int64
	}{
		{11, 0, store.Purged{}, start},
		{12, 1, store.Purged{More: true}, start}, // one of the two is purged
		{12, 2, store.Purged{Tombstones: 1}, 0},
	} {
		clock.ms.Store(start + int64(c.after)*1000)
		if got, err := db.Purge(bg, clock.now(), c.limit); err != nil || got != c.want {
			t.Errorf("Purge after %d s = %+v, %v, want %+v", c.after, got, err, c.want)
		}
		if got := max(stateByEmail(t, db, "ada").CutOff, stateByEmail(t, db, "bea").CutOff); got != c.cutOff {
			t.Errorf("cut-off %d after %d s, want %d", got, c.after, c.cutOff)
		}
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Tombstones != 0 {
		t.Errorf("Check = %d tombstones, %v, %v, want none and nothing to be wrong", r.Tombstones, shown(r), err)
	}
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer b.Close()
	must(t, b.View(func(tx *bbolt.Tx) error {
		for _, name := range []string{"tombstones", "expiry"} {
			if k, _ := tx.Bucket([]byte(name)).Cursor().First(); k != nil {
				t.Errorf("the record %x is left in bucket %s", k, name)
			}
		}
		return nil
	}))
}

// A tombstone does not hold the address of the customer in clear.
func TestTombstoneDoesNotShowTheAddress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	must(t, db.Remove(bg, add(t, db, core.CustomerID{}, "ada@example.com").ID, time.Hour))
	must(t, db.Close())
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer b.Close()
	records := 0
	must(t, b.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				records++
				if strings.Contains(string(k)+string(v), "ada") {
					t.Errorf("bucket %s has the address in a record", name)
				}
				return nil
			})
		})
	}))
	if records != 10 { // schema, identity, tally, sessions, folds, the purge clock, and two tombstones with their ends
		t.Errorf("the store has %d records, want 10", records)
	}
}
