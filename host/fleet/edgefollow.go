package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// follow puts what the hub publishes into the queue.
func (e *Edge) follow(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.cfg.Lane.Follow(ctx, func(raw []byte) {
			m, err := e.self.open(raw)
			if err != nil || m.kind != kindLog || m.from != HubNumber {
				e.refuse("log: no envelope of the hub")
				return
			}
			b, ok := readBatch(m.body)
			if !ok {
				e.refuse("log: malformed")
				return
			}
			if !e.batches.put(b) {
				poke(e.behind)
			}
		})
		if err != nil && ctx.Err() == nil {
			e.cfg.Log.Warn("fleet: following the hub failed, and begins again", "err", err)
			pause(ctx, pauseAfter)
		}
	}
}

// refuse counts a message that was refused.
func (e *Edge) refuse(reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	count(e.refusals, reason)
}

// count counts a reason, and those beyond a bound as one.
func count(reasons map[string]uint64, reason string) {
	const most = 64
	if _, known := reasons[reason]; !known && len(reasons) >= most {
		reason = "other"
	}
	reasons[reason]++
}

// apply applies the log: what was published, and what has to be fetched.
func (e *Edge) apply(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.batches.ready:
			if err := e.applyAll(ctx, e.batches.take()); err != nil {
				e.failed(ctx, "apply the log", err)
			}
		case <-e.behind:
			if err := e.catchUp(ctx); err != nil {
				e.failed(ctx, "catch up with the hub", err)
			}
		}
	}
}

// failed logs why a step failed that will be tried again: at once, and then once in a while.
func (e *Edge) failed(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	e.mu.Lock()
	text := what + ": " + err.Error()
	silent := text == e.logged && time.Since(e.loggedAt) < sayAgain
	if !silent {
		e.logged, e.loggedAt = text, time.Now()
	}
	e.mu.Unlock()
	if !silent {
		e.cfg.Log.Warn("fleet: cannot "+what+": it is tried again", "err", err)
	}
}

// applyAll applies batches, as far as they follow each other. It fetches what is missing between.
func (e *Edge) applyAll(ctx context.Context, list []batch) error {
	at := e.position()
	joined := batch{after: at}
	end := at
	for _, b := range list {
		frames, last, gap := b.following(end)
		if gap {
			poke(e.behind)
			break
		}
		joined.frames, end = append(joined.frames, frames...), last
	}
	return e.applyFrames(ctx, joined.frames, end)
}

// following are the frames of a batch that follow a place, and the last of them. gap: some are missing before them.
func (b *batch) following(p place) (frames [][]byte, last place, gap bool) {
	if b.after.epoch != p.epoch {
		return nil, p, false // a hello says what to do
	}
	if b.after.compare(p) > 0 {
		return nil, p, true
	}
	for i, raw := range b.frames {
		at, err := fact.FramePosition(raw)
		if err != nil {
			return nil, p, false
		}
		if compare(at, p.at) <= 0 {
			continue
		}
		if frames == nil {
			frames = b.frames[i:]
		}
		last = place{p.epoch, at}
	}
	if frames == nil {
		last = p
	}
	return frames, last, false
}

// position is how far the log was followed.
func (e *Edge) position() place {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.follows
}

// applyFrames applies frames of the log that follow each other, the last of which is at a place.
func (e *Edge) applyFrames(ctx context.Context, frames [][]byte, end place) error {
	if len(frames) == 0 {
		return nil
	}
	done, err := e.cfg.Store.Apply(ctx, store.Delivery{Frames: frames,
		Position: fact.AppendLogPosition(nil, end.epoch, end.at)})
	if err != nil {
		return err
	}
	if done.Dropped > 0 || done.Waiting > 0 {
		return errors.New("frames of the log do not follow each other")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reached(end)
	return nil
}

// catchUp settles what earlier incarnations left, and fetches the log from where the edge stands to its end. While it
// applies some pieces it fetches the next: one commit for each would wait for the disk more than it does anything.
func (e *Edge) catchUp(ctx context.Context) error {
	var ahead *pieces
	defer func() { ahead.drop() }()
	for {
		e.mu.Lock()
		from, last, heard, fenced, met := e.follows, e.last, !e.heard.IsZero(), e.fenced, e.met
		settled := e.ready || last.registered != e.incarnation // which may have to wait
		e.mu.Unlock()
		switch {
		case fenced && !met: // it began last, whatever its number says
			defer poke(e.nudge)
			return e.reincarnate(ctx, last.registered)
		case !heard || fenced:
			return nil // the next hello says where things stand
		case last.head.epoch != from.epoch:
			if err := e.realign(ctx, last.head.epoch); err != nil {
				return err
			}
			continue
		case !settled:
			if err := e.settle(ctx, last.take); err != nil {
				return err
			}
		}
		var f fetched
		var err error
		f, ahead, err = e.fetchOrTake(ctx, from, ahead)
		switch {
		case err != nil:
			return err
		case f.gone && f.after.epoch != from.epoch: // it was restored since the last hello
			if err := e.realign(ctx, f.after.epoch); err != nil {
				return err
			}
			continue
		case f.gone:
			if err := e.adopt(ctx); err != nil {
				return err
			}
			if epoch := e.position().epoch; epoch != from.epoch && from != (place{}) { // restored since the fetch
				if err := e.realign(ctx, epoch); err != nil {
					return err
				}
			}
			continue
		case len(f.frames) == 0:
			return nil
		}
		frames, end, _ := f.following(from)
		if len(frames) == 0 {
			return errors.New("the hub sent frames that do not follow")
		}
		frames, end = ahead.gather(frames, end)
		if err := e.applyFrames(ctx, frames, end); err != nil {
			return err
		}
	}
}
