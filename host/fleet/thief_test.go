package fleet_test

import (
	"context"
	"crypto/rand"
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
	case fleet.Frames, fleet.Hello:
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
