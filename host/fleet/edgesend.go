package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// maxAwaited bounds how many messages with frames an edge sends before the hub has acknowledged the first of them.
const maxAwaited = 4

// sending is a message with frames that the hub has yet to acknowledge.
type sending struct {
	last  fact.Position // of its frames
	bytes int
	said  chan said // cap 1
}

// said is what the hub says to a message with frames.
type said struct {
	accepted
	err error
}

// send sends the frames of the outbox to the hub, in their order, each until it is acknowledged.
func (e *Edge) send(ctx context.Context) {
	wait := pauseAfter
	for ctx.Err() == nil {
		before := e.acknowledged()
		if err := e.sendAhead(ctx, before); !errors.Is(err, ErrAway) {
			e.failed(ctx, "send what was written here", err)
		}
		if e.acknowledged() != before {
			wait = pauseAfter
		}
		pause(ctx, wait)
		wait = min(2*wait, patience)
	}
}

// sendAhead sends the frames after a position until a message fails. It does not wait for an acknowledgement before it
// sends the next message: that would come to the hub when the next commit there has begun.
func (e *Edge) sendAhead(ctx context.Context, at fact.Position) error {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var awaited []*sending
	for bytes := 0; ; {
		var grown <-chan struct{} // nil: enough is awaited
		if len(awaited) < maxAwaited && bytes < maxFrames/2 {
			grown = e.cfg.Store.Frames()
			next, err := e.sendNext(ctx, &all, at, len(awaited) == 0)
			if err != nil {
				return err
			}
			if next != nil {
				awaited, bytes, at = append(awaited, next), bytes+next.bytes, next.last
				continue
			}
		}
		var first <-chan said // nil: none is awaited
		if len(awaited) > 0 {
			first = awaited[0].said
		}
		select {
		case <-grown:
		case a := <-first:
			if err := e.takeAcknowledgement(a, awaited[0].last); err != nil {
				return err
			}
			awaited, bytes = awaited[1:], bytes-awaited[0].bytes
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sendNext sends the frames after a position, as many as share a message, in a goroutine of a group; nil: there are
// none. Where none is awaited either, the hub has all.
func (e *Edge) sendNext(ctx context.Context, all *sync.WaitGroup, at fact.Position, none bool) (*sending, error) {
	head := e.cfg.Store.Head()
	frames, err := e.cfg.Store.Outbox(ctx, at, maxFrames)
	switch {
	case err != nil:
		return nil, err
	case len(frames) > 0:
		s := &sending{bytes: bytesOf(frames), said: make(chan said, 1)}
		if s.last, err = fact.FramePosition(frames[len(frames)-1]); err == nil {
			all.Go(func() { s.said <- e.sendFrames(ctx, frames) })
		}
		return s, err
	case none: // an earlier process was told so
		e.mu.Lock()
		defer e.mu.Unlock()
		e.acknowledge(head)
	}
	return nil, nil
}

// sendFrames sends frames, and waits for what the hub says.
func (e *Edge) sendFrames(ctx context.Context, frames [][]byte) said {
	answer, err := e.ask(ctx, kindFrames, appendList(nil, frames))
	if err != nil {
		return said{err: err}
	}
	a, ok := readAccepted(answer)
	if !ok {
		err = fmt.Errorf("%w: malformed acknowledgement", errEnvelope)
	}
	return said{a, err}
}

// takeAcknowledgement takes in what the hub says to frames, the last of which is at a position. All before them are
// acknowledged.
func (e *Edge) takeAcknowledgement(a said, last fact.Position) error {
	switch {
	case a.err != nil:
		return a.err
	case a.upTo != last:
		return fmt.Errorf("%w: the hub acknowledges something else than was sent", errEnvelope)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if a.refused > 0 {
		count(e.refusals, a.reason)
		e.cfg.Log.Warn("fleet: the hub refuses what was written here", "facts", a.refused, "reason", a.reason)
	}
	e.fence(e.fenced || a.fenced && last.Incarnation == e.incarnation)
	e.changed.send()
	e.acknowledge(last)
	return nil
}

// acknowledge notes that the hub has the frames of the outbox up to a position. The caller holds mu.
func (e *Edge) acknowledge(upTo fact.Position) {
	if compare(upTo, e.acked) > 0 {
		e.acked = upTo
		e.changed.send()
	}
}

// acknowledged is up to where the hub has the frames of the outbox.
func (e *Edge) acknowledged() fact.Position {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.acked
}

// trim removes from the outbox what the hub has acknowledged: not at once, since it takes a commit.
func (e *Edge) trim(ctx context.Context) {
	var trimmed fact.Position
	for pause(ctx, trimEvery) {
		acked := e.acknowledged()
		if compare(acked, trimmed) <= 0 {
			continue
		}
		if err := e.cfg.Store.Acknowledge(ctx, acked); err != nil {
			e.failed(ctx, "trim the outbox", err)
			continue
		}
		trimmed = acked
	}
}

// sendLogins tells the hub now and then who has logged in. What gets lost stays unknown there.
func (e *Edge) sendLogins(ctx context.Context) {
	for pause(ctx, loginsEvery) {
		for {
			logins := e.cfg.Store.LastLogins(maxLogins)
			if len(logins) == 0 {
				break
			}
			p := page{}
			for _, f := range logins {
				p.facts = append(p.facts, f)
			}
			if _, err := e.ask(ctx, kindFacts, p.append(nil)); err != nil {
				break
			}
		}
	}
}

// askPage asks the hub for a page of facts.
func (e *Edge) askPage(ctx context.Context, k kind, after []byte) (page, error) {
	answer, err := e.ask(ctx, k, codec.Bytes(nil, after))
	if err != nil {
		return page{}, err
	}
	p, ok := readPage(answer)
	if !ok {
		return page{}, fmt.Errorf("%w: malformed page", errEnvelope)
	}
	return p, nil
}
