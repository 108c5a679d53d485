package fleet_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// thief has stolen edge 2: its link key, its store and its place in the network. Edge 3 is sound.
type thief struct {
	*node
	lane        lane.Edge
	incarnation uint64
	sequence    uint64
	previous    [32]byte
}

// stolen runs a test in a world whose edge 2 is a thief, and where customer 7 exists.
func stolen(t *testing.T, test func(w *world, thief *thief, sound *node)) {
	inWorld(t, 2, settings, func(w *world) {
		w.addCustomer(7)
		w.sleep(2 * time.Second)
		x := w.steal()
		test(w, x, w.edges[1])
	})
}

// steal has a thief take the place of edge 2.
func (w *world) steal() *thief {
	n := w.edges[0]
	at, err := n.db.Node(w.ctx)
	w.must(err)
	n.kill()
	return &thief{node: n, lane: w.network.Edge(n.number), incarnation: at.Incarnation + 1<<30}
}

// say sends an envelope to a node in the name of another, and returns the body of the answer, or why there is none.
func (x *thief) say(kind byte, from, to uint16, body []byte) ([]byte, string) {
	nonce := [16]byte{}
	_, _ = rand.Read(nonce[:])
	return x.send(kind, to, fleet.Seal(x.member.ID, x.key, kind, from, to, nonce, body))
}

// send sends a sealed envelope.
func (x *thief) send(kind byte, to uint16, raw []byte) ([]byte, string) {
	ctx, stop := context.WithTimeout(x.ctx, 3*time.Second)
	defer stop()
	var answer []byte
	var err error
	switch kind {
	case fleet.Frames:
		answer, err = x.lane.Send(ctx, raw)
	case fleet.Fetch, fleet.Generations:
		answer, err = x.lane.Fetch(ctx, raw)
	default:
		answer, err = x.lane.Ask(ctx, to, raw)
	}
	if err != nil {
		return nil, err.Error()
	}
	return fleet.Unseal(answer)
}

// frame is the next frame of the thief.
func (x *thief) frame(facts ...fact.Fact) []byte {
	x.Helper()
	x.sequence++
	f := fact.Frame{Node: x.number, Incarnation: x.incarnation, Sequence: x.sequence, Previous: x.previous,
		Made: x.now().UnixMicro(), Facts: facts}
	raw, err := f.Append(nil)
	x.must(err)
	x.previous = f.Hash()
	return raw
}

// write sends facts by every way that an edge has.
func (x *thief) write(facts ...fact.Fact) {
	x.Helper()
	if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(facts...))); refusal != "" {
		x.Logf("frames: %s", refusal)
	}
	for _, kind := range []byte{fleet.Facts, fleet.Offer} {
		x.say(kind, 2, 1, fleet.PageOf(nil, facts...))
	}
	x.sleep(time.Second)
}

// hello says hello.
func (x *thief) hello() string {
	_, refusal := x.say(fleet.Hello, 2, 1,
		fleet.HelloOf(x.incarnation, fact.Position{}, 0, x.now().UnixMicro(), false))
	return refusal
}

// alive fails where a node does not know a log-in to be alive.
func (w *world) alive(k core.FamilyKey, nodes ...*node) {
	w.Helper()
	for _, n := range nodes {
		s := n.state(k)
		if s.Family.Dead || s.CutOff >= k.Start || s.Customer.ID.IsZero() || !s.Customer.Active {
			w.Errorf("node %d: the log-in has ended: %+v", n.number, s)
		}
	}
}

// sound fails where the fleet does not go on without the thief: what a sound edge and the hub write must reach all.
func (w *world) sound(edge *node) {
	w.Helper()
	w.sleep(2 * time.Second)
	k := edge.family(7, 1001)
	edge.revoke(k)
	w.sleep(time.Second)
	if s := w.hub.state(k); !s.Family.Dead && s.CutOff < k.Start {
		w.Error("the hub does not know what a sound edge revoked")
	}
	for _, active := range []bool{false, true} {
		w.must(w.hub.db.SetActive(w.ctx, core.Integer(7), active))
		w.sleep(time.Second)
		if edge.state(k).Customer.Active != active {
			w.Error("a sound edge does not know what the hub changed")
		}
	}
	if err := edge.edge.Leased(); err != nil {
		w.Errorf("a sound edge: %v", err)
	}
	if age := edge.edge.Age(); age > time.Second {
		w.Errorf("a sound edge is %v old", age)
	}
}

// A thief signs envelopes and makes frames in the name of a sound edge, and of the hub.
func TestStolenEdgeSpeaksForAnother(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		k := sound.family(7, 1)
		dead := fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600}
		x.number = 3
		frame := x.frame(dead)
		x.number = 2
		for _, from := range []uint16{1, 3, 4, 0} {
			for kind, body := range map[byte][]byte{
				fleet.Frames: fleet.ListOf(frame), fleet.Facts: fleet.PageOf(nil, dead),
				fleet.Offer: fleet.PageOf(nil, dead), fleet.Generations: {0, 0, 0, 0},
				fleet.Hello: fleet.HelloOf(math.MaxUint64, fact.Position{}, 0, 0, true), fleet.Home: []byte("x"),
			} {
				if _, refusal := x.say(kind, from, 1, body); refusal == "" {
					t.Errorf("the hub answers kind %d in the name of node %d", kind, from)
				}
			}
		}
		if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(frame)); refusal == "" {
			t.Error("the hub takes a frame of node 3 from node 2")
		}
		w.sleep(time.Second)
		w.alive(k, w.hub, sound)
		w.sound(sound)
	})
}

// A thief shows what others have sent to it, and what it has sent before, again.
func TestStolenEdgeReplays(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		heard := make(chan []byte, 1)
		x.lane.Answer(func(_ context.Context, raw []byte) []byte {
			select {
			case heard <- bytes.Clone(raw):
			default:
			}
			return nil
		})
		ctx, stop := context.WithTimeout(w.ctx, time.Second)
		defer stop()
		var asked atomic.Int64
		w.hub.answers(func(_ uint16, request []byte) ([]byte, error) { asked.Add(1); return request, nil })
		_, _ = sound.edge.AskHome(ctx, 2, []byte("refresh token"))
		raw := <-heard
		for _, to := range []uint16{1, 3} {
			if _, refusal := x.send(fleet.Home, to, raw); refusal == "" {
				t.Errorf("node %d does what another asked of node 2", to)
			}
		}
		if asked.Load() != 0 {
			t.Error("the hub was asked in the name of a sound edge")
		}
		k := x.family(7, 5)
		dead := fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600}
		frame := x.frame(dead)
		before := w.hub.db.Head()
		for range 20 {
			x.say(fleet.Frames, 2, 1, fleet.ListOf(frame))
		}
		if n := len(w.logged(before, dead)); n != 1 {
			t.Errorf("a frame that came 20 times is %d times in the log", n)
		}
		w.sound(sound)
	})
}

// logged are the facts behind a place in the hub's log that equal one.
func (w *world) logged(after fact.Position, f fact.Fact) (list []fact.Fact) {
	w.Helper()
	frames, err := w.hub.db.Log(w.ctx, after, 64<<20)
	w.must(err)
	for _, raw := range frames {
		frame, err := fact.ParseFrame(raw)
		w.must(err)
		for _, x := range frame.Facts {
			if x == f {
				list = append(list, x)
			}
		}
	}
	return list
}

// A thief makes two frames of one number: whoever has the one never takes the other.
func TestStolenEdgeForksItsChain(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		one, two := x.family(7, 1), x.family(7, 2)
		dead := func(k core.FamilyKey) fact.Fact {
			return fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600}
		}
		first := x.frame(dead(one))
		if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(first)); refusal != "" {
			t.Fatal(refusal)
		}
		x.sequence, x.previous = 0, [32]byte{}
		if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(dead(two)))); refusal == "" {
			t.Error("the hub takes another first frame")
		}
		x.sequence, x.previous = 1, [32]byte{9}
		if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(dead(two)))); refusal == "" {
			t.Error("the hub takes a frame that follows another one")
		}
		w.sleep(time.Second)
		w.alive(two, w.hub, sound)
		if !sound.state(one).Family.Dead {
			t.Error("the first frame did not arrive")
		}
		w.sound(sound)
	})
}

// withdraw withdraws a node as stolen.
func (w *world) withdraw(number uint16) {
	w.Helper()
	w.must(w.hub.db.UpdateMembers(w.ctx, func(have []fact.Member) ([]fact.Member, error) {
		for _, m := range have {
			if m.Number == number {
				m.Withdrawn, m.CutOff, m.AtHub = w.hub.now().UnixMicro(), w.hub.now().UnixMilli(), true
				return []fact.Member{m}, nil
			}
		}
		return nil, store.ErrNotFound
	}))
}

// A thief signs a log of its own, and a transport that helps it shows that to all.
func TestStolenEdgePublishes(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		k := sound.family(7, 1)
		x.number = 1
		x.incarnation, x.sequence = w.hub.db.Head().Incarnation, w.hub.db.Head().Sequence
		raw := x.frame(fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600})
		x.number = 2
		at, err := w.hub.db.Node(w.ctx)
		w.must(err)
		body := fleet.BatchOf(at.Epoch, w.hub.db.Head(), raw)
		evil := w.network.Hub()
		for _, from := range []uint16{1, 2} {
			w.must(evil.Publish(fleet.Seal(x.member.ID, x.key, fleet.Log, from, 0, [16]byte{}, body)))
			x.say(fleet.Log, from, 3, body)
		}
		w.sleep(100 * time.Millisecond)
		w.alive(k, sound)
		w.hub.restart()
		w.sleep(2 * time.Second)
		w.alive(k, sound, w.hub)
		w.sound(sound)
	})
}

// A thief answers what others asked of somebody else.
func TestStolenEdgeAnswersForAnother(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		as := uint16(1)
		x.lane.Answer(func(_ context.Context, raw []byte) []byte {
			return fleet.Seal(x.member.ID, x.key, fleet.Home|fleet.Answered, as, 3, fleet.Nonce(raw), []byte("\x00yes"))
		})
		for _, as = range []uint16{1, 3} {
			if answer, err := sound.edge.AskHome(w.ctx, 2, []byte("x")); err == nil {
				t.Errorf("an answer in the name of node %d counts: %q", as, answer)
			}
		}
		as = 2
		if answer, err := sound.edge.AskHome(w.ctx, 2, []byte("x")); err != nil || string(answer) != "yes" {
			t.Errorf("AskHome() = %q, %v", answer, err)
		}
		w.sound(sound)
	})
}

// A transport that helps a thief answers hellos and frames of a sound edge itself, so that this takes its frames for
// acknowledged, the hub for restored, or itself for fenced.
func TestStolenEdgeAnswersForTheHub(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		evil := w.network.Hub()
		lie := func(k byte, body []byte) func(context.Context, uint16, []byte) []byte {
			return func(_ context.Context, from uint16, raw []byte) []byte {
				return fleet.Seal(x.member.ID, x.key, k|fleet.Answered, 1, from, fleet.Nonce(raw), body)
			}
		}
		far := fact.Position{Incarnation: math.MaxUint64, Sequence: math.MaxUint64}
		w.must(evil.Serve(lane.Handler{Send: lie(fleet.Frames, fleet.AcceptedOf(far)),
			Fetch: lie(fleet.Fetch, []byte{0, 1}), Ask: lie(fleet.Hello, fleet.WelcomeOf(99, far, true))}))
		k := sound.family(7, 1)
		sound.revoke(k)
		w.sleep(10 * time.Second)
		s := sound.edge.Status()
		if s.Edge.Fenced || s.Edge.Acked != (fact.Position{}) && s.Edge.Acked.Incarnation == math.MaxUint64 {
			t.Errorf("a sound edge believes it: %+v", s.Edge)
		}
		w.hub.restart()
		w.sleep(5 * time.Second)
		if !w.hub.state(k).Family.Dead {
			t.Error("the hub never heard of a revocation, although the edge was told so")
		}
		w.sound(sound)
	})
}

// A thief asks for what others are the home of, and for what there is not.
func TestStolenEdgeReads(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		k := sound.family(7, 1)
		w.must(sound.advance(k, 0))
		w.sleep(time.Second)
		body, refusal := x.say(fleet.Generations, 2, 1, []byte{0, 0, 0, 0})
		if facts, ok := fleet.FactsOf(body); refusal != "" || !ok || len(facts) != 0 {
			t.Errorf("generations: %v %s", facts, refusal)
		}
		for name, body := range map[string][]byte{"nothing": nil, "half a place": {1, 2}, "more": make([]byte, 100)} {
			for _, kind := range []byte{fleet.Fetch, fleet.Hello, fleet.Frames, fleet.Offer, fleet.Facts} {
				if _, refusal := x.say(kind, 2, 1, body); refusal == "" {
					t.Errorf("%s: kind %d is answered", name, kind)
				}
			}
		}
		far := fleet.PlaceOf(math.MaxUint32, fact.Position{Incarnation: math.MaxUint64, Sequence: math.MaxUint64})
		if body, refusal := x.say(fleet.Fetch, 2, 1, far); refusal != "" || len(body) == 0 || body[0] != 1 {
			t.Errorf("a place that never was: %x %s", body, refusal)
		}
		w.sound(sound)
	})
}

// A thief asks the hub for calls that there are not, of any size.
func TestStolenEdgeCalls(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		for _, body := range [][]byte{nil, {0}, {255}, bytes.Repeat([]byte{16}, 1<<20)} {
			if _, refusal := x.say(fleet.Call, 2, 1, body); refusal == "" {
				t.Errorf("a call of %d bytes is answered", len(body))
			}
		}
		for kind := range 256 {
			if k := byte(kind); k != fleet.Home && k != fleet.Call {
				_, refusal := x.say(k, 2, 1, []byte{byte(kind)})
				if refusal == "" {
					t.Errorf("kind %d is answered", kind)
				}
			}
		}
		if n := len(w.hub.hub.Status(nil).Refusals); n > 65 {
			t.Errorf("the hub remembers %d reasons", n)
		}
		w.sound(sound)
	})
}

// Nothing that a thief sends counts once it was withdrawn, at the hub or at another edge.
func TestStolenEdgeIsWithdrawn(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		old := fact.RevokeFamily{Family: x.family(7, 50), Start: x.now().UnixMilli(), Until: x.now().Unix() + 3600}
		w.withdraw(2)
		w.sleep(time.Second)
		k := sound.family(7, 1)
		dead := fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600}
		for kind, body := range map[byte][]byte{fleet.Frames: fleet.ListOf(x.frame(dead)),
			fleet.Facts: fleet.PageOf(nil, dead), fleet.Offer: fleet.PageOf(nil, dead),
			fleet.Fetch: fleet.PlaceOf(0, fact.Position{}), fleet.Generations: {0, 0, 0, 0}, fleet.Home: []byte("x"),
			fleet.Hello: fleet.HelloOf(x.incarnation, fact.Position{}, 0, 0, false), fleet.Call: {1}} {
			answer, refusal := x.say(kind, 2, 1, body)
			if refusal == "" && !(kind == fleet.Hello && fleet.IsDismissal(answer)) {
				t.Errorf("kind %d is answered: %x", kind, answer)
			}
		}
		if _, refusal := x.say(fleet.Home, 2, 3, []byte("x")); refusal == "" {
			t.Error("a sound edge answers a node that was withdrawn")
		}
		w.sleep(8 * time.Second)
		w.alive(k, w.hub, sound)
		if s := sound.state(old.Family); s.CutOff < old.Start {
			t.Errorf("log-ins of the stolen edge are alive: %+v", s)
		}
		w.sound(sound)
	})
}
