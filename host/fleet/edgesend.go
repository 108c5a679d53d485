package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// send sends the frames of the outbox to the hub, in their order, each until it is acknowledged.
func (e *Edge) send(ctx context.Context) {
	wait := pauseAfter
	for ctx.Err() == nil {
		more, err := e.sendNext(ctx)
		switch {
		case err != nil:
			if !errors.Is(err, ErrAway) {
				e.failed(ctx, "send what was written here", err)
			}
			pause(ctx, wait)
			wait = min(2*wait, patience)
		case more:
			wait = pauseAfter
		default:
			select {
			case <-e.cfg.Store.Frames():
			case <-ctx.Done():
			}
		}
	}
}

// sendNext sends the frames that the hub has not acknowledged yet, as many as go at once. It reports whether there were
// any.
func (e *Edge) sendNext(ctx context.Context) (more bool, err error) {
	head := e.cfg.Store.Head()
	e.mu.Lock()
	after := e.acked
	e.mu.Unlock()
	frames, err := e.cfg.Store.Outbox(ctx, after, maxFrames)
	if err != nil || len(frames) > 0 {
		if err == nil {
			err = e.sendFrames(ctx, frames)
		}
		return true, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if compare(head, e.acked) > 0 { // an earlier process was told so
		e.acked = head
		e.changed.send()
	}
	return false, nil
}

// sendFrames sends frames, and takes in what the hub says.
func (e *Edge) sendFrames(ctx context.Context, frames [][]byte) error {
	answer, err := e.ask(ctx, kindFrames, appendList(nil, frames))
	if err != nil {
		return err
	}
	a, ok := readAccepted(answer)
	if !ok {
		return fmt.Errorf("%w: malformed acknowledgement", errEnvelope)
	}
	last, err := fact.FramePosition(frames[len(frames)-1])
	if err != nil {
		return err
	}
	if compare(a.upTo, last) > 0 {
		return fmt.Errorf("%w: the hub acknowledges what was not sent", errEnvelope)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if a.refused > 0 {
		count(e.refusals, a.reason)
		e.cfg.Log.Warn("fleet: the hub refuses what was written here", "facts", a.refused, "reason", a.reason)
	}
	e.fence(e.fenced || a.fenced && last.Incarnation == e.incarnation)
	if compare(a.upTo, e.acked) > 0 {
		e.acked = a.upTo
	}
	e.changed.send()
	return nil
}

// trim removes from the outbox what the hub has acknowledged: not at once, since it takes a commit.
func (e *Edge) trim(ctx context.Context) {
	var trimmed fact.Position
	for pause(ctx, trimEvery) {
		e.mu.Lock()
		acked := e.acked
		e.mu.Unlock()
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
