package store_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// An address and an id that were given out twice are listed until they are given up.
func TestConflicts(t *testing.T) {
	a, b := alone(t, 1), alone(t, 2)
	add(t, a.DB, core.Integer(1), "ada")
	b.clock.ms.Add(1000)
	add(t, b.DB, core.Integer(1), "bea")
	add(t, b.DB, core.Integer(2), "ada")
	frames := b.frames(t)
	wantDelivered(t, "Apply", apply(t, a, frames...), store.Delivered{Applied: 2})
	list, err := a.Conflicts(bg, 10)
	must(t, err)
	if len(list) != 2 || list[0].Email != "ada" || list[0].Has.ID != core.Integer(1) ||
		list[0].Waits.ID != core.Integer(2) || list[1].Email != "" || list[1].Has.Email != "ada" ||
		list[1].Waits.ID != core.Integer(1) || list[1].Waits.Email != "bea" ||
		list[1].Waits.Made.Node != 2 {
		t.Errorf("Conflicts = %+v", list)
	}
	if s := stats(t, a); s.Parked != 1 || s.Contested != 1 {
		t.Errorf("Stats = %+v", s)
	}
	if list, err := a.Conflicts(bg, 1); len(list) != 1 || err != nil {
		t.Errorf("Conflicts(1) = %+v, %v", list, err)
	}
	must(t, a.SetPassword(bg, core.Integer(1), "new"))
	must(t, a.Remove(bg, core.Integer(2), time.Hour))
	if s := stats(t, a); s.Parked != 1 || s.Contested != 0 {
		t.Errorf("Stats = %+v", s)
	}
	wantDelivered(t, "Apply of the rest to the other", apply(t, b, a.frames(t)...), store.Delivered{Applied: 3})
	if c, err := b.Get(bg, core.Integer(1)); c.Email != "ada" || err != nil {
		t.Errorf("customer 1 = %+v, %v, want the first that was made", c, err)
	}
}
