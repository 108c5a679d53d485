package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// errMalformed says that a member's message cannot be read.
var errMalformed = errors.New("malformed message")

// work is what the hub does for a node, by the kind of an envelope.
type work map[kind]func(ctx context.Context, from uint16, body []byte) ([]byte, error)

// handler is what the lane has the hub answer.
func (h *Hub) handler() lane.Handler {
	send := work{kindFrames: h.accept, kindHello: h.hello}
	fetch := work{kindFetch: h.fetch, kindGenerations: h.generations}
	ask := work{kindOffer: h.offer, kindFacts: h.facts, kindHome: h.cfg.Answer, kindCall: h.call}
	return lane.Handler{
		Send: func(ctx context.Context, from uint16, raw []byte) []byte { return h.serve(ctx, from, raw, send) },
		Fetch: func(ctx context.Context, from uint16, raw []byte) []byte {
			select { // so that the answers to a storm of edges fit into memory
			case h.answering <- struct{}{}:
				defer func() { <-h.answering }()
			case <-ctx.Done():
				return nil
			}
			return h.serve(ctx, from, raw, fetch)
		},
		Ask: func(ctx context.Context, from uint16, raw []byte) []byte { return h.serve(ctx, from, raw, ask) },
	}
}

// serve opens what a node sent over its own link, does it, and makes the answer; nil: there is none.
func (h *Hub) serve(ctx context.Context, from uint16, raw []byte, do work) []byte {
	m, err := h.self.open(raw)
	if err == nil && m.from != from {
		err = fmt.Errorf("%w: node %d sent it in the name of node %d", errEnvelope, from, m.from)
	}
	if err != nil {
		h.refuse(err.Error())
		return h.dismiss(from, raw)
	}
	f := do[m.kind]
	if f == nil {
		return h.self.answer(m, nil, errNoCall)
	}
	if (m.kind == kindHome || m.kind == kindCall) && h.seen.again(from, m.nonce) {
		h.refuse(refusedRepeat)
		return nil
	}
	t := turn{from, m.kind}
	if !h.enter(t) {
		h.refuse(errBusy.Error())
		return h.self.answer(m, nil, errBusy)
	}
	defer h.leave(t)
	body, err := f(ctx, from, m.body)
	if err != nil {
		h.refuse(err.Error())
	}
	return h.self.answer(m, body, err)
}

// dismiss answers the hello of an edge that was withdrawn, so that it knows: not every lane keeps it away. nil: this is
// none.
func (h *Hub) dismiss(from uint16, raw []byte) []byte {
	former := h.self
	former.keyOf = withdrawnKeys(h.cfg.Store)
	m, err := former.open(raw)
	if err != nil || m.from != from || m.kind != kindHello {
		return nil
	}
	w := welcome{wall: h.cfg.Now().UnixMicro(), withdrawn: true}
	return h.self.answer(m, w.append(nil), nil)
}

func (h *Hub) refuse(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	count(h.refusals, reason)
}

// accept takes frames of an edge.
func (h *Hub) accept(ctx context.Context, from uint16, body []byte) ([]byte, error) {
	r := codec.Reader{Rest: body}
	frames := readList(&r)
	if !r.Done() || len(frames) == 0 {
		return nil, errMalformed
	}
	upTo, err := fact.FramePosition(frames[len(frames)-1])
	if err != nil {
		return nil, err
	}
	if !h.mayRevoke(from) {
		return nil, errTooMany
	}
	h.sends(from, upTo)
	done, err := h.cfg.Store.Accept(ctx, from, store.Delivery{Frames: frames})
	h.revokes(from, revoked(frames))
	if err != nil {
		return nil, err
	}
	if done.Dropped > 0 {
		return nil, errors.New("there is no room for frames that came too early")
	}
	a := accepted{upTo: upTo, refused: uint32(len(done.Refused))}
	for i, x := range done.Refused {
		if i == 0 {
			a.reason = x.Fact.Kind().String() + ": " + x.Reason
		}
		a.fenced = a.fenced || x.Fenced
	}
	if a.refused > 0 {
		h.refuse(a.reason)
	}
	return a.append(nil), nil
}

// fetch answers with the frames of the log after a place.
func (h *Hub) fetch(ctx context.Context, _ uint16, body []byte) ([]byte, error) {
	r := codec.Reader{Rest: body}
	after := readPlace(&r)
	if !r.Done() {
		return nil, errMalformed
	}
	f := fetched{batch: batch{after: after}}
	var err error
	if after.epoch != h.epoch {
		f.after, err = place{epoch: h.epoch}, store.ErrLogGone
	} else {
		f.frames, err = h.cfg.Store.Log(ctx, after.at, maxFetched)
	}
	if errors.Is(err, store.ErrLogGone) {
		f.gone, err = true, nil
	}
	return f.append(nil), err
}

// generations answers with a page of the advances of an edge's families.
func (h *Hub) generations(ctx context.Context, from uint16, body []byte) ([]byte, error) {
	r := codec.Reader{Rest: body}
	after := r.Bytes()
	if !r.Done() {
		return nil, errMalformed
	}
	facts, next, err := h.cfg.Store.Generations(ctx, from, after, maxPage)
	p := page{facts: facts, next: next}
	return p.append(nil), err
}

// offer takes a page of what an edge knows and a restored hub may have forgotten.
func (h *Hub) offer(ctx context.Context, from uint16, body []byte) ([]byte, error) {
	h.mu.Lock()
	asked := h.pending[from]
	h.mu.Unlock()
	if !asked { // it was told already that its offer is complete, or somebody gave up what it knows
		pause(ctx, offerUnaskedIn)
		if !h.mayRevoke(from) {
			return nil, errTooMany
		}
	}
	p, ok := readPage(body)
	if !ok {
		return nil, errMalformed
	}
	revoked, err := h.take(ctx, from, p)
	if !asked {
		h.revokes(from, revoked)
	}
	if err != nil || p.next != nil {
		return nil, err
	}
	h.cfg.Log.Info("fleet: an edge has told what this restored hub may have forgotten", "node", from)
	return nil, h.Resume(ctx, from)
}

// facts takes last log-ins, which no frame has.
func (h *Hub) facts(ctx context.Context, from uint16, body []byte) ([]byte, error) {
	p, ok := readPage(body)
	if !ok || slices.ContainsFunc(p.facts, func(f fact.Fact) bool { return f.Kind() != fact.LastLoginKind }) {
		return nil, errMalformed
	}
	_, err := h.take(ctx, from, p)
	return nil, err
}

// take takes a page of facts, and says how many log-ins ended that nobody had told of.
func (h *Hub) take(ctx context.Context, from uint16, p page) (revoked int, err error) {
	done, err := h.cfg.Store.Take(ctx, from, p.facts)
	for _, x := range done.Refused {
		h.refuse(x.Fact.Kind().String() + ": " + x.Reason)
	}
	return done.Revoked, err
}

// call does what only the hub can do.
func (h *Hub) call(ctx context.Context, from uint16, body []byte) ([]byte, error) {
	if len(body) == 0 || h.cfg.Calls[body[0]] == nil {
		return nil, errNoCall
	}
	return h.cfg.Calls[body[0]](ctx, from, body[1:])
}
