package store_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The hub judges what a node that is no authority says. Refused facts are named, all others count.
func TestAcceptJudges(t *testing.T) {
	at := fact.Stamp{Time: start * 1000, Node: 4}
	family := core.FamilyKey{Bits: 1}
	now := int64(start / 1000)
	ahead := "it is of a time that is still ahead"
	began := func(number uint64, at int64) core.FamilyKey { return core.FamilyKey{Bits: number<<33 | 1, Start: at} }
	listed := func(id, at, used, until int64) fact.Fact {
		k := core.FamilyKey{Customer: core.Integer(id), Bits: 1, Start: at}
		return fact.Login{Family: k, Used: used, Until: until}
	}
	advance := func(k core.FamilyKey, by uint16, sequence uint64) fact.Fact {
		return fact.AdvanceFamily{Family: k, Start: k.Start, Until: now + 60, Generation: 1, IssuedAt: start * 1000,
			Incarnation: 5, Sequence: sequence, Home: by}
	}
	for _, c := range []struct {
		name   string
		fact   fact.Fact
		reason string
	}{
		{"a revocation", fact.RevokeFamily{Family: family, Start: start, Until: now + 60}, ""},
		{"without a start", fact.RevokeFamily{Family: family, Until: now + 60}, ""},
		{"one just over", fact.RevokeFamily{Family: family, Start: start, Until: now - 3600}, ""},
		{"one that is over", fact.RevokeFamily{Family: family, Start: start, Until: now - 3601}, "it is over"},
		{"of a family that began after a cut-off", fact.RevokeFamily{Family: family, Start: start + 600_001,
			Until: now + 60}, ""},
		{"of a family to come", fact.RevokeFamily{Family: family, Start: start + 600_002, Until: now + 60}, ahead},
		{"a log-in", fact.LastLogin{ID: core.Integer(1), Made: at, At: start * 1000}, ""},
		{"one to come", fact.LastLogin{ID: core.Integer(1), Made: at, At: (start + 600_002) * 1000}, ahead},
		{"of a text", fact.LastLogin{ID: core.Text("ada"), Made: at, At: start * 1000},
			"it is about a customer of another kind: the store holds integers as ids"},
		{"an advance", advance(began(4, start), 4, 7), ""},
		{"made in another frame", advance(began(4, start), 4, 99), "it says that it was made in another frame"},
		{"made by another node", advance(began(4, start), 3, 7), "it says that node 3 made it"},
		{"away from home", advance(began(3, start), 4, 7), "the home of the family is node 3"},
		{"of a family without a home", advance(began(0, start), 4, 7), "the home of the family is node 1"},
		{"of an older family", advance(began(4, start-1), 4, 7), "the home of the family is node 1"},
		{"a listed log-in", listed(1, start, start, now+60), ""},
		{"one that is over by now", listed(1, 1, 1, 1), ""},
		{"one of somebody who does not exist", listed(99, start, start, now+60), ""},
		{"one that began after a cut-off", listed(1, start+600_001, start+600_001, now+60), ""},
		{"one that is to begin", listed(1, start+600_002, start, now+60), ahead},
		{"one that is to be used", listed(1, start, start+600_002, now+60), ahead},
		{"one that outlives all tokens", listed(1, start, start, now+100*366*86400+1), "no token lives for so long"},
		{"one of a text", fact.Login{Family: core.FamilyKey{Customer: core.Text("ada"), Start: start}, Used: start,
			Until: now + 60}, "it is about a customer of another kind: the store holds integers as ids"},
		{"lifetimes", fact.Lifetimes{Access: 60}, ""},
		{"a customer", fact.Customer{ID: core.Integer(1), Made: at, Stamp: at, Set: fact.Staff, Staff: true},
			"only the hub writes facts of the kind customer"},
		{"a cut-off", fact.CutOff{Subject: fact.ByID(core.Integer(1)), At: start},
			"only the hub writes facts of the kind cut_off"},
		{"a later cut-off", unread(t, byte(fact.CutOffKind), 2, 1), "only the hub writes facts of the kind cut_off"},
	} {
		hub, node := join(t, 1), chain{node: 4, incarnation: 5}
		must(t, hub.SetNode(bg, 1, start-1))
		var frames [][]byte
		for range 6 {
			frames = append(frames, node.frame(t))
		}
		frames = append(frames, node.frame(t, c.fact, revoked(9)))
		d, err := hub.Accept(bg, 4, store.Delivery{Frames: frames})
		must(t, err)
		reason := ""
		if len(d.Refused) == 1 {
			reason = d.Refused[0].Reason
			if d.Refused[0].Node != 4 || d.Refused[0].Position != (fact.Position{Incarnation: 5, Sequence: 7}) {
				t.Errorf("%s: Refused = %+v", c.name, d.Refused)
			}
		}
		if reason != c.reason || d.Applied != 7 {
			t.Errorf("%s: Accept = %+v, want the reason %q", c.name, d, c.reason)
		}
		if list := deadOf(t, hub, 10); len(list) == 0 || list[len(list)-1] != 9 {
			t.Errorf("%s: dead are %d, want also 9", c.name, list)
		}
	}
}

// What the hub accepts it passes on: all others apply it. So it does with a revocation that a newer program wrote.
func TestAcceptPassesOn(t *testing.T) {
	hub, edge := join(t, 1), join(t, 2)
	node := chain{node: 4, incarnation: 5}
	frame := node.frame(t, revoked(1), unread(t, byte(fact.RevokeFamilyKind), 3, 1, 2),
		unread(t, byte(fact.LastLoginKind), 2, 1), unread(t, 40, 1, 1))
	d, err := hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{frame}})
	must(t, err)
	wantDelivered(t, "Accept", d, store.Delivered{Applied: 1, Quarantined: 3})
	frames := hub.frames(t)
	wantDelivered(t, "Apply", apply(t, edge, frames...), store.Delivered{Applied: len(frames), Quarantined: 1})
	if list := deadOf(t, edge, 3); len(list) != 1 || list[0] != 1 {
		t.Errorf("dead are %d, want 1", list)
	}
}

// Frames are those of the node that sent them, which has a number; and nothing is judged by a clock that may be wrong.
func TestAcceptRefuses(t *testing.T) {
	hub := join(t, 1)
	node := chain{node: 4, incarnation: 5}
	d := store.Delivery{Frames: [][]byte{node.frame(t, revoked(1))}}
	for _, number := range []uint16{0, 3, fact.MaxNumber + 1} {
		_, err := hub.Accept(bg, number, d)
		wantErr(t, "Accept of another's frame", err, store.ErrInvalid)
	}
	d.Position = make([]byte, 1025)
	_, err := hub.Accept(bg, 4, d)
	wantErr(t, "Accept with a long position", err, store.ErrInvalid)
	d.Position = nil
	add(t, hub.DB, core.CustomerID{}, "ada")
	hub.clock.wrong.Store(-10 * 365 * 24 * time.Hour.Milliseconds())
	_, err = hub.Accept(bg, 4, d)
	wantErr(t, "Accept by a clock that is wrong", err, core.ErrClock)
	if got := apply(t, hub, d.Frames...); got.Applied != 1 {
		t.Errorf("Apply by a clock that is wrong = %+v", got)
	}
}
