package fleet_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/store"
)

// What one node writes all know a moment later, each by its own way.
func TestFactsReachEverybody(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		one, two := w.edges[0], w.edges[1]
		w.addCustomer(7)
		w.sleep(time.Second)
		for _, n := range w.edges {
			if s := n.state(n.family(7, 1)); s.Customer.ID != core.Integer(7) {
				t.Fatalf("edge %d does not know the customer", n.number)
			}
		}
		k := one.family(7, 1)
		one.revoke(k)
		w.sleep(time.Second)
		for _, n := range []*node{w.hub, one, two} {
			if !n.state(k).Family.Dead {
				t.Errorf("node %d does not know of the log-out", n.number)
			}
		}
		w.must(w.hub.db.Revoke(w.ctx, core.Integer(7)))
		w.must(w.hub.hub.Confirmed(w.ctx))
		w.sleep(time.Second)
		if s := two.state(two.family(7, 9)); s.CutOff == 0 {
			t.Error("an edge does not know the cut-off")
		}
	})
}

// A far edge sends what it wrote next before the hub has acknowledged the first, and edges hear of a commit at once.
func TestFactsDoNotWaitForEachOther(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		far, near := w.edges[0], w.edges[1]
		w.network.SetLink(far.number, fleettest.Link{Delay: 100 * time.Millisecond})
		list := []core.FamilyKey{far.family(7, 1), far.family(7, 2), far.family(7, 3)}
		for _, k := range list {
			far.revoke(k)
			w.sleep(10 * time.Millisecond)
		}
		w.sleep(95 * time.Millisecond)
		for i, k := range list {
			if !near.state(k).Family.Dead {
				t.Errorf("another edge does not know of log-out %d before the first is acknowledged", i)
			}
		}
	})
}

// The age of what an edge knows grows once it hears nothing, and falls when it has caught up.
func TestAge(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		if age := edge.edge.Age(); age > time.Second {
			t.Fatalf("the age of a connected edge is %v", age)
		}
		w.network.SetLink(edge.number, fleettest.Link{Dark: true})
		w.addCustomer(1)
		w.sleep(10 * time.Second)
		if age := edge.edge.Age(); age < 10*time.Second-time.Second/2 || age > 11*time.Second {
			t.Errorf("the age is %v after 10 s in the dark", age)
		}
		if err := edge.edge.Leased(); !errors.Is(err, fleet.ErrNoLease) {
			t.Errorf("Leased() = %v after the lease has run out", err)
		}
		w.network.SetLink(edge.number, fleettest.Link{})
		w.sleep(2 * time.Second)
		if age := edge.edge.Age(); age > time.Second {
			t.Errorf("the age is %v once it is back", age)
		}
		if s := edge.state(edge.family(1, 1)); s.Customer.ID != core.Integer(1) {
			t.Error("the edge has missed a customer")
		}
		if err := edge.edge.Leased(); err != nil {
			t.Errorf("Leased() = %v once it is back", err)
		}
		for _, text := range []string{`"fleet: the hub answers"`, "the hub does not answer", "answers again"} {
			if n := edge.said.times(text); n != 1 {
				t.Errorf("%s was logged %d times", text, n)
			}
		}
	})
}

// An edge says hello as soon as it has a link again, not half a second later.
func TestHearsOnceThereIsALink(t *testing.T) {
	inWorld(t, 3, settings, func(w *world) {
		w.hub.kill()
		w.sleep(2*time.Second + 10*time.Millisecond)
		w.hub.open()
		began := time.Now()
		w.hub.start()
		w.sleep(200 * time.Millisecond)
		for _, n := range w.edges {
			if heard := n.edge.Status().Edge.Heard; heard.Before(began) {
				t.Errorf("edge %d has heard nothing 0.2 s after the hub's start", n.number)
			}
		}
	})
}

// An edge whose clock is set issues nothing from that moment on: it does not take a hello to notice.
func TestClockIsSet(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		for _, by := range []time.Duration{time.Hour, -time.Hour, 0} {
			edge.skew.Store(int64(by))
			if err := edge.edge.Issues(); (err != nil) != (by != 0) {
				t.Errorf("the clock is off by %v: Issues() = %v", by, err)
			}
			w.sleep(10 * time.Second)
			if err := edge.edge.Issues(); (err != nil) != (by != 0) {
				t.Errorf("the clock is off by %v for 10 s: Issues() = %v", by, err)
			}
		}
	})
}

// Whatever a transport loses, repeats or delays, all stores are equal a second after the next hello.
func TestLossyTransport(t *testing.T) {
	inWorld(t, 3, settings, func(w *world) {
		for _, n := range w.edges {
			w.network.SetLink(n.number, fleettest.Link{Delay: 30 * time.Millisecond, Jitter: 200 * time.Millisecond,
				Lost: 300, Twice: 300})
		}
		var list []core.FamilyKey
		for i := range uint64(100) {
			n := w.edges[i%3]
			k := n.family(1, i)
			n.revoke(k)
			list = append(list, k)
			w.sleep(20 * time.Millisecond)
		}
		for _, n := range w.edges {
			w.network.SetLink(n.number, fleettest.Link{})
		}
		w.sleep(4 * time.Second)
		for _, n := range append(w.edges, w.hub) {
			for i, k := range list {
				if !n.state(k).Family.Dead {
					t.Fatalf("node %d does not know log-out %d", n.number, i)
				}
			}
		}
	})
}

// An edge that starts again goes on where it was, with its lease.
func TestRestart(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		k := edge.family(1, 1)
		w.sleep(100 * time.Millisecond) // no hello is on its way
		w.must(edge.advance(k, 0))
		edge.restart()
		w.sleep(2 * time.Second)
		if err := edge.edge.Leased(); err != nil {
			t.Errorf("Leased() = %v", err)
		}
		if g := w.hub.state(k).Family.Generation; g != 1 {
			t.Errorf("the hub knows generation %d", g)
		}
		w.hub.restart()
		w.sleep(2 * time.Second)
		w.must(edge.advance(k, 1))
		w.sleep(time.Second)
		if g := w.hub.state(k).Family.Generation; g != 2 {
			t.Errorf("the hub knows generation %d after its restart", g)
		}
		if age := edge.edge.Age(); age > time.Second {
			t.Errorf("the age is %v", age)
		}
	})
}

// What an edge advanced while it was cut off, and could not tell, is told under its next incarnation.
func TestAdvancesOfThePast(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		k := edge.family(1, 1)
		w.network.SetLink(edge.number, fleettest.Link{Dark: true})
		w.must(edge.advance(k, 0))
		edge.restart()
		w.sleep(time.Second)
		w.network.SetLink(edge.number, fleettest.Link{})
		w.sleep(8 * time.Second)
		if g := w.hub.state(k).Family.Generation; g != 1 {
			t.Errorf("the hub knows generation %d", g)
		}
		if err := edge.edge.Leased(); err != nil {
			t.Errorf("Leased() = %v", err)
		}
	})
}

// With durability at the hub an answer waits until the hub has what it rests on.
func TestConfirmed(t *testing.T) {
	s := settings
	s.Durability = fleet.AtHub
	inWorld(t, 1, s, func(w *world) {
		edge := w.edges[0]
		k := edge.family(1, 1)
		w.must(edge.advance(k, 0))
		w.must(edge.edge.Confirmed(w.ctx))
		if g := w.hub.state(k).Family.Generation; g != 1 {
			t.Errorf("the hub knows generation %d although it has confirmed", g)
		}
		w.network.SetLink(edge.number, fleettest.Link{Dark: true})
		w.must(edge.advance(k, 1))
		if err := edge.edge.Confirmed(w.ctx); !errors.Is(err, fleet.ErrUnanswered) {
			t.Errorf("Confirmed() = %v in the dark", err)
		}
	})
}

// Nodes ask each other, and only members answer.
func TestAskHome(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		one, two := w.edges[0], w.edges[1]
		two.answers(func(from uint16, request []byte) ([]byte, error) {
			if from != one.number {
				t.Errorf("node %d asks", from)
			}
			if string(request) == "no" {
				return nil, errors.New("I will not")
			}
			return append(request, '!'), nil
		})
		if b, err := one.edge.AskHome(w.ctx, two.number, []byte("hi")); string(b) != "hi!" || err != nil {
			t.Errorf("AskHome() = %q, %v", b, err)
		}
		refused := (*fleet.RefusedError)(nil)
		if _, err := one.edge.AskHome(w.ctx, two.number, []byte("no")); !errors.As(err, &refused) ||
			refused.Text != "I will not" {
			t.Errorf("AskHome() = %v", err)
		}
		if b, err := one.edge.AskHome(w.ctx, fleet.HubNumber, []byte("hub")); string(b) != "hub" || err != nil {
			t.Errorf("AskHome() = %q, %v", b, err)
		}
		if _, err := one.edge.AskHome(w.ctx, 99, nil); !errors.Is(err, fleet.ErrAway) {
			t.Errorf("AskHome() = %v of a number that nobody has", err)
		}
		two.kill()
		if _, err := one.edge.AskHome(w.ctx, two.number, nil); !errors.Is(err, fleet.ErrAway) {
			t.Errorf("AskHome() = %v of a node that is not running", err)
		}
	})
}

// A node that is told to leave knows nothing that counts from then on, and the hub has all that it wrote before it
// hears that. One that may stay after all is as before.
func TestLeave(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		k := edge.family(1, 1)
		w.sleep(2*time.Second + 10*time.Millisecond) // between two hellos
		status := func() fleet.MemberStatus {
			members, err := w.hub.db.Members(w.ctx)
			w.must(err)
			all := w.hub.hub.Status(members).Hub.Members
			return all[slices.IndexFunc(all, func(m fleet.MemberStatus) bool { return m.Number == edge.number })]
		}
		if err := edge.edge.Tells(); err != nil || edge.edge.Age() > time.Second || status().Left {
			t.Fatalf("before: Tells() = %v, age %v", err, edge.edge.Age())
		}
		w.hub.hub.Leave(edge.number, true)
		w.must(edge.advance(k, 0)) // it has not heard of it
		began := time.Now()
		for m := status(); !m.Left || m.Waiting > 0; m = status() {
			w.sleep(10 * time.Millisecond)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v until the hub knew", took)
		}
		if g := w.hub.state(k).Family.Generation; g != 1 {
			t.Errorf("the hub knows generation %d of what the node wrote before", g)
		}
		if err := edge.edge.Tells(); !errors.Is(err, fleet.ErrLeaving) || edge.edge.Age() != math.MaxInt64 {
			t.Errorf("Tells() = %v, age %v", err, edge.edge.Age())
		}
		if n := edge.said.times(fleet.ErrLeaving.Error()); n != 1 {
			t.Errorf("it says %d times that it leaves", n)
		}
		w.hub.hub.Leave(edge.number, false)
		w.sleep(2 * time.Second)
		if err := edge.edge.Tells(); err != nil || edge.edge.Age() > time.Second || status().Left {
			t.Errorf("after: Tells() = %v, age %v", err, edge.edge.Age())
		}
	})
}

// A hub that was restored vouches for nothing until each edge has told it what it forgot.
func TestHubRestored(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		one, two := w.edges[0], w.edges[1]
		w.addCustomer(1)
		w.sleep(time.Second)
		b, err := w.hub.db.Backup(w.ctx, nil)
		w.must(err)
		image := readAll(w, b)
		w.must(b.Close())
		k := one.family(1, 1)
		one.revoke(k)
		w.must(w.hub.db.Revoke(w.ctx, core.Integer(1)))
		w.addCustomer(2)
		w.sleep(2 * time.Second)
		cut := two.state(k).CutOff
		if cut == 0 {
			t.Fatal("the cut-off did not arrive")
		}
		two.kill()
		w.hub.kill()
		w.restore(w.hub, image)
		w.hub.open()
		w.hub.start()
		w.sleep(3 * time.Second)
		if w.hub.hub.Whole() || w.hub.hub.Age() != math.MaxInt64 {
			t.Error("the hub vouches although one edge has not told it anything")
		}
		if age := one.edge.Age(); age < 3*time.Second {
			t.Errorf("the age at an edge is %v while the hub vouches for nothing", age)
		}
		two.open()
		two.start()
		w.sleep(4 * time.Second)
		if !w.hub.hub.Whole() {
			t.Fatal("the hub is not whole although all have told it what they know")
		}
		for _, n := range []*node{w.hub, one, two} {
			s := n.state(k)
			if !s.Family.Dead || s.CutOff < cut {
				t.Errorf("node %d has forgotten a revocation: %+v", n.number, s)
			}
			if s := n.state(n.family(2, 1)); !s.Customer.ID.IsZero() {
				t.Errorf("node %d knows a customer whom the hub lost", n.number)
			}
		}
		for _, n := range w.edges {
			if age := n.edge.Age(); age > time.Second {
				t.Errorf("the age at edge %d is %v", n.number, age)
			}
			if err := n.edge.Leased(); err != nil {
				t.Errorf("edge %d: Leased() = %v", n.number, err)
			}
		}
		k = two.family(1, 5)
		w.must(two.advance(k, 0))
		w.sleep(time.Second)
		if g := w.hub.state(k).Family.Generation; g != 1 {
			t.Errorf("the restored hub knows generation %d", g)
		}
	})
}

// An edge that is behind by more than the log has takes a copy, and keeps what is its own.
func TestTooFarBehind(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		edge.kill()
		for i := range int64(20) {
			w.addCustomer(i + 1)
		}
		w.must(w.hub.db.TrimLog(w.ctx, w.hub.now().Add(time.Hour), 0))
		edge.open()
		k := edge.family(1, 1)
		w.must(edge.advance(k, 0))
		edge.start()
		w.sleep(3 * time.Second)
		if s := edge.state(edge.family(20, 1)); s.Customer.ID != core.Integer(20) {
			t.Error("the edge did not catch up")
		}
		if g := edge.state(k).Family.Generation; g != 1 {
			t.Errorf("the edge has forgotten its own advance: generation %d", g)
		}
		w.sleep(time.Second)
		if g := w.hub.state(k).Family.Generation; g != 1 {
			t.Errorf("the hub knows generation %d", g)
		}
		if c := edge.edge.Status().Edge.Copies; c != 1 {
			t.Errorf("it took %d copies", c)
		}
	})
}

// A node that was withdrawn is heard no more.
func TestWithdrawn(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		one, two := w.edges[0], w.edges[1]
		w.must(w.hub.db.UpdateMembers(w.ctx, func(have []store.Member) ([]store.Member, error) {
			for _, m := range have {
				if m.Number == one.number {
					m.Withdrawn = w.hub.now().UnixMicro()
					return []store.Member{m}, nil
				}
			}
			return nil, errors.New("no such member")
		}))
		k := one.family(1, 1)
		one.revoke(k)
		w.sleep(7 * time.Second)
		if w.hub.state(k).Family.Dead {
			t.Error("the hub takes what a withdrawn node says")
		}
		if age := one.edge.Age(); age < 5*time.Second {
			t.Errorf("the age at the withdrawn edge is %v", age)
		}
		if _, err := two.edge.AskHome(w.ctx, one.number, nil); err == nil {
			t.Error("a withdrawn node is asked")
		}
	})
}
