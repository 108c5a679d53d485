package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Errors of Apply and Accept. Nothing of the delivery is then applied.
var (
	// ErrChain says that a frame does not follow the one before it: it was changed, or made by a copy of the node.
	ErrChain = errors.New("frame does not follow the one before")
	// ErrQuarantineFull says that too much was written by newer programs: run a newer version here.
	ErrQuarantineFull = errors.New("quarantine is full")
)

// Delivery is frames of other nodes, in any order.
type Delivery struct {
	Frames [][]byte
	// Position says, in the caller's words, how far the frames go, in at most 1024 bytes. It is kept in the transaction
	// that applies them, unless a frame is dropped: see DB.Position. Empty: there is none.
	Position []byte
}

// Delivered says what became of a delivery.
type Delivered struct {
	Applied     int // frames, with those that had waited for them
	Skipped     int // frames that were known
	Waiting     int // frames that came before one that they follow
	Dropped     int // frames for which there was no room to wait: they must come again
	Quarantined int // facts and frames that cannot be read, or that meet a damaged record
	Refused     []Refused
}

// Refused is a fact that Accept did not accept.
type Refused struct {
	Node     uint16
	Position fact.Position // of its frame
	Fact     fact.Fact
	Reason   string
}

// Apply applies frames that the authority has ordered. It judges nothing: no fact is refused, whatever this node's
// clock says. Frames that it has are skipped, frames that come too early wait for those that they follow, and what a
// newer program wrote is kept until this one is replaced by a newer version, too. All of it, and the position, is
// durable when Apply returns. The error is fact.ErrMalformed or ErrChain for a frame that no node made so.
func (db *DB) Apply(ctx context.Context, d Delivery) (Delivered, error) {
	return db.deliver(ctx, d, courier{})
}

// Accept is Apply for frames of a node that is no authority, as the hub of a fleet gets them. The caller has made sure
// that they come from that node; a frame of another is ErrInvalid. Accept judges each fact: whether that node may write
// it, whether its times can be right, whether it is over. Those that it accepts are in its own outbox too. The error is
// core.ErrClock while the clock by which it judges is not plausible.
func (db *DB) Accept(ctx context.Context, node uint16, d Delivery) (Delivered, error) {
	if node < 1 || node > fact.MaxNumber {
		return Delivered{}, fmt.Errorf("node %d %w: it never joined a fleet", node, ErrInvalid)
	}
	return db.deliver(ctx, d, courier{sender: node, judge: db.judge})
}

// Position returns what the last Delivery with a position said; nil: there was none.
func (db *DB) Position(ctx context.Context) (position []byte, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		position, err = tables{tx}.followed()
		return err
	})
	return position, err
}

func (db *DB) deliver(ctx context.Context, d Delivery, c courier) (Delivered, error) {
	if len(d.Position) > maxText {
		return Delivered{}, fmt.Errorf("position %w: it has %d bytes, the most is %d", ErrInvalid, len(d.Position),
			maxText)
	}
	r := &request{foreign: true, unshared: c.judge == nil, done: make(chan struct{})}
	r.resolve = func(w *writer) (resolved, error) {
		c.begin(w)
		if c.judge != nil && w.at.fault != nil {
			return nil, fmt.Errorf("accept frames: %w", w.at.fault)
		}
		for _, raw := range d.Frames {
			if err := c.take(raw); err != nil {
				return nil, err
			}
		}
		if err := c.finish(); err != nil {
			return nil, err
		}
		return c.facts, c.follow(d.Position)
	}
	if err := db.await(ctx, r); err != nil {
		return Delivered{}, err
	}
	c.done.Quarantined += r.quarantined
	return c.done, nil
}

// follow notes how far the node has followed, unless something of it must come again.
func (c *courier) follow(position []byte) error {
	if len(position) == 0 || c.done.Dropped > 0 {
		return nil
	}
	kept, err := c.w.followed()
	if err == nil && !bytes.Equal(kept, position) {
		c.facts = append(c.facts, fact.Followed{Position: position})
	}
	return err
}
