package main

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
)

// traffic ends log-ins at nodes, so many in a second, until stop, which says how many were answered in a second. Each
// is a fact that goes up from an edge, down from the hub, and to every other edge. It begins with log-ins made ready.
func (f *fleetOf) traffic(rate int, at ...*fleetNode) (stop func() float64) {
	const ready, clients = 20_000, 16
	tokens, due, done := make(chan pair, ready), make(chan struct{}, clients), make(chan struct{})
	go func() {
		for {
			select {
			case tokens <- f.logIn():
			case <-done:
				return
			}
		}
	}()
	for len(tokens) < min(ready, 20*rate) {
		time.Sleep(10 * time.Millisecond)
	}
	var answered atomic.Int64
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for range due {
				at[i%len(at)].revokes(<-tokens)
				answered.Add(1)
			}
		})
	}
	began := time.Now()
	all.Go(func() {
		defer close(due)
		for n := 0; ; n++ {
			time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate))))
			select {
			case due <- struct{}{}:
			case <-done:
				return
			}
		}
	})
	return func() float64 {
		n := answered.Load()
		took := time.Since(began)
		close(done)
		all.Wait()
		return float64(n) / took.Seconds()
	}
}

// revokeRows end log-ins at one edge and ask the other until it refuses them, beside other facts.
func revokeRows(lane string, s fleetSizes) (rows []row) {
	f := newFleet(lane, s.staleness, fleetCustomers, nil)
	defer f.stop()
	a, b := f.started(false), f.started(false)
	stop := f.traffic(s.rate, f.hub, a)
	time.Sleep(time.Second)
	var sent, answered durations
	for range s.revocations {
		p := f.logIn()
		began := time.Now()
		a.revokes(p)
		done := time.Now()
		b.until("refuses", func() bool { return b.refused(p.Access) })
		refused := time.Now()
		sent, answered = append(sent, refused.Sub(began)), append(answered, refused.Sub(done))
		time.Sleep(10 * time.Millisecond)
	}
	flowed := stop()
	rows = append(rows, atMost("revoked at A, refused at B, 99 of 100", milliseconds(sent.within(0.99)), 50, "ms",
		fmt.Sprintf("%v; since the answer of A: %v; beside %.0f facts/s", sent, answered, flowed)))
	return append(rows, bundleRow(f, a, b, s))
}

// bundleRow ends log-ins at one edge and fetches the trust bundle of the other until it says so.
func bundleRow(f *fleetOf, a, b *fleetNode, s fleetSizes) row {
	const polling = 100 * time.Millisecond
	var took durations
	for range max(s.revocations/10, 3) {
		p := f.logIn()
		opened := f.opened(p.Access)
		family := opened.Family()
		name := bundle.Family(family.Bits, family.Start, family.Ours)
		began := time.Now()
		a.revokes(p)
		for tick := time.NewTicker(polling); !f.bundled(b, name); <-tick.C {
		}
		took = append(took, time.Since(began))
	}
	return atMost("revoked at A, in the trust bundle of B, polled each 0.1 s, the longest", took.within(1).Seconds(),
		1.1, "s", took.String())
}

// bundled reports whether the trust bundle of a node says that a family has ended.
func (f *fleetOf) bundled(n *fleetNode, name uint64) bool {
	a := n.get("/.well-known/edgetoken-bundle", "")
	parts := strings.Split(strings.TrimSpace(string(a.body)), ".")
	if a.status != 200 || len(parts) != 3 {
		check(fmt.Errorf("no trust bundle: %d %s", a.status, a.body))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	check(err)
	b, ok := bundle.Read(payload)
	return ok && slices.Contains(b.Families, name)
}

// farDelay and farJitter are those of far edges, each way.
const farDelay, farJitter = 30 * time.Millisecond, 10 * time.Millisecond

// hundredRows end log-ins at one of a hundred far edges until all others refuse them: one process, and edges in this
// one.
func hundredRows(lane string, s fleetSizes) []row {
	members := newMemberEdges(s.edges)
	f := newFleet(lane, s.staleness, fleetCustomers, members)
	defer f.stop()
	defer members.stop()
	a, b := f.started(true), f.started(true)
	f.delayed(farDelay, farJitter)
	began := time.Now()
	members.start(f, true, s.staleness)
	if _, n := members.wait(began, time.Minute); n < s.edges {
		check(fmt.Errorf("%d of %d edges have not connected", s.edges-n, s.edges))
	}
	stop := f.traffic(s.rate/10, f.hub, a)
	var took durations
	for range s.revocations / 2 {
		p := f.logIn()
		o := f.opened(p.Access)
		began := time.Now()
		a.revokes(p)
		took = append(took, f.refusedEverywhere(b, members, p, o, began)...)
	}
	note := fmt.Sprintf("%v, by %d revocations; beside %.0f facts/s", took, s.revocations/2, stop())
	name := fmt.Sprintf("revoked at one of %d edges, 30±10 ms each way, refused at all", s.edges+2)
	return []row{atMost(name+", 99 of 100", milliseconds(took.within(0.99)), 400, "ms", note),
		atMost(name+", the longest", milliseconds(took.within(1)), 1000, "ms", "")}
}

// refusedEverywhere waits until a node and all edges of this process refuse a log-in, and gives how long each took.
func (f *fleetOf) refusedEverywhere(n *fleetNode, members *memberEdges, p pair, o core.Opened, began time.Time) (
	took durations) {
	var both sync.WaitGroup
	var at time.Time
	both.Go(func() {
		n.until("refuses", func() bool { return n.refused(p.Access) })
		at = time.Now()
	})
	for _, at := range members.refused(o) {
		took = append(took, at.Sub(began))
	}
	both.Wait()
	return append(took, at.Sub(began))
}
