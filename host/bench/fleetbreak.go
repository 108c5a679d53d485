package main

import (
	"fmt"
	"math"
	"time"
)

// frozenRows freeze the flows between the hub and its edges, and at once end a log-in at the hub.
func frozenRows(lane string, s fleetSizes) []row {
	members := newMemberEdges(s.frozen)
	f := newFleet(lane, s.staleness, fleetCustomers, members)
	defer f.stop()
	defer members.stop()
	b := f.started(true)
	began := time.Now()
	members.start(f, true, s.staleness)
	members.wait(began, time.Minute)
	var took durations
	for range 3 {
		time.Sleep(11 * time.Second) // links that have lasted are dialled again at once
		p := f.logIn()
		o := f.opened(p.Access)
		for _, proxy := range f.proxies {
			proxy.Freeze()
		}
		began := time.Now()
		f.hub.revokes(p)
		took = append(took, f.refusedEverywhere(b, members, p, o, began)...)
	}
	return []row{atMost(fmt.Sprintf("the flows of %d edges freeze: heard again, the longest", s.frozen+1),
		took.within(1).Seconds(), 2, "s", took.String())}
}

// downRows kill the hub and watch an edge: checks and refreshes of its own log-ins go on, until all is 503 once what it
// knows is too old.
func downRows(lane string, s fleetSizes) []row {
	f := newFleet(lane, s.staleness, fleetCustomers, nil)
	defer f.stop()
	b := f.started(false)
	var p pair
	b.until("logs in", func() (ok bool) { p, ok = b.logsIn(); return ok })
	time.Sleep(time.Second)
	f.hub.kill()
	began := time.Now()
	asked, other := 0, 0
	for {
		a := b.get("/auth/check/", p.Access)
		if a.status == 503 && a.reason == "stale" {
			break
		}
		next, status := b.refreshes(p.Refresh)
		if asked++; a.status != 200 || status != 200 {
			if status == 503 && time.Since(began) > s.staleness-time.Second {
				continue // it has become stale between the two
			}
			other++
			continue
		}
		p = next
		time.Sleep(20 * time.Millisecond)
	}
	stale := time.Since(began)
	f.hub.start()
	began = time.Now()
	b.until("works again", func() bool { return b.get("/auth/check/", p.Access).status == 200 })
	back := time.Since(began)
	note := fmt.Sprintf("503 stale after %.2f s, with a staleness of %v; until then %d checks and refreshes, of which "+
		"%d were not answered well", stale.Seconds(), s.staleness, asked, other)
	off := math.Abs((stale - s.staleness).Seconds())
	return []row{
		atMost("the hub is killed: off the second at which an edge is stale", off, 1, "s", note),
		{Name: "the hub starts again: until the stale edge answers", Ours: back.Seconds(), Unit: "s", Allocations: -1},
	}
}

// thousandRows connect many edges, measure the hub, kill it and start it again.
func thousandRows(lane string, s fleetSizes) (rows []row) {
	members := newMemberEdges(s.many)
	f := newFleet(lane, s.staleness, fleetCustomers, members)
	defer f.stop()
	defer members.stop()
	alone := anonymous(f.hub.pid())
	began := time.Now()
	members.start(f, false, s.staleness)
	took, n := members.wait(began, time.Minute)
	note := fmt.Sprintf("%d of %d have connected in %.1f s; %.0f MiB before", n, s.many, took.Seconds(), alone)
	most, last := 0.0, 0.0
	for range 100 {
		time.Sleep(200 * time.Millisecond)
		last = anonymous(f.hub.pid())
		most = max(most, last)
	}
	held := members.heard(time.Now().Add(-2 * time.Second))
	rows = append(rows, atMost(fmt.Sprintf("anonymous memory of the hub, %d edges, the most in 20 s", s.many),
		most*(1<<20)/1e6, 100, "MB", fmt.Sprintf("%s; %d hear within 2 s of the last of them; at the end %.0f MB",
			note, held, last*(1<<20)/1e6)))
	f.hub.kill()
	f.hub.start()
	took, n = members.wait(time.Now(), 30*time.Second)
	note = fmt.Sprintf("%d of %d", n, s.many)
	return append(rows, atMost(fmt.Sprintf("kill -9 of a hub with %d edges: all back after its start", s.many),
		took.Seconds(), 3, "s", note))
}
