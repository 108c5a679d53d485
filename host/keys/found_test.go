package keys_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// A former edge that founds a fleet signs with a new key. That with which it signed as an edge goes once what it signed
// has expired, and then the store drops its private part.
func TestFormerEdgeFounds(t *testing.T) {
	f := newFleet(t, 2)
	f.live(10 * time.Second)
	n, old := f.nodes[2], f.signers()[2]
	for _, step := range []func() error{
		func() error { return n.db.Leave(t.Context()) }, func() error { return n.m.Leave(t.Context()) },
		func() error { return n.db.Found(t.Context(), membership) }, func() error { return n.m.Found(t.Context()) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	f.run(2, nil)
	n.now = f.now
	if s := n.started(n.m); !s.Made || s.Signs.ID == old || !s.Signs.Here {
		t.Errorf("it starts with %+v", s)
	}
	n.want(n.m, old, "verifying")
	f.now = f.now.Add(core.DefaultSettings().RefreshTokenLifetime)
	n.want(n.m, old, "verifying")
	f.now = f.now.Add(3 * time.Minute)
	n.want(n.m, old, "gone")
}
