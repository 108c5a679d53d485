package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// millionRows have an edge join a hub with a million customers, and then miss a million facts.
func millionRows(_ string, s fleetSizes) []row {
	f := newFleet("nats", s.staleness, s.customers, nil)
	defer f.stop()
	p := f.logIn()
	began, worked := time.Now(), f.hub.worked()
	e := f.edge(false)
	joined := time.Since(began)
	e.start()
	e.until("answers a check", func() bool { return e.get("/auth/check/", p.Access).status == 200 })
	answers := time.Since(began)
	e.until("logs in", func() bool { _, ok := e.logsIn(); return ok })
	logsIn := time.Since(began)
	join := atMost(fmt.Sprintf("a new edge with %d customers: from join until it checks", s.customers),
		answers.Seconds(), 15, "s", fmt.Sprintf("fleet join took %.1f s; it logs in after %.1f s; a store of %d MiB; "+
			"the hub worked for %.1f s", joined.Seconds(), logsIn.Seconds(), fileSize(e.store())>>20,
			(f.hub.worked()-worked).Seconds()))

	e.end()
	f.hub.end()
	before := fileSize(f.hub.store())
	f.writes(s.facts, s.staleness)
	f.hub.start()
	f.hub.ready()
	began = time.Now()
	e.start()
	done := make(chan struct{})
	memory := watchAnonymous(e, done)
	e.ready()
	took := time.Since(began)
	worked = e.worked()
	close(done)
	return []row{join, atMost(fmt.Sprintf("an edge that missed %d facts, until it has caught up", s.facts),
		took.Seconds(), 20, "s", fmt.Sprintf("half are log-outs, half new customers; the store of the hub grew by %d "+
			"MiB; the edge worked for %.1f s; %.0f fetches, %.0f copies; %.0f MiB of anonymous memory at most",
			(fileSize(f.hub.store())-before)>>20, worked.Seconds(), e.metric("edgetoken_fleet_fetches_total"),
			e.metric("edgetoken_fleet_copies_total"), <-memory))}
}

// watchAnonymous samples the anonymous memory of a node until done is closed, and then gives the most, in MiB.
func watchAnonymous(n *fleetNode, done chan struct{}) (most chan float64) {
	most = make(chan float64, 1)
	go func() {
		seen := 0.0
		for {
			select {
			case <-done:
				most <- seen
				return
			case <-time.After(50 * time.Millisecond):
				seen = max(seen, anonymous(n.pid()))
			}
		}
	}()
	return most
}

// writes adds facts to the log of the hub, which does not run: log-outs as many at once as share commits, and
// customers as an import adds them.
func (f *fleetOf) writes(facts int, staleness time.Duration) {
	ctx := context.Background()
	db, err := store.Open(store.Config{Path: f.hub.store(), Staleness: staleness, Skew: memberSkew})
	check(err)
	var written atomic.Int64
	var all sync.WaitGroup
	for range 256 {
		all.Go(func() {
			for i := written.Add(1); i <= int64(facts/2); i = written.Add(1) {
				now := time.Now()
				family := core.FamilyKey{Customer: core.Integer(i%fleetCustomers + 1), Start: now.UnixMilli(),
					Bits: uint64(1)<<33 | uint64(rand.Uint32())}
				check(db.Settle(ctx, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: family,
					Until: now.Add(time.Hour).Unix()}}}))
			}
		})
	}
	all.Wait()
	for from := 0; from < facts/2; from += 1000 {
		var list []store.NewCustomer
		for i := from; i < min(from+1000, facts/2); i++ {
			list = append(list, moved(f.customers+1+i))
		}
		_, err := db.AddAll(ctx, list)
		check(err)
	}
	check(db.Close())
}
