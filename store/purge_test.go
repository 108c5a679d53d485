package store_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

func TestPurge(t *testing.T) {
	db, clock := fresh(t)
	var list []core.Effect
	for i := range 5 {
		list = append(list, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: uint64(i)},
			Until: start/1000 + int64(i)})
	}
	// The first is revoked again for longer, and goes last.
	list = append(list, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 0}, Until: start/1000 + 20})
	must(t, db.Settle(bg, core.Effects{List: list}))
	ada := add(t, db, core.Integer(1), "ada")
	must(t, db.Remove(bg, ada.ID, 9500*time.Millisecond)) // until the 11th second: rounded up
	for _, c := range []struct {
		name  string
		at    int64 // seconds after the start
		limit int
		want  store.Purged
		left  store.Stats
	}{
		{"nothing is due", 1, 10, store.Purged{}, store.Stats{Families: 5, Tombstones: 1}},
		{"one", 2, 10, store.Purged{Families: 1}, store.Stats{Families: 4, Tombstones: 1}},
		{"limit", 5, 2, store.Purged{Families: 2, More: true}, store.Stats{Families: 2, Tombstones: 1}},
		{"rest", 5, 2, store.Purged{Families: 1}, store.Stats{Families: 1, Tombstones: 1}},
		{"tombstone not yet", 10, 0, store.Purged{}, store.Stats{Families: 1, Tombstones: 1}},
		{"tombstone", 11, 0, store.Purged{Tombstones: 1}, store.Stats{Families: 1}},
		{"last", 21, 1, store.Purged{Families: 1}, store.Stats{}},
		{"none left", 99, 1, store.Purged{}, store.Stats{}},
	} {
		clock.ms.Store(start + c.at*1000)
		got, err := db.Purge(bg, clock.now(), c.limit)
		if err != nil || got != c.want {
			t.Errorf("%s: Purge = %+v, %v, want %+v", c.name, got, err, c.want)
		}
		left, err := db.Stats(bg)
		if err != nil || left.Families != c.left.Families || left.Tombstones != c.left.Tombstones {
			t.Errorf("%s: %d families and %d tombstones are left, %v, want %d and %d", c.name, left.Families,
				left.Tombstones, err, c.left.Families, c.left.Tombstones)
		}
	}
	if s := state(t, db, ada.ID, core.Family{}); s.CutOff != 0 {
		t.Errorf("cut-off %d after the tombstone went, want none", s.CutOff)
	}
}
