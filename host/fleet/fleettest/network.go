// Package fleettest has a network in memory for tests: lanes whose links lose, repeat and delay messages, and go dark.
// It also has what nodes on that network do with files.
package fleettest

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// Link is how the link of an edge to the hub is.
type Link struct {
	Dark bool // nothing arrives, and nobody is told
	// Each message takes Delay and up to Jitter more.
	Delay, Jitter time.Duration
	// How many of 1000 messages are lost, and arrive twice.
	Lost, Twice int
}

// Network has a hub and edges. Make one with NewNetwork. It is safe for concurrent use.
type Network struct {
	seed uint64

	mu    sync.Mutex
	draws map[flow]chance
	lanes uint64 // of edges, that it ever gave
	hub   *hub
	edges map[uint16]*edge
	links map[uint16]Link
	// frozen are edges whose link is dark until they dial again, like a flow that something on the way has forgotten.
	frozen map[uint16]bool
}

// flow is what of a kind a node sends over a link. Each has chances of its own at each moment of virtual time: it does
// not matter what is said elsewhere, and what was said before.
type flow struct {
	kind, from uint64
	over       uint16
}

// Kinds of flows. Answers have those after the requests.
const (
	publishes uint64 = 2 * iota
	sends
	fetches
	asks
	asksHome
)

// NewNetwork makes a network whose links are perfect. seed says what is lost once they are not.
func NewNetwork(seed uint64) *Network {
	return &Network{seed: seed, draws: map[flow]chance{}, edges: map[uint16]*edge{}, links: map[uint16]Link{},
		frozen: map[uint16]bool{}}
}

// SetLink sets how the link of an edge is from now on.
func (n *Network) SetLink(number uint16, l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[number] = l
}

// Freeze has nothing pass the link of an edge until the edge dials again.
func (n *Network) Freeze(number uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frozen[number] = true
}

// Hub gives the hub a lane, in the place of an earlier one.
func (n *Network) Hub() lane.Hub {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hub = &hub{network: n}
	return n.hub
}

// Edge gives an edge a lane, in the place of an earlier one.
func (n *Network) Edge(number uint16) lane.Edge {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lanes++
	e := &edge{network: n, number: number, serial: n.lanes, closed: make(chan struct{})}
	n.edges[number] = e
	delete(n.frozen, number)
	return e
}

// chance decides on the messages of a flow at a moment.
type chance struct {
	at time.Time
	*rand.Rand
}

// chance gives what decides now. The caller holds mu.
func (n *Network) chance(f flow) *rand.Rand {
	c, now := n.draws[f], time.Now()
	if !c.at.Equal(now) {
		seed := n.seed<<32 ^ f.from<<24 ^ f.kind<<16 ^ uint64(f.over)
		c = chance{now, rand.New(rand.NewPCG(seed, uint64(now.UnixNano())))}
		n.draws[f] = c
	}
	return c.Rand
}

// carry delivers a message of a kind that a lane sends over the links of edges, if they carry it: once, twice or never.
func (n *Network) carry(kind, from uint64, deliver func(), over ...uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	times, delay := 1, time.Duration(0)
	for _, number := range over {
		l, chance := n.links[number], n.chance(flow{kind, from, number})
		lost, twice := chance.IntN(1000) < l.Lost, chance.IntN(1000) < l.Twice
		delay += l.Delay + time.Duration(chance.Float64()*float64(l.Jitter))
		if l.Dark || lost || n.frozen[number] {
			return
		}
		if twice {
			times = 2
		}
	}
	for i := range times {
		time.AfterFunc(delay*time.Duration(i+1), deliver)
	}
}

// ask carries a request over links, has it answered, and carries the answer back.
func (n *Network) ask(
	ctx context.Context, kind, from uint64, answer func(context.Context) []byte, over ...uint16,
) ([]byte, error) {
	answers := make(chan []byte, 4)
	n.carry(kind, from, func() {
		if a := answer(context.WithoutCancel(ctx)); a != nil {
			n.carry(kind+1, from, func() {
				select {
				case answers <- a:
				default:
				}
			}, over...)
		}
	}, over...)
	select {
	case a := <-answers:
		return a, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hubNow is the hub that serves now; nil: none does.
func (n *Network) hubNow() *hub {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hub == nil || n.hub.closed || n.hub.handler.Ask == nil {
		return nil
	}
	return n.hub
}

// edgeNow is the edge that answers now; nil: none does.
func (n *Network) edgeNow(number uint16) *edge {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.edges[number]; e != nil && e.answer != nil && !e.over {
		return e
	}
	return nil
}

type hub struct {
	network *Network
	handler lane.Handler // these two are guarded by the network
	closed  bool
}

func (h *hub) Serve(handler lane.Handler) error {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	h.handler = handler
	return nil
}

func (h *hub) Publish(batch []byte) error {
	n := h.network
	n.mu.Lock()
	edges := make([]*edge, 0, len(n.edges))
	for number := range uint16(64) { // in an order
		if e := n.edges[number]; e != nil {
			edges = append(edges, e)
		}
	}
	n.mu.Unlock()
	for _, e := range edges {
		n.carry(publishes, 0, func() { e.hear(batch) }, e.number)
	}
	return nil
}

func (h *hub) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	e := h.network.edgeNow(to)
	if e == nil {
		return nil, lane.ErrNobody
	}
	return h.network.ask(ctx, asksHome, 0, func(ctx context.Context) []byte { return e.answer(ctx, request) }, to)
}

func (h *hub) Drop(number uint16) { h.network.SetLink(number, Link{Dark: true}) }

func (h *hub) Figures() lane.Figures { return lane.Figures{} }

func (h *hub) Close() error {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	h.closed = true
	return nil
}

type edge struct {
	network *Network
	number  uint16
	serial  uint64
	closed  chan struct{}

	// Guarded by the network.
	answer func(context.Context, []byte) []byte
	take   func([]byte)
	over   bool
}

// hear takes what the hub published.
func (e *edge) hear(batch []byte) {
	e.network.mu.Lock()
	take := e.take
	if e.over {
		take = nil
	}
	e.network.mu.Unlock()
	if take != nil {
		take(batch)
	}
}

// part is what a handler does with a message of an edge.
type part func(ctx context.Context, from uint16, body []byte) []byte

func (e *edge) askHub(
	ctx context.Context, kind uint64, body []byte, by func(lane.Handler) part,
) ([]byte, error) {
	select {
	case <-e.closed:
		return nil, lane.ErrClosed
	default:
	}
	h := e.network.hubNow()
	if h == nil {
		return nil, lane.ErrNobody
	}
	return e.network.ask(ctx, kind, e.serial, func(ctx context.Context) []byte {
		if e.network.hubNow() != h {
			return nil
		}
		return by(h.handler)(ctx, e.number, body)
	}, e.number)
}

func (e *edge) Send(ctx context.Context, frames []byte) ([]byte, error) {
	return e.askHub(ctx, sends, frames, func(h lane.Handler) part { return h.Send })
}

func (e *edge) Fetch(ctx context.Context, request []byte) ([]byte, error) {
	return e.askHub(ctx, fetches, request, func(h lane.Handler) part { return h.Fetch })
}

func (e *edge) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	if to == lane.HubNumber {
		return e.askHub(ctx, asks, request, func(h lane.Handler) part { return h.Ask })
	}
	other := e.network.edgeNow(to)
	if other == nil || e.network.hubNow() == nil {
		return nil, lane.ErrNobody
	}
	answer := func(ctx context.Context) []byte { return other.answer(ctx, request) }
	return e.network.ask(ctx, asksHome, e.serial, answer, e.number, to)
}

func (e *edge) Follow(ctx context.Context, take func([]byte)) error {
	e.network.mu.Lock()
	e.take = take
	e.network.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closed:
		return lane.ErrClosed
	}
}

func (e *edge) Answer(answer func(context.Context, []byte) []byte) {
	e.network.mu.Lock()
	defer e.network.mu.Unlock()
	e.answer = answer
}

func (e *edge) Redial() {
	e.network.mu.Lock()
	defer e.network.mu.Unlock()
	delete(e.network.frozen, e.number)
}

func (e *edge) Connected() bool { return e.network.hubNow() != nil }

func (e *edge) Fault() error {
	if e.Connected() {
		return nil
	}
	return lane.ErrNobody
}

func (e *edge) Close() error {
	e.network.mu.Lock()
	defer e.network.mu.Unlock()
	if !e.over {
		e.over = true
		close(e.closed)
	}
	return nil
}
