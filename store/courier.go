package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Bounds on what the store keeps of other nodes' frames.
const (
	maxWaiting     = 64 << 20 // bytes of frames that came too early
	maxQuarantined = 64 << 20 // bytes of facts and frames that cannot be applied
	// maxHeads bounds the incarnations of one node whose last frame is remembered. Older incarnations are over. Their
	// frames are applied as they come, perhaps twice: facts join, so the second time changes nothing.
	maxHeads = 16
	// shares is how many nodes share the room at the hub: one that was stolen must not take that of the others.
	shares = 16
)

// courier resolves frames into their facts, and into the facts by which the node remembers how far it has come. It
// takes the frames of an incarnation in their order, each once.
type courier struct {
	judge  judgement // nil: the frames come from the authority
	sender uint16    // the node whose frames they are, if they are judged

	w     *writer
	heads map[incarnation]head // the last frames of the incarnations that moved on
	early map[place][]early    // frames that came before one that they follow
	facts resolved
	kept  int64 // bytes for the quarantine in facts
	own   int64 // bytes of the sender in quarantine, kept included; 0: not counted yet
	done  Delivered
}

type early struct {
	frame *fact.Frame
	raw   []byte
}

// begin gives the courier the transaction in which it resolves.
func (c *courier) begin(w *writer) {
	c.own = 0
	c.w, c.heads, c.early = w, map[incarnation]head{}, map[place][]early{}
}

// take takes one frame.
func (c *courier) take(raw []byte) error {
	f, err := fact.ParseFrame(raw)
	switch {
	case errors.Is(err, fact.ErrNewer):
		return c.quarantine(fact.Quarantine{Node: c.sender, IsFrame: true, Raw: raw})
	case err != nil:
		return err
	case c.judge != nil && f.Node != c.sender:
		return fmt.Errorf("frame of node %d %w: node %d sent it", f.Node, ErrInvalid, c.sender)
	}
	if err := c.takeFrame(early{f, raw}); err != nil {
		return fmt.Errorf("frame %v of node %d: %w", f.Position(), f.Node, err)
	}
	return nil
}

// takeFrame takes one frame and those that waited for it. A frame that comes too early is kept in early.
func (c *courier) takeFrame(e early) error {
	f := e.frame
	at := placeOf(f)
	h, over, err := c.head(at.of)
	if err != nil {
		return err
	}
	own := f.Node == c.w.node.Number && f.Incarnation == c.w.node.Incarnation
	switch {
	case f.Sequence == h.sequence && f.Hash() != h.hash:
		return ErrChain
	case own || f.Sequence <= h.sequence:
		c.done.Skipped++
		return c.fence(f)
	case over:
		c.done.Applied++
		return c.takeFacts(f)
	case f.Sequence > h.sequence+1:
		if slices.ContainsFunc(c.early[at], func(o early) bool { return bytes.Equal(o.raw, e.raw) }) {
			c.done.Skipped++
			return nil
		}
		c.early[at] = append(c.early[at], e)
		return nil
	case f.Previous != h.hash:
		return ErrChain
	}
	for ; f != nil; f = c.next(at.of) {
		if err := c.takeFacts(f); err != nil {
			return err
		}
		c.heads[at.of] = head{f.Sequence, f.Hash()}
		c.done.Applied++
	}
	return nil
}

// takeFacts takes the facts of a frame.
func (c *courier) takeFacts(f *fact.Frame) error {
	for _, x := range f.Facts {
		if err := c.takeFact(f.Node, f.Position(), x); err != nil {
			return err
		}
	}
	return nil
}

// takeFact takes one fact of a frame.
func (c *courier) takeFact(node uint16, at fact.Position, x fact.Fact) error {
	if c.judge != nil {
		if reason := c.judge(c.w, node, at, x); reason != "" {
			c.refuse(node, at, x, reason)
			return nil
		}
	}
	if _, unread := x.(fact.Unread); !unread {
		c.facts = append(c.facts, x)
		return nil
	}
	q := fact.Quarantine{Node: node, Position: at, Raw: fact.Append(nil, x)}
	if c.judge != nil && x.Kind().Lane() == fact.UpDown && !c.w.isQuarantined(q.Raw) {
		c.facts = append(c.facts, x) // for the outbox: nodes that can read it should not have to wait
	}
	return c.quarantine(q)
}

func (c *courier) refuse(node uint16, at fact.Position, x fact.Fact, reason string) {
	c.done.Refused = append(c.done.Refused, Refused{Node: node, Position: at, Fact: x, Reason: reason,
		Fenced: reason == fenced})
}

// fence refuses the advances of a frame that comes again, if a later incarnation has registered.
func (c *courier) fence(f *fact.Frame) error {
	if c.judge == nil {
		return nil
	}
	lease, err := c.w.lease(f.Node)
	if err != nil || f.Incarnation >= lease {
		return err
	}
	for _, x := range f.Facts {
		if _, ok := x.(fact.AdvanceFamily); ok {
			c.refuse(f.Node, f.Position(), x, fenced)
		}
	}
	return nil
}

func (c *courier) quarantine(q fact.Quarantine) error {
	q.Judge = c.judge != nil
	if c.kept += int64(len(q.Raw)); c.w.fleet.quarantined.bytes+c.kept > maxQuarantined {
		return fmt.Errorf("%w: it has %d bytes, the most is %d: run a newer version here", ErrQuarantineFull,
			c.w.fleet.quarantined.bytes, maxQuarantined)
	}
	if c.judge != nil {
		if c.own == 0 {
			c.own = c.w.quarantinedOf(q.Node)
		}
		if c.own += int64(len(q.Raw)); c.own > maxQuarantined/shares {
			return fmt.Errorf("%w: that of node %d, whose share is %d bytes: run a newer version here",
				ErrQuarantineFull, q.Node, maxQuarantined/shares)
		}
	}
	c.done.Quarantined++
	c.facts = append(c.facts, q)
	return nil
}

// next is the frame that follows the head of an incarnation, if it is there already; else nil. A frame with the right
// number that does not name the head as the one before is made up, and stays where it is.
func (c *courier) next(of incarnation) (next *fact.Frame) {
	h := c.heads[of]
	at := place{of, h.sequence + 1}
	for i, e := range c.early[at] {
		if e.frame.Previous == h.hash {
			c.early[at] = slices.Delete(c.early[at], i, i+1)
			return e.frame
		}
	}
	for f := range c.w.waiting(at.key(), place{of, at.sequence + 1}.key()) {
		if f.Previous == h.hash {
			return f
		}
	}
	return nil
}

// finish adds the facts that note the last frame of each incarnation, and has the frames wait that are still too early.
func (c *courier) finish() error {
	list := slices.SortedFunc(maps.Keys(c.heads), incarnation.compare)
	for i, of := range list {
		if i == 0 || list[i-1].node != of.node {
			if err := c.retire(of.node); err != nil {
				return err
			}
		}
		h := c.heads[of]
		c.facts = append(c.facts, fact.Head{Node: of.node,
			Position: fact.Position{Incarnation: of.number, Sequence: h.sequence}, Hash: h.hash})
	}
	bytes, most := c.w.fleet.waiting.bytes, int64(maxWaiting)
	if c.judge != nil && len(c.early) > 0 {
		bytes, most = c.w.waitingOf(c.sender), maxWaiting/shares
	}
	for _, at := range slices.SortedFunc(maps.Keys(c.early), place.compare) {
		for _, e := range c.early[at] {
			switch {
			case at.sequence <= c.heads[at.of].sequence || c.w.get(waitingBucket, waitingKey(at, e.raw)) != nil:
				c.done.Skipped++
			case bytes+int64(len(e.raw)) > most:
				c.done.Dropped++
			default:
				bytes += int64(len(e.raw))
				c.done.Waiting++
				c.facts = append(c.facts, fact.Wait{Frame: e.raw})
			}
		}
	}
	return nil
}

// retire takes the frames that wait in those incarnations of a node that are over once heads are noted: see maxHeads.
// Nobody will know which frame they follow.
func (c *courier) retire(node uint16) error {
	list := c.w.headsOf(node)
	for of := range c.heads {
		if of.node == node {
			list = append(list, of.number)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) < maxHeads {
		return nil
	}
	oldest := incarnation{node, list[len(list)-maxHeads]}
	for f := range c.w.waiting(beginning(node), place{of: oldest}.key()) {
		c.done.Applied++
		if err := c.takeFacts(f); err != nil {
			return err
		}
	}
	for at, list := range c.early {
		if at.of.node != node || at.of.number >= oldest.number {
			continue
		}
		for _, e := range list {
			c.done.Applied++
			if err := c.takeFacts(e.frame); err != nil {
				return err
			}
		}
		delete(c.early, at)
	}
	return nil
}
