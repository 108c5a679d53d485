package store_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

func TestPurge(t *testing.T) {
	db, _ := fresh(t)
	at := func(s int64) time.Time { return time.Unix(start/1000+s, 0) }
	var list []core.Effect
	for i := range 5 {
		list = append(list, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: uint64(i)}, Until: start/1000 + int64(i)})
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
		got, err := db.Purge(bg, at(c.at), c.limit)
		if err != nil || got != c.want {
			t.Errorf("%s: Purge = %+v, %v, want %+v", c.name, got, err, c.want)
		}
		left, err := db.Stats(bg)
		if err != nil || left.Families != c.left.Families || left.Tombstones != c.left.Tombstones {
			t.Errorf("%s: %d families and %d tombstones are left, %v, want %d and %d", c.name, left.Families, left.Tombstones, err, c.left.Families, c.left.Tombstones)
		}
	}
	if s := state(t, db, ada.ID, core.Family{}); s.CutOff != 0 {
		t.Errorf("cut-off %d after the tombstone went, want none", s.CutOff)
	}
}

// R3: a wrong clock must not bring revoked families back.
func TestPurgeStopsWhenTheClockJumps(t *testing.T) {
	db, clock := fresh(t)
	clock.ms.Store(start - 2*3_600_000)
	must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 1}, Until: start/1000 - 8000}}}))
	clock.ms.Store(start)
	add(t, db, core.CustomerID{}, "bea")
	for _, c := range []struct {
		name  string
		drift time.Duration
		want  string
	}{
		{"ahead", time.Hour + time.Second, "purge: clock and last commit are more than an hour apart: it is 2026-01-01T01:00:01Z, " +
			"the last commit was at 2026-01-01T00:00:00Z; set the clock, or wait for the next commit if it is right"},
		{"behind", -time.Hour - time.Second, "purge: clock and last commit are more than an hour apart: it is 2025-12-31T22:59:59Z, " +
			"the last commit was at 2026-01-01T00:00:00Z; set the clock, or wait for the next commit if it is right"},
	} {
		got, err := db.Purge(bg, clock.now().Add(c.drift), 10)
		wantErr(t, c.name, err, store.ErrClock)
		if err != nil && err.Error() != c.want || got != (store.Purged{}) {
			t.Errorf("%s: Purge = %+v, %v, want %s", c.name, got, err, c.want)
		}
	}
	// The next commit shows that the clock is right.
	clock.ms.Add(2 * 3_600_000)
	add(t, db, core.CustomerID{}, "ada")
	if got, err := db.Purge(bg, clock.now(), 10); err != nil || got.Families != 1 {
		t.Errorf("Purge after a commit = %+v, %v, want 1 family", got, err)
	}
}
