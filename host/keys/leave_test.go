package keys_test

import (
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// A node that has left its fleet goes on signing with its own key. It checks what the others signed until that has
// expired, and does not take their keys for ones that sign.
func TestLeave(t *testing.T) {
	for _, number := range []uint16{1, 2} {
		f := newFleet(t, 2, 3)
		f.live(10 * time.Second)
		// The key of the hub is the younger one: it would take over from that of the edge.
		c, err := f.nodes[1].m.Generate(t.Context(), keys.Generate{ID: "of the hub", Activate: true})
		if err != nil {
			t.Fatal(err)
		}
		f.live(20 * time.Second)
		signers, n := f.signers(), f.nodes[number]
		if signers[1] != c.Key.ID {
			t.Fatalf("the hub signs with %s", signers[1])
		}
		if err := n.db.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := n.m.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.run(number, nil)
		n.now = f.now
		if s := n.started(n.m); s.Made || s.Signs.ID != signers[number] || !s.Signs.Here {
			t.Errorf("node %d starts with %+v, want its own key %s", number, s, signers[number])
		}
		if got := n.signer(n.m); got != signers[number] {
			t.Errorf("node %d signs with %s, want %s", number, got, signers[number])
		}
		list, err := n.m.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list.Keys {
			if k.ID != signers[number] && k.State == core.KeySigning {
				t.Errorf("node %d: a key of another node is %+v", number, k)
			}
		}
		_, err = n.m.Activate(t.Context(), signers[3], time.Time{})
		n.refused(err, keys.ErrRefused, "of a fleet that this node has left")
		if c, err := n.m.Retire(t.Context(), signers[3], false); err != nil || len(c.Warnings) > 0 {
			t.Errorf("node %d retires a key of another node: %v, %v", number, c.Warnings, err)
		}
		n.want(n.m, signers[3], "gone")
		other := signers[3-number]
		n.want(n.m, other, "verifying")
		f.now = f.now.Add(core.DefaultSettings().RefreshTokenLifetime)
		n.want(n.m, other, "verifying")
		f.now = f.now.Add(3 * time.Minute)
		n.want(n.m, other, "gone")
		n.want(n.m, signers[number], "signing")
	}
}

// The hub retires a key with which an edge signs if that is wanted, and names the edge.
func TestRetireKeyOfAnEdge(t *testing.T) {
	f := newFleet(t, 2)
	f.live(10 * time.Second)
	hub, kid := f.nodes[1], f.signers()[2]
	_, err := hub.m.Retire(t.Context(), kid, false)
	hub.refused(err, keys.ErrRefused, "signs at node 2, where nobody can log in")
	if c, err := hub.m.Retire(t.Context(), kid, true); err != nil || len(c.Warnings) != 1 ||
		c.Warnings[0] != "no key signs at node 2 now, and nobody can log in there" {
		t.Errorf("retired by force: %v, %v", c.Warnings, err)
	}
}

// Once an edge was withdrawn its key is said to verify until a date, at the hub and at other edges, and is retired
// without force. An edge that has left the fleet after that goes on signing with it.
func TestKeyOfAWithdrawnEdge(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	hub, kid := f.nodes[1], f.signers()[2]
	if err := hub.db.UpdateMembers(t.Context(), func(have []store.Member) ([]store.Member, error) {
		m := have[slices.IndexFunc(have, func(m store.Member) bool { return m.Number == 2 })]
		m.Withdrawn = f.now.UnixMicro()
		return []store.Member{m}, nil
	}); err != nil {
		t.Fatal(err)
	}
	ended, err := hub.m.Withdraw(t.Context(), 2, false)
	if err != nil || len(ended) != 1 || ended[0].State != core.KeyVerifying || !ended[0].Ends.After(f.now) {
		t.Errorf("withdrawn: %+v, %v", ended, err)
	}
	f.ship()
	for number, want := range map[uint16]string{1: "verifying", 2: "signing", 3: "verifying"} {
		f.nodes[number].now = f.now
		f.nodes[number].want(f.nodes[number].m, kid, want)
	}
	if err := f.nodes[2].db.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.nodes[2].want(f.nodes[2].m, kid, "signing")
	if c, err := hub.m.Retire(t.Context(), kid, false); err != nil || len(c.Warnings) != 0 {
		t.Errorf("retired: %v, %v", c.Warnings, err)
	}
}
