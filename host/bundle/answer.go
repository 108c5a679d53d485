package bundle

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// pinned is a whole bundle that edges fetch in parts, while newer ones are made.
type pinned struct {
	text  []byte
	epoch uint64
	at    time.Time
}

// pinFor is how long one stays the one that is fetched.
const pinFor = 5 * time.Second

// Answer answers CallBundle at the hub, with the bundles that are made of from. The error is one of the store, or
// core.ErrClock; that there is no bundle is an answer.
func (m *Maker) Answer(ctx context.Context, from Source, request []byte) ([]byte, error) {
	q, err := readQuestion(request)
	if err != nil {
		return AnswerAbsent(err.Error()), nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if q.kind == askPart && m.pin.epoch == q.epoch && int(q.offset) < len(m.pin.text) {
		return m.pin.part(q.offset), nil
	}
	switch err := m.refresh(ctx, from, leastPause); {
	case errors.Is(err, ErrNoKeys):
		return AnswerAbsent(err.Error()), nil
	case err != nil:
		return nil, err
	}
	switch last := m.last.content.Epoch; {
	case q.kind == askDelta && q.epoch != last:
		return reply{kind: tellDelta}.append(nil), nil
	case q.kind == askDelta:
		delta, err := m.delta(ctx, from, q.since)
		if len(delta) > maxPart {
			delta = nil
		}
		return reply{kind: tellDelta, bytes: delta}.append(nil), err
	case q.kind == askNewer && q.epoch >= last:
		return reply{kind: tellSame}.append(nil), nil
	case q.kind == askNewer:
		delta, err := m.delta(ctx, from, q.epoch)
		if err != nil {
			return nil, err
		}
		if delta != nil && len(delta) <= maxPart {
			header, _, signature := partsOf(m.last.text)
			return reply{kind: tellStep, bytes: delta, header: string(header),
				signature: string(signature)}.append(nil), nil
		}
	}
	return m.whole(q).part(0), nil
}

// AnswerAbsent answers CallBundle where the hub publishes no bundle, and says why.
func AnswerAbsent(reason string) []byte { return reply{kind: tellAbsent, reason: reason}.append(nil) }

// whole is the bundle that is fetched from now on: the last one, or where that takes several parts, one that others
// fetch already.
func (m *Maker) whole(q question) pinned {
	last := pinned{m.last.text, m.last.content.Epoch, m.store.Time()}
	age := last.at.Sub(m.pin.at)
	switch {
	case len(last.text) <= maxPart:
		return last
	case m.pin.text == nil, age < 0, age >= pinFor, q.kind == askNewer && m.pin.epoch <= q.epoch:
		m.pin = last
	}
	return m.pin
}

// part answers with the bytes from an offset.
func (p pinned) part(offset uint32) []byte {
	rest := p.text[offset:]
	return reply{kind: tellPart, epoch: p.epoch, size: uint32(len(p.text)), offset: offset,
		bytes: rest[:min(len(rest), maxPart)]}.append(nil)
}

// partsOf are header, payload and signature of a compact JWS, in base64url.
func partsOf(text []byte) (header, payload, signature []byte) {
	header, rest, _ := bytes.Cut(text, []byte("."))
	payload, signature, _ = bytes.Cut(rest, []byte("."))
	return header, payload, signature
}
