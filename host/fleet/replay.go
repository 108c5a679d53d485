package fleet

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Replayed says what came back from the record.
type Replayed struct {
	Facts int
	// Refused counts records that this hub did not sign: somebody changed them, or wrote them.
	Refused int
	// Gaps are where the record does not go on. What the hub wrote in between is lost.
	Gaps []Gap
}

// Gap is a part of its past that a hub can get from nowhere.
type Gap struct {
	// After is when the last frame before the gap was made, Before that of the first one after it; zero: unknown.
	After, Before time.Time
}

// replay takes records.
type replay struct {
	h      *Hub
	done   Replayed
	end    fact.Position // the last frame that was taken or known
	made   time.Time     // when that was made
	frames [][]byte      // to be taken
	bytes  int
}

// Replay takes what was recorded of the log and this restored hub has forgotten. It needs HubConfig.Recorder.
func (h *Hub) Replay(ctx context.Context) (Replayed, error) {
	r := &replay{h: h}
	if err := r.begin(ctx); err != nil || r.end.IsZero() {
		return Replayed{}, err
	}
	since := r.made
	if !since.IsZero() {
		since = since.Add(-recordMargin)
	}
	err := h.cfg.Recorder.Each(ctx, since, func(record []byte) error { return r.take(ctx, record) })
	if err == nil {
		err = r.flush(ctx)
	}
	if err != nil {
		return r.done, err
	}
	return r.done, h.readPending(ctx)
}

// begin reads where the memory of a restored hub ends.
func (r *replay) begin(ctx context.Context) (err error) {
	if r.end, err = r.h.cfg.Store.Remembered(ctx); err != nil || r.end.IsZero() {
		return err
	}
	before := r.end
	before.Sequence--
	frames, err := r.h.cfg.Store.Outbox(ctx, before, 1)
	if err != nil || len(frames) == 0 {
		return err
	}
	if f, err := fact.ParseFrame(frames[0]); err == nil && f.Position() == r.end {
		r.made = time.UnixMicro(f.Made)
	}
	return nil
}

// take takes a record, unless it is of the time since the hub was restored.
func (r *replay) take(ctx context.Context, record []byte) error {
	b, err := r.h.openRecord(record)
	if err != nil {
		r.done.Refused++
		return nil
	}
	if b.after.epoch == r.h.epoch {
		return nil
	}
	for i, raw := range b.frames {
		f, err := fact.ParseFrame(raw)
		if err != nil {
			return err
		}
		if compare(f.Position(), r.end) <= 0 {
			continue
		}
		// The first frame that is new follows what is known, if the batch does, or has some of it.
		if i == 0 && (b.after.at.IsZero() || compare(b.after.at, r.end) > 0) {
			r.done.Gaps = append(r.done.Gaps, Gap{r.made, time.UnixMicro(f.Made)})
		}
		r.end, r.made = f.Position(), time.UnixMicro(f.Made)
		r.frames, r.bytes = append(r.frames, raw), r.bytes+len(raw)
	}
	if r.bytes < maxReplayed {
		return nil
	}
	return r.flush(ctx)
}

// flush replays the frames that were taken.
func (r *replay) flush(ctx context.Context) error {
	done, err := r.h.cfg.Store.Replay(ctx, r.frames)
	r.done.Facts += done.Facts
	r.frames, r.bytes = nil, 0
	return err
}

// readPending reads which members have yet to tell what the hub forgot.
func (h *Hub) readPending(ctx context.Context) error {
	numbers, err := h.cfg.Store.Pending(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.pending)
	for _, n := range numbers {
		h.pending[n] = true
	}
	h.changed.send()
	return nil
}
