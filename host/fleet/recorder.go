package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Recorder keeps what the hub wrote in a place that does not share its fate. No node reads it but a hub that was
// restored (Replay). While it is away the fleet goes on: what it lacks waits in the hub's log.
type Recorder interface {
	// Last returns the last record; nil: there is none.
	Last(ctx context.Context) (record []byte, err error)
	// Append adds a record, which is durable when it returns. The error says so if the last one is another by now than
	// Last returned or Append added.
	Append(ctx context.Context, record []byte) error
	// Each calls take for each record that was added after a time, the oldest first.
	Each(ctx context.Context, since time.Time, take func(record []byte) error) error
}

const (
	recordLook    = 5 * time.Second  // how often the hub looks whether its last record is still there
	recordWait    = 10 * time.Second // for an answer of the recorder
	recordPause   = 10 * time.Second // the longest one after a failure
	recordMargin  = time.Hour        // by which the clocks of hub and recorder may differ
	maxReplayed   = 2 << 20          // bytes of frames that are replayed at once
	noSuchHistory = "the record ends in what this hub never wrote"
)

// RecorderStatus is how far the log is recorded.
type RecorderStatus struct {
	Up    bool   // it took or showed the last record that there should be
	Fault string // why not
	At    fact.Position
	// Gaps counts how often frames were trimmed from the log before they were recorded, since the start of the hub.
	Gaps uint64
	Gap  time.Time // when that was last noticed; zero: never
}

// recording is what the hub knows of its recorder. The hub's mu guards it.
type recording struct {
	RecorderStatus
	saidAt time.Time // when a fault was last logged
}

// record records the log as it grows, until ctx ends.
func (h *Hub) record(ctx context.Context) {
	for wait := pauseAfter; ctx.Err() == nil; wait = min(2*wait, recordPause) {
		began := time.Now()
		err := h.recordLog(ctx)
		if ctx.Err() != nil {
			return
		}
		h.recorderFailed(err)
		if time.Since(began) > recordPause {
			wait = pauseAfter
		}
		pause(ctx, wait)
	}
}

// recordLog records the log from where the record ends. It returns why it cannot go on.
func (h *Hub) recordLog(ctx context.Context) error {
	at, err := h.recorded(ctx)
	if err != nil {
		return err
	}
	for {
		next, more, err := h.recordAfter(ctx, at)
		if err != nil {
			return err
		}
		if at = next; more {
			continue
		}
		h.recorderIsUp(at.at)
		look := time.NewTimer(recordLook)
		select {
		case <-h.toRecord:
			look.Stop()
		case <-look.C:
			switch end, err := h.recorded(ctx); {
			case err != nil:
				return err
			case end.at != at.at:
				return errors.New("the record is not what it was: its storage was deleted or set back, or another " +
					"process writes it")
			}
		case <-ctx.Done():
			look.Stop()
			return ctx.Err()
		}
	}
}

// recorded is the place where the record ends; zero: there is none, or it ends in something that the hub never wrote.
func (h *Hub) recorded(ctx context.Context) (place, error) {
	ctx, stop := context.WithTimeout(ctx, recordWait)
	defer stop()
	raw, err := h.cfg.Recorder.Last(ctx)
	if err != nil || raw == nil {
		return place{}, err
	}
	b, err := h.openRecord(raw)
	if err != nil || len(b.frames) == 0 {
		h.refuse(noSuchHistory)
		return place{}, nil
	}
	at, err := fact.FramePosition(b.frames[len(b.frames)-1])
	return place{b.after.epoch, at}, err
}

// openRecord reads a record, and checks that this hub made it.
func (h *Hub) openRecord(raw []byte) (batch, error) {
	m, err := h.self.open(raw)
	if err != nil {
		return batch{}, err
	}
	b, ok := readBatch(m.body)
	if m.kind != kindLog || m.from != HubNumber || !ok {
		return batch{}, fmt.Errorf("%w: it is no record", errEnvelope)
	}
	return b, nil
}

// recordAfter records the frames after a place, as many as fit into a record, and says how far that went.
func (h *Hub) recordAfter(ctx context.Context, at place) (next place, more bool, err error) {
	b, err := h.unrecorded(ctx, at)
	if err != nil || len(b.frames) == 0 {
		return at, false, err
	}
	last, err := fact.FramePosition(b.frames[len(b.frames)-1])
	if err != nil {
		return at, false, err
	}
	if b.after.at.IsZero() && !at.at.IsZero() {
		h.recorderHasGap(at.at)
	}
	ctx, stop := context.WithTimeout(ctx, recordWait)
	defer stop()
	record := h.self.seal(envelope{kind: kindLog, to: everybody, body: b.append(nil)})
	if err := h.cfg.Recorder.Append(ctx, record); err != nil {
		return at, false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recording.At = last
	h.changed.send()
	return place{h.epoch, last}, true, nil
}

// unrecorded are the frames after where the record ends. What they follow is zero where frames are missing in between.
func (h *Hub) unrecorded(ctx context.Context, at place) (b batch, err error) {
	b.after = place{h.epoch, at.at}
	b.frames, err = h.cfg.Store.Log(ctx, at.at, maxFetched)
	if !errors.Is(err, store.ErrLogGone) {
		return b, err
	}
	if b.frames, err = h.cfg.Store.Outbox(ctx, at.at, maxFetched); err != nil || len(b.frames) == 0 {
		return b, err
	}
	first, err := fact.FramePosition(b.frames[0])
	if at.epoch == h.epoch || first.Sequence != 1 { // else the hub was restored, and this is its first word since
		b.after.at = fact.Position{}
	}
	return b, err
}

func (h *Hub) recorderIsUp(at fact.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.recording.Up {
		h.cfg.Log.Info("fleet: the log is recorded", "up_to", at)
	}
	h.recording.Up, h.recording.Fault, h.recording.At, h.recording.saidAt = true, "", at, time.Time{}
	h.changed.send()
}

func (h *Hub) recorderFailed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recording.Up, h.recording.Fault = false, err.Error()
	if time.Since(h.recording.saidAt) >= sayAgain {
		h.recording.saidAt = time.Now()
		h.cfg.Log.Warn("fleet: the log is not recorded, and waits in the hub's store", "err", err)
	}
	h.changed.send()
}

func (h *Hub) recorderHasGap(after fact.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recording.Gaps++
	h.recording.Gap = h.cfg.Now()
	h.cfg.Log.Error("fleet: the record has a gap: frames were trimmed from the log (fleet.log.age, fleet.log.bytes) "+
		"before they were recorded: make a backup of the hub", "after", after)
}
