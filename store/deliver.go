package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Errors of Apply and Accept. Some of the delivery may be applied already. It can be delivered again: what is known is
// skipped.
var (
	// ErrChain says that a frame does not follow the one before it: it was changed, or made by a copy of the node.
	ErrChain = errors.New("frame does not follow the one before")
	// ErrQuarantineFull says that too much is kept that cannot be applied here, mostly since newer programs wrote it.
	ErrQuarantineFull = errors.New("quarantine is full")
)

// Delivery is a set of frames of other nodes, in any order.
type Delivery struct {
	Frames [][]byte
	// Position says how far the frames go, in a form of the caller's own and at most 1024 bytes. It is kept for
	// DB.Position by the transaction that applies the last of them, unless a frame was dropped. Empty: there is none.
	Position []byte
}

// Bounds on the frames that share a commit, since other writes wait for it, and each fact may change pages of its own,
// which are in memory until then. A single frame may have more.
const (
	maxDelivered      = 3 << 20 // bytes
	maxDeliveredFacts = 7_000
)

// parts cuts the frames of d into runs, one for each commit. There is at least one, since a position needs a commit.
func (d Delivery) parts() (runs [][][]byte) {
	start, size, facts := 0, 0, 0
	for i, raw := range d.Frames {
		size, facts = size+len(raw), facts+fact.FrameFacts(raw)
		if (size > maxDelivered || facts > maxDeliveredFacts) && i > start {
			runs = append(runs, d.Frames[start:i])
			start, size, facts = i, len(raw), fact.FrameFacts(raw)
		}
	}
	return append(runs, d.Frames[start:])
}

// Delivered says what became of a delivery.
type Delivered struct {
	Applied     int // frames, those included that had waited for them
	Skipped     int // frames that this node has already
	Waiting     int // frames that came before one that they follow, even if that came later in a large delivery
	Dropped     int // frames for which there was no room to wait: they must come again
	Quarantined int // facts and frames that cannot be read, and facts that meet a damaged record
	Refused     []Refused
}

// add adds what became of a further part.
func (d *Delivered) add(more Delivered) {
	d.Applied += more.Applied
	d.Skipped += more.Skipped
	d.Waiting += more.Waiting
	d.Dropped += more.Dropped
	d.Quarantined += more.Quarantined
	d.Refused = append(d.Refused, more.Refused...)
}

// Refused is a fact that Accept did not accept.
type Refused struct {
	Node     uint16
	Position fact.Position // of its frame
	Fact     fact.Fact
	Reason   string
	// Fenced says that a later incarnation of the node has registered. A frame that comes again is refused so too,
	// whatever became of it: the incarnation must not take it for confirmed.
	Fenced bool
}

// Apply applies frames that come from the authority. It judges nothing: no fact is refused, whatever this node's clock
// says. Frames that this node has already are skipped, and frames that come too early wait for those that they follow.
// What only a newer program can read is kept until one opens the store. All of it, and the position, is durable when
// Apply returns. A large delivery takes several commits, each of some 3 MiB of frames or 7,000 facts, between which
// other writes take their turn. The error is fact.ErrMalformed or ErrChain for a frame that no node can have made;
// Delivered then says what became of the frames in the commits before.
func (db *DB) Apply(ctx context.Context, d Delivery) (Delivered, error) {
	return db.deliver(ctx, d, courier{})
}

// Accept is Apply for the hub of a fleet, and for frames of a node that is no authority. The caller makes sure that
// they come from that node; a frame of another is ErrInvalid. Accept judges each fact: whether that node may write
// it, whether its times can be right, and whether it is over. What it accepts goes into its own outbox too. The error
// is core.ErrClock while the clock by which it judges is not plausible, and at the hub ErrWithdrawn for a node that was
// withdrawn, of which it takes nothing.
func (db *DB) Accept(ctx context.Context, node uint16, d Delivery) (Delivered, error) {
	if node < 1 || node > fact.MaxNumber {
		return Delivered{}, fmt.Errorf("node %d %w: it never joined a fleet", node, ErrInvalid)
	}
	return db.deliver(ctx, d, courier{sender: node, judge: db.judge})
}

// Position returns the position of the last Delivery that had one; nil if there was none.
func (db *DB) Position(ctx context.Context) (position []byte, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		position, err = tables{tx: tx}.followed()
		return err
	})
	return position, err
}

func (db *DB) deliver(ctx context.Context, d Delivery, c courier) (Delivered, error) {
	if len(d.Position) > maxText {
		return Delivered{}, fmt.Errorf("position %w: it has %d bytes, the most is %d", ErrInvalid, len(d.Position),
			maxText)
	}
	var done Delivered
	runs := d.parts()
	for i, frames := range runs {
		position := d.Position
		if i < len(runs)-1 || done.Dropped > 0 {
			position = nil
		}
		part, err := db.deliverPart(ctx, frames, position, c)
		if err != nil {
			return done, err
		}
		done.add(part)
	}
	return done, nil
}

// deliverPart delivers frames, and the position unless it is empty, in one commit.
func (db *DB) deliverPart(ctx context.Context, frames [][]byte, position []byte, c courier) (Delivered, error) {
	r := &request{foreign: true, unshared: c.judge == nil, done: make(chan struct{})}
	r.resolve = func(w *writer) (resolved, error) {
		c.begin(w)
		if err := c.checkSender(); err != nil {
			return nil, fmt.Errorf("accept frames: %w", err)
		}
		for _, raw := range frames {
			if err := c.take(raw); err != nil {
				return nil, err
			}
		}
		if err := c.finish(); err != nil {
			return nil, err
		}
		if c.judge != nil {
			c.facts = append(c.facts, w.foldsOf(c.facts)...)
		} else {
			c.facts = c.facts.revocationsLast()
		}
		err := c.follow(position)
		return c.facts, err
	}
	if err := db.await(ctx, r); err != nil {
		return Delivered{}, err
	}
	c.done.Quarantined += r.quarantined
	return c.done, nil
}

// checkSender says why nothing of the sender can be judged, or taken.
func (c *courier) checkSender() error {
	switch {
	case c.judge == nil:
		return nil
	case c.w.at.fault != nil:
		return c.w.at.fault
	case c.w.membership.Role == Hub:
		return c.w.checkMember(c.sender)
	}
	return nil
}

// follow adds the fact that keeps the position of a delivery, unless a frame of it must come again.
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

// revocationsLast has the revocations of families come last, by customers: side by side they meet the same
// pages. Facts that other nodes made come to the same in any order.
func (f resolved) revocationsLast() resolved {
	var last []fact.RevokeFamily
	others := f[:0]
	for _, x := range f {
		if r, ok := x.(fact.RevokeFamily); ok {
			last = append(last, r)
		} else {
			others = append(others, x)
		}
	}
	slices.SortFunc(last, func(a, b fact.RevokeFamily) int {
		j, k := a.Family, b.Family
		return cmp.Or(strings.Compare(j.Issuer, k.Issuer), cmp.Compare(j.Customer.Int, k.Customer.Int),
			strings.Compare(j.Customer.Text, k.Customer.Text), cmp.Compare(j.Bits, k.Bits),
			cmp.Compare(j.Start, k.Start))
	})
	for _, r := range last {
		others = append(others, r)
	}
	return others
}
