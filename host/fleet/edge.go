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

// How often and for how long things are done. The design that they come from is in docs/rationale.md.
const (
	helloEvery   = 500 * time.Millisecond
	lookEvery    = 50 * time.Millisecond // for a link, where there is none
	silence      = time.Second           // without an answer to a hello, after which an edge dials again
	mostSilence  = 8 * time.Second       // what that grows to
	patience     = 2 * time.Second       // for the answer to anything else
	pauseAfter   = 100 * time.Millisecond
	trimEvery    = 250 * time.Millisecond
	loginsEvery  = 5 * time.Second
	maxBatches   = 8 << 20   // bytes of the log that wait to be applied at an edge
	maxFrames    = 256 << 10 // bytes of frames in a message of an edge
	maxFetched   = 600 << 10 // bytes of frames in an answer; one that is larger goes alone
	maxPage      = 256 << 10 // bytes of facts in a page
	maxLogins    = 2000      // last log-ins that are sent at once
	maxHellos    = 16        // hellos that were answered, and whose head was not reached yet
	silentBefore = 3 * silence / 2
	sayAgain     = time.Minute // after which a failure that goes on is logged again
)

// Errors of a fleet. Each text says what is the matter; what follows from it the caller says.
var (
	// ErrAway says that a node of the fleet is not there, so that what was asked of it was not done.
	ErrAway = errors.New("it is away")
	// ErrUnanswered says that a node was asked and has not answered in time. It may have done what was asked of it.
	ErrUnanswered = errors.New("it has not answered")
	// ErrNoLease says that this node must not advance log-ins now, although it is their home.
	ErrNoLease = errors.New("this node holds no lease for the log-ins whose home it is")
	// ErrLeaving says that this node is being withdrawn.
	ErrLeaving = errors.New("this node is being withdrawn from the fleet, and takes nothing any more")
	// ErrFenced says that another process says that it is this node, and began later.
	ErrFenced = errors.New("another process runs as this node of the fleet, and began later: stop one of them")
	// ErrClock says that the clock of this node is off.
	ErrClock = errors.New("the clock of this node differs from the hub's by more than fleet.skew")
)

// Durability says when a refresh may be answered.
type Durability uint8

const (
	// Local: once it is durable here.
	Local Durability = iota
	// AtHub: once the hub has it, too.
	AtHub
)

// Settings are what the nodes of a fleet must agree on.
type Settings struct {
	Staleness  time.Duration // how old the knowledge of a node may be
	Skew       time.Duration // how far its clock may be off
	Durability Durability
}

// EdgeConfig is what an edge consists of. Everything is required but for what says otherwise.
type EdgeConfig struct {
	Store    *store.DB // of role Edge
	Lane     lane.Edge // Run has it answer; the caller closes it
	Key      ed25519.PrivateKey
	Settings Settings
	// Answer does what another node asks this one to do, as the home of a log-in.
	Answer func(ctx context.Context, from uint16, request []byte) ([]byte, error)
	// Copy fetches a copy of the hub's store, and returns the path of the file, which is removed once it was adopted.
	Copy func(ctx context.Context) (path string, err error)
	// Bundle is told the epoch of the hub's latest trust bundle with each hello, 0 where there is none, and must not
	// wait; nil: nobody wants to know.
	Bundle func(epoch uint64)
	// Agreed gives the values in force on which the nodes have to agree; nil: nobody compares any.
	Agreed func() *Agreed
	// Adopted is called after the store was replaced by a copy; nil: nothing is.
	Adopted func()
	Now     func() time.Time // the wall clock; nil: time.Now
	Log     *slog.Logger     // nil: nothing is logged
	Version string           // of the program, for the hub
}

// Edge is a node that follows a hub. Make one with NewEdge, and Run it. Its methods are safe for concurrent use.
type Edge struct {
	cfg  EdgeConfig
	self identity
	seen repeats

	batches *queue        // of the log, to be applied
	behind  chan struct{} // cap 1: the log is to be fetched
	nudge   chan struct{} // cap 1: a hello is due at once

	mu          sync.Mutex
	incarnation uint64
	continues   fact.Position // the last frame of the store when this incarnation began
	follows     place
	hellos      []answeredHello // in the order of their sending
	fresh       moment          // the sending of the last hello whose head was reached
	lease       moment          // the end of the lease
	ready       bool            // what earlier incarnations left is settled: see settle
	fenced      bool
	leaving     bool          // the hub is about to take this node out of the fleet
	withdrawn   bool          // the hub says that this node was taken out of the fleet
	met         bool          // the hub has welcomed this process before
	acked       fact.Position // the hub has the frames of the outbox up to here
	offset      time.Duration // the hub's clock minus this one
	measured    moment        // when that was so
	heard       time.Time     // when a hello was last answered
	last        welcome
	differs     []string          // keys of values on which the hub and this node do not agree
	refusals    map[string]uint64 // by reason
	fetches     uint64
	copies      uint64
	redials     uint64
	logged      string // the last failure in the log
	loggedAt    time.Time
	changed     signal // that any of these has changed
}

// answeredHello is a hello that was answered before the edge had all that there was at the hub then.
type answeredHello struct {
	sent moment
	head place
}

// moment is a moment on two clocks: the monotonic one, which stands still while the machine sleeps, and the wall clock.
type moment struct {
	elapsed time.Time
	wall    time.Time
}

func (e *Edge) now() moment { return moment{time.Now(), e.cfg.Now()} }

// since is how much time has passed, by the clock by which more has.
func (e *Edge) since(m moment) time.Duration {
	if m.elapsed.IsZero() {
		return math.MaxInt64
	}
	return max(time.Since(m.elapsed), e.cfg.Now().Round(0).Sub(m.wall.Round(0)))
}

// NewEdge makes an edge.
func NewEdge(cfg EdgeConfig) (*Edge, error) {
	m := cfg.Store.Membership()
	if m.Role != fact.EdgeRole {
		return nil, errors.New("fleet: the store is not that of an edge")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Edge{cfg: cfg, behind: make(chan struct{}, 1),
		nudge: make(chan struct{}, 1), batches: newQueue(maxBatches), changed: newSignal(),
		refusals: map[string]uint64{}}
	e.self = identity{fleet: m.ID, number: cfg.Store.Number(), key: cfg.Key, keyOf: memberKeys(cfg.Store, m),
		asked: newNumbering()}
	return e, nil
}

// Run takes part in the fleet until ctx ends.
func (e *Edge) Run(ctx context.Context) error {
	if err := e.begin(ctx); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	e.cfg.Lane.Answer(e.answer)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for _, run := range []func(context.Context){e.follow, e.apply, e.greet, e.send, e.trim, e.sendLogins} {
		all.Go(func() { run(ctx) })
	}
	all.Wait()
	return nil
}

// begin reads where the edge stands.
func (e *Edge) begin(ctx context.Context) error {
	continues := e.cfg.Store.Head()
	if err := e.cfg.Store.Begin(ctx); err != nil {
		return err
	}
	node, err := e.cfg.Store.Node(ctx)
	if err != nil {
		return err
	}
	follows, err := e.followed(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.incarnation, e.continues, e.follows = node.Incarnation, continues, follows
	return nil
}

// followed reads how far the store has followed the log.
func (e *Edge) followed(ctx context.Context) (place, error) {
	b, err := e.cfg.Store.Position(ctx)
	if err != nil || b == nil {
		return place{}, err
	}
	epoch, at, err := fact.ReadLogPosition(b)
	return place{epoch, at}, err
}

// Age is how old the node's knowledge of the fleet may be: the time since it sent the last hello with whose answer it
// has caught up. What a node knows that is being withdrawn counts no more.
func (e *Edge) Age() time.Duration {
	e.mu.Lock()
	fresh, leaving := e.fresh, e.leaving
	e.mu.Unlock()
	if leaving {
		return math.MaxInt64
	}
	return e.since(fresh)
}

// Leased is nil while this node may advance the log-ins whose home it is.
func (e *Edge) Leased() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.fenced:
		return ErrFenced
	case !e.ready || e.lease.elapsed.IsZero() || e.since(e.lease) >= 0:
		return ErrNoLease
	}
	return nil
}

// Tells says why the fleet will not hear what this node writes from now on: ErrLeaving. nil: it will.
func (e *Edge) Tells() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.leaving || e.withdrawn {
		return ErrLeaving
	}
	return nil
}

// Withdrawn reports whether the hub has said that this node was taken out of the fleet.
func (e *Edge) Withdrawn() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.withdrawn
}

// Issues is nil while the clock of this node is near enough to the hub's to issue tokens.
func (e *Edge) Issues() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if off := e.clockOff(); off.Abs() > e.cfg.Settings.Skew {
		return fmt.Errorf("%w: by %v", ErrClock, off.Round(time.Millisecond))
	}
	return nil
}

// clockOff is the hub's clock minus this one: what was measured, less what the clock was set by since then. Until the
// next hello a machine that has slept looks like one whose clock was set. The caller holds mu.
func (e *Edge) clockOff() time.Duration {
	if e.measured.elapsed.IsZero() {
		return 0
	}
	now := e.now()
	set := now.wall.Round(0).Sub(e.measured.wall.Round(0)) - now.elapsed.Sub(e.measured.elapsed)
	return e.offset - set
}

// Confirmed waits until all that this node wrote before the call is where Settings.Durability wants it. The error is
// ErrFenced or ErrUnanswered.
func (e *Edge) Confirmed(ctx context.Context) error {
	if e.cfg.Settings.Durability == Local {
		return nil
	}
	upTo := e.cfg.Store.Head()
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		e.mu.Lock()
		acked, fenced, changed := e.acked, e.fenced, e.changed.next
		e.mu.Unlock()
		switch {
		case fenced:
			return ErrFenced
		case compare(acked, upTo) >= 0:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the hub was told of it: %w", ErrUnanswered)
		}
	}
}
