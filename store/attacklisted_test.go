package store_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// TestAttackListID: a log-in has one id.
func TestAttackListID(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada").ID
	listLogin(t, db, ada, 7, clock.ms.Load(), curl)
	list, _, err := db.Logins(bg, ada, 0, 1)
	must(t, err)
	id := list[0].ListID()
	for _, other := range []string{"\n" + id, id + "\n", id[:9] + "\r\n" + id[9:], id + "=", id + "==", " " + id,
		id[:21] + string(id[21]+1)} {
		if k, ok := store.ReadListID(other); ok {
			t.Errorf("%q is read as %+v, as %q is", other, k, id)
		}
	}
}

// TestAttackListedByEdge: a stolen edge tells of log-ins that never were. They neither reverse nor break the text
// around them, and the customer can end them.
func TestAttackListedByEdge(t *testing.T) {
	hub, edge := join(t, 1), chain{node: 4, incarnation: 5}
	ada := add(t, hub.DB, core.Integer(7), "ada@example.com").ID
	f := fact.Login{Family: core.FamilyKey{Customer: ada, Bits: 4<<33 | 1, Start: start}, Used: start,
		Until: start/1000 + 60, Agent: "Fire\u202efox\x1b[2J\u2028\u200b\u009b", Address: "192.0.2.0/24\r\n\u2066"}
	d, err := hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{edge.frame(t, f)}})
	must(t, err)
	list, _, err := hub.Logins(bg, ada, 0, 9)
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("Accept = %+v; listed are %+v", d, list)
	}
	if got, want := list[0].Client, (store.Client{Agent: "Firefox[2J", Address: "192.0.2.0/24"}); got != want {
		t.Errorf("the client is %q, want %q", got, want)
	}
}

// TestAttackUses: a flood of uses takes hardly more memory than MaxUses says, whatever a client calls itself.
func TestAttackUses(t *testing.T) {
	db, _ := fresh(t)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, c := range map[string]store.Client{
		"short": {},
		"long":  {Agent: strings.Repeat("x", store.MaxAgent), Address: "2001:db8:1::/48"},
		"cut":   {Agent: strings.Repeat("x", 1<<16)},
	} {
		before := heap()
		for i := range uint64(40_000) {
			db.UseLogin(store.NewLogin{Family: core.FamilyKey{Customer: core.Integer(int64(i)), Bits: i, Start: start},
				Until:  start/1000 + 60,
				Client: store.Client{Agent: strings.Clone(c.Agent), Address: c.Address}})
		}
		took := heap() - before
		if took > store.MaxUses*5/4 {
			t.Errorf("%s: uses take %d bytes, more than %d and a quarter", name, took, store.MaxUses)
		}
		must(t, db.FlushUses(bg))
	}
}
