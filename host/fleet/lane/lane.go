// Package lane says how the nodes of a fleet reach each other. A lane carries bytes between the hub and its edges and
// promises little: every call may fail, and every message may be lost, repeated, late or out of order. What the bytes
// mean, and who signed them, is of host/fleet.
//
// There are two types, [Edge] and [Hub]. host/fleet/natslane and host/fleet/httplane implement both, and
// host/fleet/lane/lanetest has the suite that both pass.
//
// A lane knows a node by its link key: it asks the [Roster] at each connection, and delivers what arrives on one under
// the number that the roster gave. Thus `from` in a [Handler] is true even if the body lies.
package lane

import (
	"context"
	"crypto/ed25519"
	"errors"
)

const (
	// HubNumber is the number of the hub, which Ask takes as an addressee.
	HubNumber = 1

	// MaxMessage bounds every message and answer, in bytes: 700 KiB of frames and the envelope around them. NATS
	// servers take 1 MiB as they come.
	MaxMessage = 768 << 10
)

var (
	// ErrNobody says that nobody listens, and that nothing was done: the addressee has no link at this moment, or this
	// node has none to the hub. It comes at once, without waiting for the end of the context.
	ErrNobody = errors.New("nobody listens")

	// ErrLost says that the link was lost before the answer came, or given up by Redial. Whether the other side acted
	// is unknown.
	ErrLost = errors.New("the link was lost before the answer")

	// ErrClosed says that Close was called.
	ErrClosed = errors.New("the lane is closed")

	// ErrNotHub says that what answers at an address of the hub is something else.
	ErrNotHub = errors.New("what answers there is not the hub of this fleet: it has another key")

	// ErrNotMember says that the hub ends the connections of this node, as it does where it does not know its key.
	ErrNotMember = errors.New("the hub ends the connection, as it does with a node that was withdrawn, or has " +
		"another keys.secret than when it joined")

	// ErrTooLong says that a message has more than MaxMessage bytes. Nothing was sent.
	ErrTooLong = errors.New("the message is longer than a lane carries")
)

// Edge is the lane of an edge. Its methods may be called concurrently. Give each call a context with a deadline: where
// no answer arrives, the call ends with the context's error, and whether the other side acted on it is unknown.
//
// New edges begin to dial by themselves and go on for ever, so a hub that is away at the start is no error.
type Edge interface {
	// Send delivers frames or a hello to the hub, and returns the answer of Handler.Send, which comes once the hub has
	// them. What Ask waits for never delays it.
	Send(ctx context.Context, frames []byte) (answer []byte, err error)

	// Follow calls take for each batch that the hub publishes, one at a time, until ctx ends, whose error it returns,
	// or until Close. It survives lost links; what was published in between is lost. take owns its batch. A take that
	// is slow loses batches.
	Follow(ctx context.Context, take func(batch []byte)) error

	// Fetch asks the hub and returns the answer of Handler.Fetch.
	Fetch(ctx context.Context, request []byte) (answer []byte, err error)

	// Ask asks the hub (HubNumber) or another edge, and returns the answer of Handler.Ask there, or of what that edge
	// gave to Answer. ErrNobody where the addressee has no link.
	Ask(ctx context.Context, to uint16, request []byte) (answer []byte, err error)

	// Answer sets what answers the questions of others. Call it once, before Follow. answer runs concurrently, on a
	// bounded number of goroutines; its context ends with the lane or after a while. nil: no answer is sent. Asking an
	// edge that never called Answer is ErrNobody.
	Answer(answer func(ctx context.Context, request []byte) []byte)

	// Redial drops the link and dials again: at once where it has lasted, else when its Pace says. Calls that wait for
	// an answer fail (ErrLost).
	Redial()

	// Connected reports whether the link to the hub is up, as far as this side has noticed.
	Connected() bool

	// Fault says why the link is down, as far as this side knows; nil while it is up, and before a dial has failed. It
	// may be ErrNotHub or ErrNotMember.
	Fault() error

	// Close ends the link and all calls (ErrClosed).
	Close() error
}

// Hub is the lane of the hub. Its methods may be called concurrently.
type Hub interface {
	// Publish sends a batch to all edges that follow. It does not wait for any of them: a reader so slow that its queue
	// is full is disconnected, and counted.
	Publish(batch []byte) error

	// Serve sets what answers the edges. Call it once. Until then edges get ErrNobody.
	Serve(h Handler) error

	// Ask asks an edge; see Edge.Ask.
	Ask(ctx context.Context, to uint16, request []byte) (answer []byte, err error)

	// Drop ends the links of a node at once, as after its withdrawal. Take it off the roster first: it dials again.
	Drop(number uint16)

	// Figures are for metrics and the status of the fleet.
	Figures() Figures

	// Close ends all links.
	Close() error
}

// Handler is what the hub answers. Each function runs concurrently, on a bounded number of goroutines; its context ends
// with the lane or after a while. from is the number that the roster gave for the key of the link, body is the
// function's own, and a nil answer sends none, so that the asker waits until its context ends.
type Handler struct {
	Send, Fetch, Ask func(ctx context.Context, from uint16, body []byte) (answer []byte)
}

// Roster returns the number of a member by its link key; not ok: it is no member, or was withdrawn. A hub's lane asks
// it at each connection, concurrently, so it answers from memory.
type Roster func(key ed25519.PublicKey) (number uint16, ok bool)

// Figures count since the start of the lane.
type Figures struct {
	Links int    // edges that are connected now
	Slow  uint64 // links ended because their reader was too slow
	In    uint64 // bytes received from edges
	Out   uint64 // bytes sent to edges
}
