package keys_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
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

// What a node signed with before it became the hub goes on there, and is rotated there.
func TestKeysFromBeforeTheFleet(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	old := w.started(m).Signs.ID
	if err := w.db.Found(t.Context(), membership); err != nil {
		t.Fatal(err)
	}
	if s := w.started(m); s.Signs.ID != old || s.Made {
		t.Errorf("the hub signs with %+v", s)
	}
	c := w.generate(m, keys.Generate{Activate: true})
	w.want(m, old, "signing")
	w.now = w.now.Add(keys.KnownWithin())
	w.want(m, old, "verifying")
	w.want(m, c.Key.ID, "signing")
	if c.Key.Node != 1 {
		t.Errorf("the new key is of node %d", c.Key.Node)
	}
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

// A secret that signs or still checks tokens keeps a node out of a fleet, and so do settings that have no kid.
func TestCheckFleet(t *testing.T) {
	ring := func(algorithm string) *keyring.Ring {
		r, err := keyring.Generate(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, c := range map[string]struct {
		change func(*keys.Config)
		says   string // "": it may
	}{
		"key pair":           {nil, ""},
		"SIGNING_KEY":        {func(c *keys.Config) { c.Configured = ring("ES256") }, "is configured, for ES256"},
		"secret SIGNING_KEY": {func(c *keys.Config) { c.Configured = ring("HS256") }, "is configured, for HS256"},
		"exact":              {func(c *keys.Config) { c.Settings.Wire = core.Exact }, "wire: exact writes no kid"},
		"ALGORITHM":          {func(c *keys.Config) { c.Algorithm = "HS512" }, "ALGORITHM is HS512"},
	} {
		w := newWorld(t)
		m := w.manager(c.change)
		w.started(m)
		if err := m.CheckFleet(t.Context()); c.says == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.says != "" {
			w.refused(err, keys.ErrRefused, c.says)
		}
	}

	w := newWorld(t)
	m := w.manager(nil)
	w.started(m)
	secret := w.generate(m, keys.Generate{Algorithm: "HS256", Activate: true}).Key.ID
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "key "+secret+" signs, for HS256")
	w.now = w.now.Add(time.Hour)
	w.generate(m, keys.Generate{Algorithm: "ES256", Activate: true})
	until := w.now.Add(core.DefaultSettings().RefreshTokenLifetime + time.Minute)
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "checks tokens until "+until.UTC().Format(time.RFC3339))
	w.now = until
	if err := m.CheckFleet(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.db.Found(t.Context(), membership); err != nil {
		t.Fatal(err)
	}
	w.started(m)
	for _, i := range []keys.Import{
		{Text: bytes.Repeat([]byte("secret42"), 8), SecretKey: true},
		{Text: []byte(`{"kty":"oct","alg":"HS256","k":"` + strings.Repeat("abcd", 16) + `"}`)},
	} {
		_, err := m.Import(t.Context(), i)
		w.refused(err, keys.ErrRefused, "do not share")
	}
	_, err := w.manager(func(c *keys.Config) { c.Settings.Wire = core.Exact }).Start(t.Context())
	w.refused(err, keys.ErrRefused, "wire: exact")
}
