package keys_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keys"
)

// The other nodes know the first key of an edge before it signs.
func TestFirstKeyOfAnEdge(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.tick()
	f.tick()
	for range int(keys.KnownWithin() / time.Second) {
		if s := f.signers()[2]; s != "" {
			t.Errorf("%v: key %s signs as soon as it is published", f.now, s)
		}
		if n := len(f.nodes[3].ring(f.nodes[3].m).Set().Keys); n != 3 {
			t.Errorf("edge 3 knows %d keys", n)
		}
		f.now = f.now.Add(time.Second)
	}
	f.tick()
	f.readable()
}

// The commands work at an edge: what the hub alone may do is refused there, and nothing works while it is away.
func TestCommandsAtAnEdge(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	edge, signers := f.nodes[2], f.signers()
	_, err := edge.m.Activate(t.Context(), signers[3], time.Time{})
	edge.refused(err, keys.ErrRefused, "node 3 signs with key "+signers[3])
	_, err = edge.m.Retire(t.Context(), signers[3], true)
	edge.refused(err, keys.ErrRefused, "is of node 3")
	_, err = edge.m.Import(t.Context(), keys.Import{Text: []byte("x")})
	edge.refused(err, keys.ErrRefused, "only the hub imports keys")
	_, err = edge.m.Generate(t.Context(), keys.Generate{Algorithm: "HS256"})
	edge.refused(err, keys.ErrRefused, "only key pairs sign")
	_, err = edge.m.Root(t.Context())
	edge.refused(err, keys.ErrRefused, "only the hub has the root")
	_, err = edge.m.RotateRoot(t.Context())
	edge.refused(err, keys.ErrRefused, "only the hub has the root")
	_, err = edge.m.Withdraw(t.Context(), 3, true)
	edge.refused(err, keys.ErrRefused, "only the hub withdraws")
	if _, err := f.nodes[1].m.Retire(t.Context(), signers[3], false); !errors.Is(err, keys.ErrRefused) {
		t.Errorf("the hub retires the key with which an edge signs: %v", err)
	}

	next := edge.generate(edge.m, keys.Generate{})
	if next.Key.State != core.KeyPublished || next.Key.Node != 2 || !next.Key.Here {
		t.Errorf("made %+v", next.Key)
	}
	f.now = f.now.Add(time.Minute)
	if _, err := edge.m.Activate(t.Context(), next.Key.ID, time.Time{}); err != nil {
		t.Error(err)
	}
	if s := f.signers(); s[2] != next.Key.ID {
		t.Errorf("signers: %v", s)
	}
	f.readable()
	if _, err := edge.m.Retire(t.Context(), signers[2], false); err != nil {
		t.Error(err)
	}
	for _, n := range f.nodes {
		n.now = f.now
		n.want(n.m, signers[2], "gone")
	}
	if sealed, err := edge.db.SealedKey(t.Context(), signers[2]); sealed != nil || err != nil {
		t.Errorf("the private part of a retired key is still here: %v", err)
	}

	f.away = true
	if _, err := edge.m.Generate(t.Context(), keys.Generate{}); !errors.Is(err, errAway) {
		t.Errorf("without the hub: %v", err)
	}
	f.run(2, func(c *keys.Config) { c.AskHub = nil })
	_, err = edge.m.Generate(t.Context(), keys.Generate{})
	edge.refused(err, keys.ErrRefused, "start the node")
	if s := f.signers(); s[2] != next.Key.ID {
		t.Errorf("signers: %v", s)
	}
}

// An edge whose hub is away goes on with the keys that it has, asks again now and then, and starts without any.
func TestHubAway(t *testing.T) {
	f := newFleet(t, 2)
	f.away = true
	edge := f.nodes[2]
	for range 12 {
		f.now = f.now.Add(time.Second)
		if err := edge.m.Tick(t.Context()); err != nil && !errors.Is(err, errAway) {
			t.Fatal(err)
		}
	}
	if n := len(f.asked); n < 2 || n > 4 {
		t.Errorf("asked %d times in 12 s", n)
	}
	s := edge.started(edge.m)
	if s.Signs.ID != "" || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "issues no token") {
		t.Errorf("started: %+v", s)
	}
	if n := len(edge.ring(edge.m).Set().Keys); n != 1 {
		t.Errorf("the edge checks by %d keys", n)
	}
	f.away = false
	f.live(10 * time.Second)
	f.readable()
	f.away = true
	f.run(2, nil)
	if s := edge.started(edge.m); s.Signs.ID == "" || s.Made {
		t.Errorf("started without the hub: %+v", s)
	}
	f.readable()
}

// An edge that stops before the record of its new key has come down makes another.
func TestEdgeStopsEarly(t *testing.T) {
	f := newFleet(t, 2)
	edge := f.nodes[2]
	f.run(2, func(c *keys.Config) {
		c.AskHub = func(ctx context.Context, request []byte) ([]byte, error) {
			return f.nodes[1].m.AnswerPublish(ctx, 2, request) // the log comes later
		}
	})
	if err := edge.m.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.run(2, nil)
	f.ship()
	f.live(10 * time.Second)
	f.readable()
	if n := len(edge.ring(edge.m).Set().Keys); n != 3 {
		t.Errorf("there are %d keys", n)
	}
}
