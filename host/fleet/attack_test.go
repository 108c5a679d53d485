package fleet_test

import (
	"bytes"
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store/fact"
)

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

// A thief says hellos that are huge, cut off, or of another form. The hub answers none, and keeps nothing of them.
func TestStolenEdgeSaysHugeHellos(t *testing.T) {
	stolen(t, func(w *world, thief *thief, sound *node) {
		good := fleet.HelloOf(thief.incarnation, fact.Position{}, 0, thief.now().UnixMicro(), false)
		more := bytes.Repeat([]byte("v"), 1<<20)
		rest := bytes.Clone(good[:len(good)-len("\x00\x05thief")]) // without its version
		long := append(append(bytes.Clone(rest), 0xff, 0xff), more[:0xffff]...)
		for name, body := range map[string][]byte{
			"a version of 64 KiB":      long,
			"1 MiB after the end":      append(bytes.Clone(good), more...),
			"cut off":                  good[:len(good)-1],
			"no incarnation":           append(make([]byte, 8), good[8:]...),
			"a version of no such end": append(bytes.Clone(rest), 0xff, 0xff),
			"empty":                    nil,
		} {
			if answer, refusal := thief.say(fleet.Hello, 2, 1, body); answer != nil || refusal == "" {
				t.Errorf("%s is answered by %x", name, answer)
			}
		}
		if _, refusal := thief.say(fleet.Hello, 2, 1, good); refusal != "" {
			t.Errorf("a good hello is refused: %s", refusal)
		}
		members, err := w.hub.db.Members(w.ctx)
		w.must(err)
		for _, m := range w.hub.hub.Status(members).Hub.Members {
			if len(m.Version) > 64 {
				t.Errorf("the hub keeps a version of %d bytes", len(m.Version))
			}
		}
		w.sound(sound)
	})
}
