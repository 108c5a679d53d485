package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/store/fact"
)

// A hub that was restored has forgotten the frames that it made after the backup. Restore notes where those begin, and
// Replay takes them from where they were recorded.

// Replayed says what became of frames of this hub's own past.
type Replayed struct {
	Facts   int // that were taken
	Frames  int // whose facts were taken
	Skipped int // frames that this store has
}

// ErrReused says that a restored hub gave the id of a customer, or the number of a member, once more than it remembers:
// what Replay would bring back has it too. Tokens of one would count as those of the other.
var ErrReused = errors.New("was given to another one since the restore")

// Remembered is the position of the last frame of its own past that a restored hub knows, from its backup or by Replay;
// zero for one that was never restored.
func (db *DB) Remembered(ctx context.Context) (fact.Position, error) {
	return db.HeadOf(ctx, fact.HubNumber)
}

// Replay takes frames that this hub made after the backup from which it was restored, in their order. The caller makes
// sure that the hub made them, and that they are not of the time since: Restore began a new epoch. Frames that the
// store has are skipped; others are taken even where some are missing before them. What they say goes down the log
// again. Members that come back by it are missing offers (Pending), and those that were withdrawn no more. All is
// durable when Replay returns. The error is ErrInvalid at a node that is no hub, and for a frame of another node, and
// ErrReused for a customer or member whose id or number another one has: then the frames before it were taken.
func (db *DB) Replay(ctx context.Context, frames [][]byte) (Replayed, error) {
	var done Replayed
	for _, part := range (Delivery{Frames: frames}).parts() {
		more, err := db.replayPart(ctx, part)
		if err != nil {
			return done, fmt.Errorf("replay: %w", err)
		}
		done.Facts, done.Frames, done.Skipped =
			done.Facts+more.Facts, done.Frames+more.Frames, done.Skipped+more.Skipped
	}
	return done, nil
}

// replayPart replays frames in one commit.
func (db *DB) replayPart(ctx context.Context, frames [][]byte) (Replayed, error) {
	var done Replayed
	var c courier
	err := db.await(ctx, &request{foreign: true, done: make(chan struct{}), resolve: func(w *writer) (resolved, error) {
		if w.membership.Role != Hub {
			return nil, fmt.Errorf("%w: this node is no hub of a fleet", ErrInvalid)
		}
		done, c = Replayed{}, courier{}
		c.begin(w)
		for _, raw := range frames {
			n, err := c.replay(raw)
			switch {
			case err != nil:
				return nil, err
			case n < 0:
				done.Skipped++
			default:
				done.Facts, done.Frames = done.Facts+n, done.Frames+1
			}
		}
		if done.Frames == 0 {
			return nil, nil
		}
		missing, err := w.missingAfter(c.facts)
		if err != nil {
			return nil, err
		}
		c.facts = append(c.facts, missing)
		err = c.finish()
		return c.facts, err
	}})
	if err != nil { // the committer may still write done
		return Replayed{}, err
	}
	return done, nil
}

// replay takes a frame of this hub's past, and returns how many facts it has; below 0: the store has it.
func (c *courier) replay(raw []byte) (facts int, err error) {
	f, err := fact.ParseFrame(raw)
	if err != nil {
		return 0, err
	}
	if f.Node != fact.HubNumber {
		return 0, fmt.Errorf("frame of node %d %w: the hub did not make it", f.Node, ErrInvalid)
	}
	of := placeOf(f).of
	h, _, err := c.head(of)
	if err != nil {
		return 0, err
	}
	oldest := c.w.headsOf(f.Node) // of what the backup had
	if len(oldest) == 0 || of.number < oldest[0] || f.Sequence <= h.sequence {
		return -1, nil
	}
	for _, x := range f.Facts {
		if err := c.w.reused(x); err != nil {
			return 0, err
		}
	}
	before := len(c.facts)
	err = c.takeFacts(f)
	c.heads[of] = head{f.Sequence, f.Hash()}
	return len(c.facts) - before, err
}

// reused is ErrReused for a fact of the past about a customer or a member whose id or number this hub has given to
// another one since it was restored.
func (w *writer) reused(x fact.Fact) error {
	switch f := x.(type) {
	case fact.Customer:
		p, held, err := w.person(idKey(f.ID))
		if err == nil && held && p.made != f.Made && p.made.Epoch == w.node.Epoch {
			err = fmt.Errorf("id %v %w", f.ID, ErrReused)
		}
		return err
	case fact.Member:
		m, err := w.member(f.Number)
		if err == nil && m.Number != 0 && m.Key != f.Key && m.Stamp.Epoch == w.node.Epoch {
			err = fmt.Errorf("number %d of a node %w", f.Number, ErrReused)
		}
		return err
	}
	return nil
}

// missingAfter says whose offers a restored hub misses once it has taken facts of its past.
func (w *writer) missingAfter(facts resolved) (fact.Pending, error) {
	numbers, err := w.pending()
	if err != nil {
		return fact.Pending{}, err
	}
	for _, x := range facts {
		m, ok := x.(fact.Member)
		if !ok || m.Number == fact.HubNumber {
			continue
		}
		known, err := w.member(m.Number)
		if err != nil {
			return fact.Pending{}, err
		}
		i, missing := slices.BinarySearch(numbers, m.Number)
		switch {
		case m.Withdrawn != 0 && missing:
			numbers = slices.Delete(numbers, i, i+1)
		case m.Withdrawn == 0 && !missing && known.Number == 0:
			numbers = slices.Insert(numbers, i, m.Number)
		}
	}
	return fact.Pending{Numbers: numbers}, nil
}

// remember notes the last frame that the backup has, for Replay.
func (w *writer) remember() (facts resolved, err error) {
	if w.membership.Role != Hub {
		return nil, nil
	}
	end, err := w.logEnd()
	if errors.Is(err, ErrInvalid) { // it has written nothing of which others should know
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return resolved{fact.Head{Node: fact.HubNumber, Position: end.Position, Hash: end.hash}}, nil
}
