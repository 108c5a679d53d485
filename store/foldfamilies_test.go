package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// blacklist revokes a family with the effects of core. If most is not 0, it folds the families beyond most.
func blacklist(t testing.TB, db *store.DB, f core.Family, customer core.CustomerID, most int64) {
	t.Helper()
	k := f.Key("", customer)
	if state(t, db, customer, f).Family.AnyStart { // as core does
		k.Start = 0
	}
	list := []core.Effect{{Kind: core.RevokeFamily, Family: k, At: f.Start, Until: start/1000 + 86400}}
	if most != 0 {
		list = append(list, core.Effect{Kind: core.FoldFamilies, Customer: customer, At: most})
	}
	must(t, db.Settle(bg, core.Effects{List: list}))
}

// A customer that logs in and out forever leaves no more records than are allowed, and each of its log-ins that ended
// stays ended.
func TestFamiliesFold(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada, bea := add(t, db, core.Integer(1), "ada"), add(t, db, core.Integer(-1), "bea")
	family := func(i int) core.Family {
		// Bits in another order than starts.
		return core.Family{Listed: true, Ours: true, Bits: uint64(i*7919) % 1009, Start: start + int64(i)}
	}
	const most = 100
	unknown := core.Family{Listed: true, Ours: true, Bits: 2000}
	foreign := core.Family{Listed: true, Bits: 3000, Start: start - 1}
	blacklist(t, db, unknown, ada.ID, most)
	blacklist(t, db, foreign, core.CustomerID{}, 0)
	for i := range 3 * most {
		blacklist(t, db, family(i), ada.ID, most)
		blacklist(t, db, family(i), bea.ID, 0) // on the exact wire
		s := state(t, db, ada.ID, family(i))
		if want := int64(i - most); want >= 0 && s.CutOff != start+want || want < 0 && s.CutOff != 0 {
			t.Fatalf("after %d families the cut-off is %d ms after the first", i+1, s.CutOff-start)
		}
	}
	for i := range 3 * most {
		for _, c := range []core.CustomerID{ada.ID, bea.ID} {
			if s := state(t, db, c, family(i)); !s.Family.Dead && family(i).Start > s.CutOff {
				t.Errorf("family %d of customer %v is alive", i, c)
			}
		}
		if s := state(t, db, ada.ID, family(i)); s.Family.Dead != (i >= 2*most) {
			t.Errorf("family %d has a record: %v, want those of the last %d", i, s.Family.Dead, most)
		}
	}
	if s := state(t, db, ada.ID, unknown); !s.Family.Dead {
		t.Error("a family whose start is not known is alive")
	}
	if s := state(t, db, bea.ID, core.Family{}); s.CutOff != 0 {
		t.Errorf("cut-off %d of a customer whose families are not folded", s.CutOff)
	}
	if s, err := db.Stats(bg); err != nil || s.Families != most+1+3*most+1 {
		t.Errorf("%d families, %v, want %d", s.Families, err, most+1+3*most+1)
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// Folding a family also ends the families and sessions that began no later. What began later goes on.
func TestFoldedFamiliesEndNothingLater(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	for i := range 3 {
		must(t, db.StartSession(bg, store.NewSession{ID: sid(i), Customer: ada, Expires: clock.now().Add(time.Hour)}))
		clock.ms.Add(minute)
	}
	for i := range 3 {
		blacklist(t, db, core.Family{Listed: true, Ours: true, Bits: uint64(i), Start: start + int64(i)*minute}, ada.ID,
			1)
	}
	for i, want := range []bool{false, false, true} {
		if got := alive(t, db, sid(i), ada); got != want {
			t.Errorf("session %d is alive: %v", i, got)
		}
	}
	// A removed customer has no cut-off to fold into.
	must(t, db.Remove(bg, ada.ID, time.Hour))
	for i := range 3 {
		blacklist(t, db, core.Family{Listed: true, Ours: true, Bits: uint64(i), Start: start + int64(i)*minute}, ada.ID,
			1)
	}
	if s, err := db.Stats(bg); err != nil || s.Families != 3 {
		t.Errorf("%d families of a removed customer, %v, want 3", s.Families, err)
	}
}

// A log-out at the bound takes at most a few times as long as one with few revoked families.
func BenchmarkFold(b *testing.B) {
	for name, families := range map[string]int{"few": 10, "bound": 4096} {
		b.Run(name, func(b *testing.B) {
			db, _ := fresh(b)
			must(b, db.Impatient())
			ada := add(b, db, core.Integer(1), "ada")
			list := make([]core.Effect, families)
			for i := range list {
				list[i] = core.Effect{Kind: core.RevokeFamily,
					Family: core.FamilyKey{Customer: ada.ID, Bits: uint64(i)}, At: start + int64(i), Until: start/1000 +
						86400}
			}
			must(b, db.Settle(bg, core.Effects{List: list}))
			next := families
			for b.Loop() {
				blacklist(b, db, core.Family{Listed: true, Ours: true, Bits: uint64(next), Start: start + int64(next)},
					ada.ID, int64(families))
				next++
			}
		})
	}
}
