package keys_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keys"
)

// Each node of a fleet signs with a key of its own, and all publish and check by one set. Private parts stay where they
// were made.
func TestFleet(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	f.readable()
	signers := f.signers()
	if signers[1] == signers[2] || signers[2] == signers[3] || signers[1] == signers[3] {
		t.Errorf("nodes share keys: %v", signers)
	}
	published := map[string]bool{}
	for number, n := range f.nodes {
		set, err := n.m.Published(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		published[string(set)] = true
		sealed, err := n.db.SealedKeys(t.Context())
		if err != nil || len(sealed) != 1 || sealed[0].ID != signers[number] || sealed[0].Node != number {
			t.Errorf("node %d holds %+v, %v", number, sealed, err)
		}
		private, err := n.m.Private(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		secret, err := private[signers[number]].MarshalPrivate()
		if err != nil {
			t.Fatal(err)
		}
		for _, request := range f.asked {
			if bytes.Contains(request, secret[36:68]) {
				t.Errorf("the private part of node %d left it", number)
			}
		}
	}
	if len(published) != 1 {
		t.Errorf("the nodes publish different sets: %v", published)
	}
}

// Whatever becomes of the keys of one node, another signs with the key with which it signed.
func TestSchedulesApart(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	before := f.signers()
	c := f.nodes[2].generate(f.nodes[2].m, keys.Generate{Activate: true})
	f.live(10 * time.Second)
	after := f.signers()
	if after[1] != before[1] || after[3] != before[3] || after[2] != c.Key.ID {
		t.Errorf("signers are %v, and were %v", after, before)
	}
	f.readable()
	for number, n := range f.nodes {
		n.now = f.now
		n.want(n.m, before[2], "verifying")
		n.want(n.m, before[1], "signing")
		n.want(n.m, before[3], "signing")
		n.want(n.m, c.Key.ID, "signing")
		if i := n.has(before[2]); i < 0 || n.ring(n.m).Set().Ends(i) == 0 {
			t.Errorf("at node %d the key that another took over from has no end", number)
		}
	}
	f.now = f.now.Add(4 * day)
	f.tick()
	for number, n := range f.nodes {
		n.now = f.now
		n.want(n.m, before[2], "gone")
		if n := len(n.ring(n.m).Set().Keys); n != 3 {
			t.Errorf("node %d has %d keys", number, n)
		}
	}
	f.readable()
}

// keys.rotate_every rotates the keys of each node by itself.
func TestRotatesInAFleet(t *testing.T) {
	f := newFleet(t, 2)
	for number := range f.nodes {
		f.run(number, func(c *keys.Config) { c.RotateEvery, c.PublishBefore = 30*day, 0 })
	}
	signed := map[uint16]map[string]bool{1: {}, 2: {}}
	for range 100 {
		f.live(8 * time.Second)
		f.readable()
		for number, kid := range f.signers() {
			signed[number][kid] = true
		}
		f.now = f.now.Add(day)
	}
	if len(signed[1]) != 4 || len(signed[2]) != 4 {
		t.Errorf("in 100 days %d keys signed at the hub and %d at the edge", len(signed[1]), len(signed[2]))
	}
}

// How long what an edge signs lives is known to all, be it by its own settings or by those of the hub.
func TestLifetimesInAFleet(t *testing.T) {
	for _, longer := range []uint16{1, 2} {
		f := newFleet(t, 2)
		f.live(10 * time.Second)
		f.run(longer, func(c *keys.Config) { c.Settings.RefreshTokenLifetime = 30 * day })
		for number, n := range f.nodes {
			if _, err := n.m.Start(t.Context()); err != nil {
				t.Fatal(number, err)
			}
		}
		f.ship()
		f.live(10 * time.Second)
		list, err := f.nodes[1].db.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if k.Node == 2 && k.Longest < int64(30*day/time.Second) {
				t.Errorf("with longer lifetimes at node %d the key of the edge has %d s", longer, k.Longest)
			}
		}
	}
}

// A planned withdrawal leaves the keys of an edge until what they signed has expired; those of a stolen one end at
// once.
func TestWithdraw(t *testing.T) {
	for _, stolen := range []bool{false, true} {
		f := newFleet(t, 2, 3)
		f.live(10 * time.Second)
		hub, signers := f.nodes[1], f.signers()
		ended, err := hub.m.Withdraw(t.Context(), 2, stolen)
		if err != nil || len(ended) != 1 || ended[0].ID != signers[2] {
			t.Fatalf("withdrawn: %+v, %v", ended, err)
		}
		f.ship()
		longest := core.DefaultSettings().RefreshTokenLifetime
		for _, after := range []time.Duration{0, longest, longest + 3*time.Minute} {
			at := f.now
			f.now = f.now.Add(after)
			for number, n := range f.nodes {
				reads := n.has(signers[2]) >= 0
				if want := !stolen && after <= longest; reads != want {
					t.Errorf("stolen %t: %v later node %d reads what the edge signed: %t", stolen, after, number, reads)
				}
			}
			f.now = at
		}
		if s := f.signers(); s[1] != signers[1] || s[3] != signers[3] {
			t.Errorf("signers: %v, and were %v", s, signers)
		}
		_, err = hub.m.Withdraw(t.Context(), 1, stolen)
		hub.refused(err, keys.ErrRefused, "no edge")
	}
}
