package fleet_test

import (
	"bytes"
	"context"
	"math"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/store/fact"
)

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
