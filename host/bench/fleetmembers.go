package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/host/fleet/httplane"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/natslane"
	nodes "github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// memberEdges are edges that run in this process: the protocol, a lane and a store each, and no HTTP. Their stores are
// in memory where there is room for files, since edges have disks of their own.
type memberEdges struct {
	dir     string
	fleet   store.Membership
	list    []*memberEdge
	running sync.WaitGroup
	end     context.CancelFunc
}

type memberEdge struct {
	number uint16
	key    ed25519.PrivateKey
	db     *store.DB
	lane   lane.Edge
	edge   *fleet.Edge
}

// memberSkew is fleet.skew of all nodes here.
const memberSkew = time.Second

func newMemberEdges(n int) *memberEdges {
	dir, err := os.MkdirTemp(fleettest.Memory(), "bench")
	check(err)
	m := &memberEdges{dir: dir}
	for i := range n {
		_, key, err := ed25519.GenerateKey(nil)
		check(err)
		m.list = append(m.list, &memberEdge{number: uint16(i + 2), key: key})
	}
	return m
}

// enter makes them members of a fleet whose hub does not run, and gives each a copy of its store. m may be nil.
func (m *memberEdges) enter(f *fleetOf, staleness time.Duration) {
	if m == nil {
		return
	}
	ctx := context.Background()
	open := func(path string) *store.DB {
		db, err := store.Open(store.Config{Path: path, Staleness: staleness, Skew: memberSkew})
		check(err)
		return db
	}
	hub := open(f.hub.store())
	m.fleet = hub.Membership()
	check(hub.UpdateMembers(ctx, func([]store.Member) (write []store.Member, err error) {
		for _, e := range m.list {
			w := store.Member{Number: e.number, Name: fmt.Sprintf("member-%d", e.number),
				Joined: time.Now().UnixMicro()}
			copy(w.Key[:], e.key.Public().(ed25519.PublicKey))
			write = append(write, w)
		}
		return write, nil
	}))
	node, err := hub.Node(ctx)
	check(err)
	image, err := fleettest.CopyOf(ctx, hub, m.dir)
	check(errors.Join(err, hub.Close()))
	for _, e := range m.list {
		e.db = open(filepath.Join(m.dir, fmt.Sprint(e.number)))
		check(e.db.Enter(ctx, e.number, node.Homes, m.fleet))
		check(e.db.Adopt(ctx, image, false))
	}
}

// start has them dial the hub, at once; those that are far dial the proxies.
func (m *memberEdges) start(f *fleetOf, far bool, staleness time.Duration) {
	ctx, end := context.WithCancel(context.Background())
	m.end = end
	web, nats := f.listen, f.nats
	if far {
		web, nats = f.proxies[0].Addr(), f.proxies[1].Addr()
	}
	var dialled sync.WaitGroup
	for _, e := range m.list {
		dialled.Go(func() {
			e.begin(m.fleet, f.lane, web, nats, staleness)
			m.running.Go(func() { check(e.edge.Run(ctx)) })
		})
	}
	dialled.Wait()
}

// begin begins to dial the hub, at one of two addresses.
func (e *memberEdge) begin(m store.Membership, by, web, nats string, staleness time.Duration) {
	var err error
	if by == "http" {
		e.lane, err = httplane.NewEdge(httplane.EdgeConfig{Key: e.key, HubKey: m.HubKey[:], Addresses: []string{web}})
	} else {
		e.lane, err = natslane.NewEdge(natslane.EdgeConfig{Fleet: m.Fleet, Number: e.number, Key: e.key,
			HubKey: m.HubKey[:], Addresses: []string{nats}})
	}
	check(err)
	e.edge, err = fleet.NewEdge(fleet.EdgeConfig{Store: e.db, Lane: e.lane, Key: e.key,
		Settings: fleet.Settings{Staleness: staleness, Skew: memberSkew},
		Answer: func(context.Context, uint16, []byte) ([]byte, error) {
			return nil, errors.New("an edge of the benchmark refreshes nothing")
		},
		Copy: func(context.Context) (string, error) {
			return "", errors.New("an edge of the benchmark takes no copy")
		}})
	check(err)
}

// heard are how many have heard of the hub since a moment.
func (m *memberEdges) heard(since time.Time) (n int) {
	for _, e := range m.list {
		if e.edge.Status().Edge.Heard.After(since) {
			n++
		}
	}
	return n
}

// wait waits until all have heard of the hub since a moment, at most for a while, and says how many have.
func (m *memberEdges) wait(since time.Time, most time.Duration) (took time.Duration, n int) {
	for {
		took = time.Since(since)
		if n = m.heard(since); n == len(m.list) || took > most {
			return took, n
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// refused gives when each of them came to refuse a token.
func (m *memberEdges) refused(o core.Opened) (at []time.Time) {
	at = make([]time.Time, len(m.list))
	for left := len(m.list); left > 0; time.Sleep(3 * time.Millisecond) {
		for i, e := range m.list {
			if !at[i].IsZero() {
				continue
			}
			now := time.Now()
			state, _, err := nodes.Load(context.Background(), e.db, store.FieldID, o, now)
			check(err)
			if state.Family.Dead {
				at[i], left = now, left-1
			}
		}
	}
	return at
}

// stop ends them. m may be nil.
func (m *memberEdges) stop() {
	if m == nil {
		return
	}
	for _, e := range m.list {
		if e.lane != nil {
			_ = e.lane.Close()
		}
	}
	m.end()
	m.running.Wait()
	for _, e := range m.list {
		check(e.db.Close())
	}
	check(os.RemoveAll(m.dir))
}
