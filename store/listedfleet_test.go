package store_test

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// An edge that takes over a copy has no log-ins to list but those in its outbox, of which the hub has not heard.
func TestAdoptListsTheOutbox(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	const heard, unheard = 2<<33 | 1, 2<<33 | 2
	listLogin(t, hub.DB, seven, 1, start, curl)
	listLogin(t, edge.DB, seven, heard, start+1, curl)
	sendUp(t, edge, hub)
	has := func(m *member, want ...uint64) {
		t.Helper()
		if bits, n := bitsOf(t, m.DB, seven, 0, 9); !slices.Equal(bits, want) || stats(t, m).Logins != n {
			t.Errorf("node %d lists %v and counts %d, want %v", m.Number(), bits, stats(t, m).Logins, want)
		}
	}
	adopt(t, edge, copyForEdge(t, hub), false)
	has(edge)
	listLogin(t, edge.DB, seven, unheard, start+2, curl)
	adopt(t, edge, copyForEdge(t, hub), false)
	has(edge, unheard)
	if refused := sendUp(t, edge, hub); len(refused) > 0 {
		t.Errorf("the hub refuses %+v", refused)
	}
	has(hub, unheard, heard, 1)
}

// A full outbox keeps nobody from logging in at an edge: the log-in is listed once there is room for its first refresh.
func TestFullOutboxListsLater(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	edge.config.MaxOutbox = 300
	edge.restart(t, nil)
	var err error
	for i := int64(0); err == nil && i < 20; i++ {
		err = edge.RaiseLifetimes(bg, core.Lifetimes{Access: 60 + i})
	}
	wantErr(t, "RaiseLifetimes", err, store.ErrOutboxFull)
	f := listLogin(t, edge.DB, seven, 2<<33|1, start, curl)
	refresh := func() error {
		edge.UseLogin(store.NewLogin{Family: f.Key("", seven), Until: start/1000 + 86400, Client: curl})
		return edge.FlushUses(bg)
	}
	if _, n := bitsOf(t, edge.DB, seven, 0, 9); n != 0 {
		t.Errorf("%d log-ins are listed without room", n)
	}
	wantErr(t, "FlushUses", refresh(), store.ErrOutboxFull)
	if n := store.UsesWaiting(edge.DB); n != 1 {
		t.Errorf("%d uses wait, want 1", n)
	}
	sendUp(t, edge, hub)
	must(t, edge.FlushUses(bg))
	sendUp(t, edge, hub)
	for name, m := range map[string]*member{"hub": hub, "edge": edge} {
		if bits, n := bitsOf(t, m.DB, seven, 0, 9); n != 1 || bits[0] != f.Bits {
			t.Errorf("the %s lists %v", name, bits)
		}
	}
}

// What an edge makes up fills lists up to their bounds, and ends nothing.
func TestMadeUpLogins(t *testing.T) {
	hub := join(t, 1)
	hub.config.MaxLogins = 1100
	hub.restart(t, nil)
	ada, bea := add(t, hub.DB, core.Integer(1), "ada"), add(t, hub.DB, core.Integer(2), "bea")
	real := listLogin(t, hub.DB, ada.ID, 1, start, curl)
	edge := chain{node: 4, incarnation: 5}
	const each = 1500
	for _, id := range []core.CustomerID{ada.ID, bea.ID, core.Integer(99)} {
		var facts []fact.Fact
		for i := range uint64(each) {
			k := core.FamilyKey{Customer: id, Bits: 4<<33 | i, Start: start + int64(i)}
			facts = append(facts, fact.Login{Family: k, Used: k.Start, Until: start/1000 + 2*86400, Agent: "made up"})
		}
		d, err := hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{edge.frame(t, facts...)}})
		must(t, err)
		if len(d.Refused) != 0 || d.Applied != 1 {
			t.Errorf("Accept = %+v", d)
		}
	}
	of := func(id core.CustomerID) int {
		_, n := bitsOf(t, hub.DB, id, 0, 0)
		return n
	}
	if a, b, nobody, all := of(ada.ID), of(bea.ID), of(core.Integer(99)), stats(t, hub).Logins; a > 1000 || b > 1000 ||
		a+b != all || all != 1100 || nobody != 0 {
		t.Errorf("listed are %d of ada, %d of bea, %d of nobody, %d in all, want 1100", a, b, nobody, all)
	}
	if s := state(t, hub.DB, ada.ID, real); s.Family.Dead || s.CutOff != 0 {
		t.Errorf("the log-in that is listed no longer has ended: %+v", s)
	}
	listLogin(t, hub.DB, ada.ID, 2, start+10_000, curl)
	must(t, hub.Revoke(bg, ada.ID))
	if n := of(ada.ID); n != 0 {
		t.Errorf("%d of ada are listed after log-out everywhere", n)
	}
}
