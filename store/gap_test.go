package store_test

import (
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// With KeepSessions new log-ins begin after the gap, also by a clock that is set back then. A second gap takes in the
// first while a log-in of that could be alive.
func TestGap(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.Integer(7), "ada@example.com")
	must(t, db.RaiseLifetimes(bg, core.Lifetimes{Access: 60, Refresh: 3600}))
	begin := func(db *store.DB, bits uint64) core.Family {
		s := state(t, db, ada.ID, core.Family{})
		f := core.Family{Listed: true, Ours: true, Bits: bits, Start: max(clock.now().UnixMilli(), s.CutOff+1)}
		must(t, db.Settle(bg, login(s, f.Start)))
		return f
	}
	again := func(db *store.DB) *store.DB {
		b := backUp(t, db)
		clock.ms.Add(1000)
		c := store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now, Elapsed: clock.elapsed}
		_, err := restore(c, b, store.Restoring{KeepSessions: true})
		must(t, err)
		return open(t, c)
	}
	alive := begin(db, 1)
	clock.ms.Add(1000)
	first := again(db)
	forgotten := begin(db, 2)
	clock.wrong.Store(-3600_000)
	set := begin(first, 3)
	clock.wrong.Store(0)
	if !lives(t, first, ada.ID, alive) || !lives(t, first, ada.ID, set) || lives(t, first, ada.ID, forgotten) {
		t.Error("not the right log-ins are alive after the first restore")
	}
	second := again(first)
	if !lives(t, second, ada.ID, alive) || lives(t, second, ada.ID, forgotten) {
		t.Error("not the right log-ins are alive after the second restore")
	}
	clock.ms.Add(3 * 24 * 3600 * 1000) // now nothing of the gap can be alive
	between := begin(second, 4)
	clock.ms.Add(1000)
	third := again(second)
	if !lives(t, third, ada.ID, between) || !lives(t, third, ada.ID, alive) {
		t.Error("a gap that is over was kept")
	}
}
