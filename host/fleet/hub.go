package fleet

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

const (
	lingerEach   = 50 * time.Microsecond // for each edge, between two messages of the log
	maxLinger    = 50 * time.Millisecond
	gone         = 4 * helloEvery  // without a hello, after which an edge counts as away
	maxPublished = 8 << 20         // bytes of frames that one message carries to all edges together
	heldFor      = 5 * time.Second // how long the hub waits for another holder of what it wrote
	maxAnswering = 8               // answers of up to maxFetched bytes that are made at once
	trimLogEvery = 10 * time.Second
)

// HubConfig is what a hub consists of. Everything is required but for what says otherwise.
type HubConfig struct {
	Store    *store.DB // of role Hub
	Lane     lane.Hub  // NewHub has it serve; the caller closes it
	Key      ed25519.PrivateKey
	Settings Settings
	// LogAge and LogBytes bound the log. An edge that is behind by more takes a copy of the store.
	LogAge   time.Duration
	LogBytes int64
	// Answer does what another node asks the hub to do, as the home of a log-in.
	Answer func(ctx context.Context, from uint16, request []byte) ([]byte, error)
	// Calls does what only the hub can do, by the number of the call; nil: none.
	Calls map[byte]func(ctx context.Context, from uint16, request []byte) ([]byte, error)
	// Agreed is that of EdgeConfig.
	Agreed func() *Agreed
	// BundleEpoch is the epoch of the latest trust bundle, 0 if there is none; nil: there never is.
	BundleEpoch func() uint64
	// Recorder keeps the log elsewhere; nil: nobody does.
	Recorder Recorder
	Now      func() time.Time // the wall clock; nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged
}

// Hub is the node that orders what all must know. Make one with NewHub, and Run it. Its methods are safe for concurrent
// use.
type Hub struct {
	cfg       HubConfig
	self      identity
	seen      repeats
	epoch     uint32
	started   time.Time
	answering chan struct{} // a token for each large answer that is being made
	toRecord  chan struct{} // cap 1: the log has grown

	mu       sync.Mutex
	edges    map[uint16]*edgeState
	leaving  map[uint16]bool // members that are about to be withdrawn
	pending  map[uint16]bool // members that have not told a restored hub what it forgot
	refusals map[string]uint64
	changed  signal // that an edge has followed the log further, or nobody is pending
	batches  uint64
	busy     map[turn]int         // what is being done for edges
	revoked  map[uint16]allowance // of members
	burst    float64              // burstRevoked

	recording recording
}

// edgeState is what the hub knows of an edge since it started.
type edgeState struct {
	incarnation uint64    // the highest that said hello, ever
	registered  uint64    // the one that counts: the hub refuses what lower ones advance
	heard       time.Time // its last hello
	lease       time.Time // until when it, or one before it, may advance log-ins
	wait        time.Time // it counts from then on
	take        bool      // it has to take its generations first
	said        hello
	offset      time.Duration // its clock minus the hub's
}

// NewHub makes a hub, and has its lane serve.
func NewHub(ctx context.Context, cfg HubConfig) (*Hub, error) {
	m := cfg.Store.Membership()
	if m.Role != fact.HubRole {
		return nil, errors.New("fleet: the store is not that of a hub")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	node, err := cfg.Store.Node(ctx)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	h := &Hub{cfg: cfg, epoch: node.Epoch, started: time.Now(),
		answering: make(chan struct{}, maxAnswering), toRecord: make(chan struct{}, 1),
		edges: map[uint16]*edgeState{}, leaving: map[uint16]bool{}, pending: map[uint16]bool{},
		refusals: map[string]uint64{}, changed: newSignal(),
		busy: map[turn]int{}, revoked: map[uint16]allowance{}, burst: burstRevoked}
	h.self = identity{fleet: m.ID, number: HubNumber, key: cfg.Key, keyOf: memberKeys(cfg.Store, m),
		asked: newNumbering()}
	if err := h.readPending(ctx); err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return h, cfg.Lane.Serve(h.handler())
}

// Run publishes the log, and bounds it, until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { h.publish(ctx) })
	all.Go(func() { h.trimLog(ctx) })
	if h.cfg.Recorder != nil {
		all.Go(func() { h.record(ctx) })
	}
	all.Wait()
	return nil
}

// Whole reports whether the hub knows all that it ever acknowledged: it was not restored, or every edge has told it
// since what it forgot.
func (h *Hub) Whole() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pending) == 0
}

// Age is how old the hub's knowledge of the fleet may be: it has none that counts until it is whole.
func (h *Hub) Age() time.Duration {
	if h.Whole() {
		return 0
	}
	return math.MaxInt64
}

// Leased is nil while the hub may advance the log-ins whose home it is.
func (h *Hub) Leased() error {
	if h.Whole() {
		return nil
	}
	return ErrNoLease
}

// Issues is nil: the hub's clock is that of the fleet.
func (h *Hub) Issues() error { return nil }

// Tells is nil: the fleet hears what the hub writes.
func (h *Hub) Tells() error { return nil }

// Resume gives up what a member knows that has yet to tell the restored hub what it forgot.
func (h *Hub) Resume(ctx context.Context, number uint16) error {
	if err := h.cfg.Store.Offered(ctx, number); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pending, number)
	h.changed.send()
	return nil
}

// Drop ends the links of a node that was withdrawn, and forgets it.
func (h *Hub) Drop(number uint16) {
	h.cfg.Lane.Drop(number)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.edges, number)
	delete(h.leaving, number)
	h.changed.send()
}

// Leave tells a node that is about to be withdrawn to take nothing any more, or that it may again. MemberStatus.Left
// says when it does so: what it acknowledged is then in its outbox, or at the hub.
func (h *Hub) Leave(number uint16, leaves bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if leaves {
		h.leaving[number] = true
	} else {
		delete(h.leaving, number)
	}
}

// Confirmed waits until an edge or the recorder has all that the hub wrote before the call, so that the loss of the
// hub's disk does not lose it. It waits for nobody where no edge is connected and nothing is recorded. The error is
// ErrUnanswered if there are some, but none of them follows.
func (h *Hub) Confirmed(ctx context.Context) error {
	upTo := place{h.epoch, h.cfg.Store.Head()}
	ctx, stop := context.WithTimeout(ctx, heldFor)
	defer stop()
	for {
		held, connected, changed := h.holders(upTo)
		if held || !connected {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(gone): // somebody may be away by now
		case <-ctx.Done():
			return fmt.Errorf("what was written is durable here, but edges were told of it: %w", ErrUnanswered)
		}
	}
}

// holders reports whether an edge or the recorder has the log up to a place, and whether there is one.
func (h *Hub) holders(upTo place) (held, connected bool, changed chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	connected = h.recording.Up
	held = connected && compare(h.recording.At, upTo.at) >= 0
	for _, s := range h.edges {
		if time.Since(s.heard) > gone {
			continue
		}
		connected = true
		if s.said.follows.epoch == upTo.epoch && s.said.follows.compare(upTo) >= 0 {
			held = true
		}
	}
	return held, connected, h.changed.next
}
