package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// publish publishes the log as it grows: a commit at once, and those soon after it together, so that publishing takes
// no more of a processor the more edges there are.
func (h *Hub) publish(ctx context.Context) {
	at := h.cfg.Store.Head()
	for {
		select {
		case <-h.cfg.Store.Frames():
		case <-ctx.Done():
			return
		}
		began := time.Now()
		poke(h.toRecord)
		for more := true; more; {
			var err error
			if at, more, err = h.publishAfter(ctx, at); err != nil && ctx.Err() == nil {
				h.cfg.Log.Warn("fleet: cannot publish the log: edges fetch it", "err", err)
				at, more = h.cfg.Store.Head(), false
			}
		}
		if !pause(ctx, h.linger()-time.Since(began)) {
			return
		}
	}
}

// publishAfter publishes the frames after a position, as many as fit into a message, and says how far that went.
func (h *Hub) publishAfter(ctx context.Context, at fact.Position) (last fact.Position, more bool, err error) {
	b := batch{after: place{h.epoch, at}}
	most := h.mostPublished()
	b.frames, err = h.cfg.Store.Log(ctx, at, most)
	if errors.Is(err, store.ErrLogGone) || at.IsZero() { // it begins, or was trimmed
		b.frames, err = h.cfg.Store.Outbox(ctx, at, most)
	}
	if err != nil || len(b.frames) == 0 {
		return at, false, err
	}
	if last, err = fact.FramePosition(b.frames[len(b.frames)-1]); err != nil {
		return at, false, err
	}
	h.mu.Lock()
	h.batches++
	h.mu.Unlock()
	return last, true, h.cfg.Lane.Publish(h.self.seal(envelope{kind: kindLog, to: everybody, body: b.append(nil)}))
}

// linger is how long the log waits between two messages, by the edges of which each gets them.
func (h *Hub) linger() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return min(maxLinger, time.Duration(len(h.edges))*lingerEach)
}

// mostPublished is how many bytes of frames share a message: a lane copies it for each link.
func (h *Hub) mostPublished() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return min(maxFetched, maxPublished/max(1, len(h.edges)))
}

// trimLog removes from the log what is older or more than its bounds.
func (h *Hub) trimLog(ctx context.Context) {
	for pause(ctx, trimLogEvery) {
		before := h.cfg.Now().Add(-h.cfg.LogAge)
		if err := h.cfg.Store.TrimLog(ctx, before, h.cfg.LogBytes); err != nil && ctx.Err() == nil {
			h.cfg.Log.Warn("fleet: cannot trim the log", "err", err)
		}
	}
}
