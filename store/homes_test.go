package store_test

import (
	"context"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// TestHome: the bits of a family name its home where they can.
func TestHome(t *testing.T) {
	const mark = 1000
	ada := core.Integer(7)
	began := func(number uint64, start int64) core.FamilyKey {
		return core.FamilyKey{Customer: ada, Bits: number<<33 | 5, Start: start}
	}
	for _, c := range []struct {
		name     string
		family   core.FamilyKey
		recorded uint16
		want     uint16
	}{
		{"began on node 3", began(3, mark+1), 0, 3},
		{"began on node 3, whoever advanced it", began(3, mark+1), 4, 3},
		{"began on the last node", began(1<<14-1, mark+1), 0, 1<<14 - 1},
		{"older than numbers", began(3, mark), 0, 0},
		{"older than numbers, advanced by node 4", began(3, mark), 4, 4},
		{"began on a single node", began(0, mark+1), 0, 0},
		{"began on a single node, advanced by node 4", began(0, mark+1), 4, 4},
		{"foreign", core.FamilyKey{Bits: 3<<33 | 5}, 0, 0},
		{"came from a foreign one, advanced by node 4", core.FamilyKey{Customer: ada, Bits: 3<<33 | 5}, 4, 4},
		{"of another issuer", core.FamilyKey{Issuer: "x", Bits: 3<<33 | 5, Start: mark + 1}, 0, 0},
	} {
		if got := store.Home(c.family, c.recorded, mark); got != c.want {
			t.Errorf("%s: home is %d, want %d", c.name, got, c.want)
		}
	}
}

// withdraw withdraws a member at the hub.
func withdraw(t testing.TB, hub *member, number uint16, cutOff int64, atHub bool) {
	t.Helper()
	must(t, hub.UpdateMembers(bg, func(have []store.Member) (write []store.Member, err error) {
		for _, m := range have {
			if m.Number == number {
				m.Withdrawn, m.CutOff, m.AtHub = start*1000, cutOff, atHub
				write = append(write, m)
			}
		}
		return write, nil
	}))
}

// Load says which node alone advances a family: at once after a change, at all nodes, and after a restart.
func TestHomeOfAFamily(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	foreign := core.Family{Listed: true, Bits: 2<<33 | 5, Start: start + 5}
	want := func(what string, homes map[core.Family]uint16) {
		t.Helper()
		for _, m := range []*member{hub, edge} {
			for range 2 { // also from memory
				for f, home := range homes {
					if s := state(t, m.DB, seven, f); s.Home != home || s.Number != m.Number() {
						t.Errorf("%s: at node %d the home of %+v is %d, want %d", what, m.Number(), f, s.Home, home)
					}
				}
			}
		}
	}
	want("in a fleet", map[core.Family]uint16{began(1, 1): 1, began(2, 1): 2, began(3, 1): 3, began(0, 1): 1,
		foreign: 1})
	withdraw(t, hub, 2, 0, false)
	followLog(t, edge, hub)
	want("while the edge is drained", map[core.Family]uint16{began(2, 1): 2})
	withdraw(t, hub, 2, 0, true)
	followLog(t, edge, hub)
	moved := map[core.Family]uint16{began(1, 1): 1, began(2, 1): 1, began(3, 1): 3}
	want("when the edge is gone", moved)
	hub.restart(t, nil)
	edge.restart(t, nil)
	want("after a restart", moved)
	advanceTo(t, hub, began(2, 1), 5)
	if all, _ := paged(t, 1<<20, generationsOf(hub, 1)); len(all) != 1 {
		t.Errorf("%d generations of the hub, want that of the family which has moved there", len(all))
	}
	must(t, hub.Leave(bg))
	if s := state(t, hub.DB, seven, began(3, 1)); s.Home != 0 || s.Number != 0 {
		t.Errorf("alone, the home is %d and the number %d", s.Home, s.Number)
	}
	if s := state(t, edge.DB, seven, core.Family{}); s.Home != 0 {
		t.Errorf("without a family, the home is %d", s.Home)
	}
}

// The cut-off of a node ends the families that it began, wherever they are shown, and no others. A decision that did
// not know it is in conflict.
func TestCutOffOfANode(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	old := state(t, hub.DB, seven, began(2, 1))
	withdraw(t, hub, 2, start+10, true)
	followLog(t, edge, hub)
	members, err := hub.Members(bg)
	must(t, err)
	at := members[1].CutOff
	foreign := core.Family{Listed: true, Bits: 2<<33 | 5, Start: start + 5}
	for _, m := range []*member{hub, edge} {
		for f, want := range map[core.Family]int64{began(2, 1): at, began(1, 1): 0, began(0, 1): 0, foreign: 0} {
			for range 2 {
				if s := state(t, m.DB, seven, f); s.CutOff != want {
					t.Errorf("the cut-off of %+v is %d, want %d", f, s.CutOff, want)
				}
			}
		}
		r, err := m.Revocations(bg, store.FieldID, clockOf(m), 10)
		if len(r.Numbers) != 1 || r.Numbers[0] != (store.NumberCutOff{Number: 2, At: at}) || err != nil {
			t.Errorf("Revocations = %+v, %v", r, err)
		}
	}
	reads := core.Reads{Customer: seven, CustomerVersion: old.Customer.Version, HasFamily: true,
		Family: began(2, 1).Key("", seven), CutOff: old.CutOff}
	wantErr(t, "Settle of what did not know the cut-off", hub.Settle(context.Background(), core.Effects{Reads: reads}),
		store.ErrConflict)
	reads.CutOff = at
	must(t, hub.Settle(bg, core.Effects{Reads: reads}))
}
