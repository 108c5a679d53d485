package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Bounds on what the store keeps of other nodes' frames.
const (
	maxWaiting     = 64 << 20 // bytes of frames that came too early; others are dropped, and must come again
	maxQuarantined = 64 << 20 // bytes that cannot be read
	maxHeads       = 16       // incarnations of one node whose last frame is known; older ones are over
)

// Errors of Apply and Accept. Nothing of the delivery is then applied.
var (
	// ErrChain says that a frame does not follow the one before it: it was changed, or made by a copy of the node.
	ErrChain = errors.New("frame does not follow the one before")
	// ErrQuarantineFull says that too much was written by newer programs: run a newer version here.
	ErrQuarantineFull = errors.New("quarantine is full")
)

// Delivery is frames of other nodes.
type Delivery struct {
	Frames [][]byte
	// Position, if not nil, is kept in the transaction that applies the frames: see DB.Position. It has at most 1024
	// bytes.
	Position []byte
}

// Delivered says what became of a delivery.
type Delivered struct {
	Applied, Skipped, Waiting, Dropped int // frames: Skipped were known; Dropped must come again
	Quarantined                        int // facts and frames of newer programs
	Refused                            []Refused
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
	return db.deliver(ctx, d, nil)
}

// Accept is Apply for frames of nodes that are no authority, as the hub of a fleet gets them. It judges each fact:
// whether that node may write it, whether its times can be right, whether it is over. Those that it accepts are in its
// own outbox too.
func (db *DB) Accept(ctx context.Context, d Delivery) (Delivered, error) {
	return db.deliver(ctx, d, db.judge)
}

// Position returns what the last Delivery with a position said; nil: there was none.
func (db *DB) Position(ctx context.Context) (position []byte, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		position, err = tables{tx}.followed()
		return err
	})
	return position, err
}

// judgement says why a fact of a frame is refused; "": it is accepted.
type judgement func(f *fact.Frame, x fact.Fact, now int64) (reason string)

func (db *DB) deliver(ctx context.Context, d Delivery, judge judgement) (Delivered, error) {
	if len(d.Position) > maxText {
		return Delivered{}, fmt.Errorf("position %w: it has %d bytes, the most is %d", ErrInvalid, len(d.Position),
			maxText)
	}
	var done Delivered
	r := &request{foreign: judge == nil, done: make(chan struct{})}
	r.resolve = func(w *writer) (resolved, error) {
		c := courier{w: w, judge: judge, heads: map[headKey]fact.Head{}, done: &done, waiting: w.waitingBytes}
		done = Delivered{}
		facts, err := c.take(d.Frames)
		if err == nil && d.Position != nil {
			facts = append(facts, fact.Followed{Position: d.Position})
		}
		return facts, err
	}
	if err := db.await(ctx, r); err != nil {
		return Delivered{}, err
	}
	return done, nil
}

// courier resolves a delivery.
type courier struct {
	w       *writer
	judge   judgement
	heads   map[headKey]fact.Head
	facts   resolved
	done    *Delivered
	waiting int64 // bytes
}

// take resolves frames into their facts, and into what the node keeps of their order.
func (c *courier) take(frames [][]byte) (resolved, error) {
	for _, raw := range frames {
		f, err := fact.ParseFrame(raw)
		if errors.Is(err, fact.ErrNewer) {
			if err := c.quarantine(fact.Quarantine{Judge: c.judge != nil, IsFrame: true, Raw: raw}); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		for more := true; more; {
			if err := c.frame(f, raw); err != nil {
				return nil, fmt.Errorf("frame %v of node %d: %w", f.Position(), f.Node, err)
			}
			if f, raw, more, err = c.next(f); err != nil {
				return nil, err
			}
		}
	}
	for _, h := range c.heads {
		c.facts = append(c.facts, h)
	}
	return c.facts, nil
}

// frame takes one frame.
func (c *courier) frame(f *fact.Frame, raw []byte) error {
	key := headKey{f.Node, f.Incarnation}
	head, err := c.head(key)
	if err != nil {
		return err
	}
	own := f.Node == c.w.node.Number && f.Incarnation == c.w.node.Incarnation
	switch next := head.Position.Sequence + 1; {
	case own || f.Sequence < next || head.Node != f.Node:
		c.done.Skipped++
		return nil
	case f.Sequence > next:
		return c.wait(f, raw)
	case f.Previous != head.Hash:
		return ErrChain
	}
	for _, x := range f.Facts {
		if err := c.fact(f, x); err != nil {
			return err
		}
	}
	c.heads[key] = fact.Head{Node: f.Node, Position: f.Position(), Hash: f.Hash()}
	c.done.Applied++
	return nil
}

// fact takes one fact of a frame.
func (c *courier) fact(f *fact.Frame, x fact.Fact) error {
	if c.judge != nil {
		if reason := c.judge(f, x, c.w.at.known); reason != "" {
			c.done.Refused = append(c.done.Refused, Refused{f.Node, f.Position(), x, reason})
			return nil
		}
	}
	if _, unread := x.(fact.Unread); unread {
		return c.quarantine(fact.Quarantine{Node: f.Node, Judge: c.judge != nil, Raw: fact.Append(nil, x)})
	}
	c.facts = append(c.facts, x)
	return nil
}

func (c *courier) quarantine(q fact.Quarantine) error {
	sum, err := c.w.bytes(quarantineBucket)
	if err == nil && sum+int64(len(q.Raw)) > maxQuarantined {
		err = fmt.Errorf("%w: it has %d bytes", ErrQuarantineFull, sum)
	}
	if err != nil {
		return err
	}
	c.done.Quarantined++
	c.facts = append(c.facts, q)
	return nil
}

// wait keeps a frame that came too early, if there is room.
func (c *courier) wait(f *fact.Frame, raw []byte) error {
	if c.w.get(waitingBucket, waitingKey(f)) != nil {
		c.done.Skipped++
		return nil
	}
	if c.waiting += int64(len(raw)); c.waiting > maxWaiting {
		c.done.Dropped++
		return nil
	}
	c.done.Waiting++
	c.facts = append(c.facts, fact.Wait{Frame: raw})
	return nil
}

// next is the waiting frame that follows one that was just applied.
func (c *courier) next(f *fact.Frame) (*fact.Frame, []byte, bool, error) {
	head := c.heads[headKey{f.Node, f.Incarnation}]
	if head.Position != f.Position() {
		return nil, nil, false, nil
	}
	following := *f
	following.Sequence++
	raw := c.w.get(waitingBucket, waitingKey(&following))
	if raw == nil {
		return nil, nil, false, nil
	}
	next, err := fact.ParseFrame(raw)
	return next, raw, err == nil, err
}

// headKey names an incarnation of a node.
type headKey struct {
	node        uint16
	incarnation uint64
}

func (k headKey) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint16(nil, k.node), k.incarnation)
}

// head is the last frame of an incarnation that was applied. The zero value says that the incarnation is over.
func (c *courier) head(k headKey) (fact.Head, error) {
	if head, ok := c.heads[k]; ok {
		return head, nil
	}
	if value := c.w.get(headsBucket, k.encode()); value != nil {
		return decodeHead(k, value)
	}
	list := c.w.headsOf(k.node)
	if len(list) >= maxHeads && k.incarnation < list[0] {
		return fact.Head{Node: ^k.node}, nil
	}
	return fact.Head{Node: k.node}, nil
}

// waitingKey is the key of a frame in the bucket waiting: u16 node | u64 incarnation | u64 sequence.
func waitingKey(f *fact.Frame) []byte {
	return binary.BigEndian.AppendUint64(headKey{f.Node, f.Incarnation}.encode(), f.Sequence)
}

// reread applies what was quarantined and can be read by now: this program is newer than the one that kept it.
func (db *DB) reread(ctx context.Context) error {
	var list []fact.Quarantine
	if err := db.view(ctx, func(tx *bbolt.Tx) (err error) {
		list, err = tables{tx}.quarantined()
		return err
	}); err != nil {
		return err
	}
	for _, q := range list {
		frame := q.Raw
		if !q.IsFrame {
			if _, err := fact.Decode(q.Raw); err != nil {
				continue
			}
		} else if _, err := fact.ParseFrame(frame); err != nil {
			continue
		}
		if err := db.retry(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// retry applies one fact or frame of the quarantine.
func (db *DB) retry(ctx context.Context, q fact.Quarantine) error {
	var judge judgement
	if q.Judge {
		judge = db.judge
	}
	r := &request{foreign: judge == nil, done: make(chan struct{})}
	r.resolve = func(w *writer) (resolved, error) {
		c := courier{w: w, judge: judge, heads: map[headKey]fact.Head{}, done: &Delivered{}, waiting: w.waitingBytes}
		release := fact.Release{Digest: sha256.Sum256(q.Raw)}
		if q.IsFrame {
			facts, err := c.take([][]byte{q.Raw})
			return append(facts, release), err
		}
		x, err := fact.Decode(q.Raw)
		if err == nil {
			err = c.fact(&fact.Frame{Node: q.Node}, x)
		}
		return append(c.facts, release), err
	}
	return db.await(ctx, r)
}
