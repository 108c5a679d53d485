// Package lanetest has the suite that every lane of a fleet passes ([Run]), over real connections with TLS, and a proxy
// that does to connections what networks do ([Proxy]), for benches too.
package lanetest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// Kit makes the lanes of a suite. What it makes it need not close.
type Kit struct {
	// Hub starts a hub that listens on a free port of this machine, and says where it is dialled. Its Close ends
	// connections too.
	Hub func(t *testing.T, key ed25519.PrivateKey, roster lane.Roster) (hub lane.Hub, address string)

	// Edge dials a hub.
	Edge func(t *testing.T, number uint16, key ed25519.PrivateKey, hub ed25519.PublicKey, address string) lane.Edge
}

// Key is the link key of a number in the suite.
func Key(number uint16) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(number >> 8), byte(number)}, ed25519.SeedSize/2))
}

// Public is the public half of Key.
func Public(number uint16) ed25519.PublicKey { return Key(number).Public().(ed25519.PublicKey) }

// Roster is a roster that can be changed. Members have the key of their number.
type Roster struct {
	mu      sync.Mutex
	numbers map[string]uint16
}

// NewRoster is a roster with members.
func NewRoster(numbers ...uint16) *Roster {
	r := &Roster{numbers: map[string]uint16{}}
	for _, n := range numbers {
		r.Add(n)
	}
	return r
}

// Add makes a number a member.
func (r *Roster) Add(number uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.numbers[string(Public(number))] = number
}

// Remove withdraws one.
func (r *Roster) Remove(number uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.numbers, string(Public(number)))
}

// Number is the lane.Roster.
func (r *Roster) Number(key ed25519.PublicKey) (uint16, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.numbers[string(key)]
	return n, ok
}

// limit is how long the suite waits for what must come. Nothing depends on how soon it comes.
const limit = 60 * time.Second

// fleet is a hub with its roster in a test.
type fleet struct {
	Kit
	t       *testing.T
	roster  *Roster
	hub     lane.Hub
	address string
}

func (k Kit) fleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{Kit: k, t: t, roster: NewRoster(2, 3, 4)}
	f.hub, f.address = k.Hub(t, Key(1), f.roster.Number)
	t.Cleanup(func() { f.hub.Close() })
	return f
}

// served is a fleet whose hub answers with what it was asked, before which it says how and by whom.
func (k Kit) served(t *testing.T) *fleet {
	t.Helper()
	f := k.fleet(t)
	f.serve()
	return f
}

func (f *fleet) serve() {
	f.t.Helper()
	say := func(kind string) func(context.Context, uint16, []byte) []byte {
		return func(_ context.Context, from uint16, body []byte) []byte {
			return fmt.Appendf(nil, "%s of %d: %s", kind, from, body)
		}
	}
	if err := f.hub.Serve(lane.Handler{Send: say("send"), Fetch: say("fetch"), Ask: say("ask")}); err != nil {
		f.t.Fatal(err)
	}
}

// edge is a connected edge.
func (f *fleet) edge(number uint16) lane.Edge {
	f.t.Helper()
	return f.edgeVia(number, f.address)
}

func (f *fleet) edgeVia(number uint16, address string) lane.Edge {
	f.t.Helper()
	e := f.Edge(f.t, number, Key(number), Public(lane.HubNumber), address)
	f.t.Cleanup(func() { e.Close() })
	f.until("the edge is connected", e.Connected)
	return e
}

// proxied is a proxy before the hub.
func (f *fleet) proxied() *Proxy {
	f.t.Helper()
	p, err := NewProxy(f.address, 0, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(p.Close)
	return p
}

// restart puts another hub in the place of the one that was closed, behind a proxy.
func (f *fleet) restart(p *Proxy) {
	f.t.Helper()
	f.hub, f.address = f.Hub(f.t, Key(1), f.roster.Number)
	f.t.Cleanup(func() { f.hub.Close() })
	p.Redirect(f.address)
	f.serve()
}

func (f *fleet) until(what string, holds func() bool) {
	f.t.Helper()
	Until(f.t, what, holds)
}

// Until waits for something to hold that must come, and fails the test after a minute.
func Until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v until %s", limit, what)
		}
	}
}

// soon is a context that ends long after what is waited for.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// briefly asks with little patience, for what may be lost.
func briefly(ask func(ctx context.Context) ([]byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return ask(ctx)
}

// insist asks again while the link is lost, which a busy machine may think of a good one.
func insist(t *testing.T, ask func(ctx context.Context) ([]byte, error)) ([]byte, error) {
	ctx := soon(t)
	for {
		got, err := ask(ctx)
		if err == nil || ctx.Err() != nil {
			return got, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// answers waits until a question is answered so, whatever happens before.
func (f *fleet) answers(want string, ask func(ctx context.Context) ([]byte, error)) {
	f.t.Helper()
	f.until(fmt.Sprintf("the answer is %q", want), func() bool {
		got, err := briefly(ask)
		return err == nil && string(got) == want
	})
}

// fails waits until a question fails so.
func (f *fleet) fails(want error, ask func(ctx context.Context) ([]byte, error)) {
	f.t.Helper()
	f.until(fmt.Sprintf("the error is %v", want), func() bool {
		_, err := briefly(ask)
		return errors.Is(err, want)
	})
}

func send(e lane.Edge, body string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) { return e.Send(ctx, []byte(body)) }
}

// asker is what both lanes ask others by.
type asker interface {
	Ask(ctx context.Context, to uint16, request []byte) ([]byte, error)
}

func ask(a asker, to uint16, body string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) { return a.Ask(ctx, to, []byte(body)) }
}

// follower collects batches.
type follower struct {
	stop  context.CancelFunc
	ended chan error

	mu  sync.Mutex
	got [][]byte
}

// follow has an edge follow, and returns once batches reach it; those are empty, and not kept.
func (f *fleet) follow(e lane.Edge) *follower {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &follower{stop: cancel, ended: make(chan error, 1)}
	first := make(chan struct{})
	heard := sync.OnceFunc(func() { close(first) })
	go func() {
		l.ended <- e.Follow(ctx, func(batch []byte) {
			heard()
			l.mu.Lock()
			defer l.mu.Unlock()
			if len(batch) > 0 {
				l.got = append(l.got, batch)
			}
		})
	}()
	f.t.Cleanup(cancel)
	f.until("the first batch arrives", func() bool {
		f.publish(nil)
		select {
		case <-first:
			return true
		default:
			return false
		}
	})
	return l
}

func (l *follower) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.got)
}

func (f *fleet) publish(batch []byte) {
	f.t.Helper()
	if err := f.hub.Publish(batch); err != nil {
		f.t.Fatal(err)
	}
}
