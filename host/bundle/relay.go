package bundle

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core/bundle"
)

// Relay gives at an edge of a fleet the bundles of the hub, byte for byte. It keeps the last one, asks the hub what has
// changed since when it hears that there is a newer one, and while the hub is away gives that one until it is too old.
// It is safe for concurrent use; whoever asks while the hub is asked waits for that.
type Relay struct {
	ask func(ctx context.Context, request []byte) (answer []byte, err error)
	now func() time.Time

	newer chan struct{} // cap 1: the hub has a newer one

	mu      sync.Mutex
	content *bundle.Bundle // nil: there is none
	text    []byte         // whole, signed
	deltas  map[uint64][]byte
	asked   time.Time
	failed  error  // of the last question
	absent  string // why the hub has none

	figures atomic.Pointer[Figures]
}

const (
	// relayPause is the shortest time between two questions of what is newer.
	relayPause = 250 * time.Millisecond
	// relayEvery is the longest, should the hub not say that it has a newer one.
	relayEvery = time.Minute
	// maxRelayed bounds the deltas that lead to one bundle, and with them the questions to the hub.
	maxRelayed = 8
	// maxAsked bounds the questions for the parts of one bundle.
	maxAsked = 4 * bundle.MaxBytes / maxPart
)

// AbsentError says why the hub has no bundle.
type AbsentError struct{ Reason string }

func (e *AbsentError) Error() string { return "the hub has no trust bundle: " + e.Reason }

// errTooOld says that the last bundle of the hub is too old.
var errTooOld = errors.New("the last trust bundle of the hub has expired")

// NewRelay makes a relay. ask asks the hub (CallBundle), where Maker.Answer answers; now is nil for time.Now.
func NewRelay(ask func(ctx context.Context, request []byte) ([]byte, error), now func() time.Time) *Relay {
	if now == nil {
		now = time.Now
	}
	return &Relay{ask: ask, now: now, newer: make(chan struct{}, 1)}
}

// Run asks the hub for its bundle whenever there is a newer one, until ctx ends: should the hub go away, this node has
// what was revoked until then, also if nobody has asked it.
func (r *Relay) Run(ctx context.Context) {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	for {
		r.mu.Lock()
		r.renew(ctx)
		r.mu.Unlock()
		select {
		case <-r.newer:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Newer tells the relay the epoch of the hub's last bundle; 0: it has none. It does not wait.
func (r *Relay) Newer(epoch uint64) {
	if epoch <= r.Figures().Epoch {
		return
	}
	select {
	case r.newer <- struct{}{}:
	default:
	}
}

// Bundle is Maker.Bundle: the newest bundle that is known here, at most relayPause behind that of the hub while it
// answers. The error is an AbsentError, or where there is none that is young enough, that of asking the hub.
func (r *Relay) Bundle(ctx context.Context, since uint64) (Text, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); now.Sub(r.asked) < 0 || now.Sub(r.asked) >= relayPause {
		r.renew(ctx)
	}
	switch {
	case r.absent != "":
		return Text{}, &AbsentError{r.absent}
	case r.content == nil:
		return Text{}, r.failed
	case r.now().Unix() >= r.content.NotAfter:
		return Text{}, errors.Join(errTooOld, r.failed)
	}
	return textOf(r.content, r.text, r.delta(ctx, since)), nil
}

// Figures gives those of the last bundle.
func (r *Relay) Figures() Figures {
	if f := r.figures.Load(); f != nil {
		return *f
	}
	return Figures{}
}

// renew asks the hub what is newer, and keeps what came of it. The caller holds mu.
func (r *Relay) renew(ctx context.Context) { r.asked, r.failed = r.now(), r.refresh(ctx) }

// refresh asks the hub what is newer.
func (r *Relay) refresh(ctx context.Context) error {
	for range 2 {
		have := uint64(0)
		if r.content != nil {
			have = r.content.Epoch
		}
		a, err := r.question(ctx, question{kind: askNewer, epoch: have})
		if err != nil {
			return err
		}
		r.absent = ""
		switch a.kind {
		case tellSame:
			if r.content == nil {
				return errMessage
			}
			return nil
		case tellAbsent:
			r.absent = a.reason
			return nil
		case tellPart:
			return r.fetch(ctx, a)
		case tellStep:
			if r.step(a) {
				return nil
			}
			r.content, r.text, r.deltas = nil, nil, nil // and once more, from nothing
		}
	}
	return errMessage
}

// question asks the hub.
func (r *Relay) question(ctx context.Context, q question) (reply, error) {
	answer, err := r.ask(ctx, q.append(nil))
	if err != nil {
		return reply{}, fmt.Errorf("ask the hub for its trust bundle: %w", err)
	}
	return readReply(answer)
}

// step goes on from the last bundle by a delta, and reports whether that leads on.
func (r *Relay) step(a reply) bool {
	if r.content == nil {
		return false
	}
	_, encoded, _ := partsOf(a.bytes)
	payload, err := base64.RawURLEncoding.DecodeString(string(encoded))
	if err != nil {
		return false
	}
	next, ok := bundle.Apply(r.content, payload)
	if !ok || next.Epoch <= r.content.Epoch {
		return false
	}
	text := append([]byte(a.header), '.')
	text = base64.RawURLEncoding.AppendEncode(text, next.Append(nil))
	text = append(append(text, '.'), a.signature...)
	delta := map[uint64][]byte{r.content.Epoch: bytes.Clone(a.bytes)}
	r.take(next, text)
	r.deltas = delta
	return true
}

// fetch takes the bundle whose first part is a, and asks for the others.
func (r *Relay) fetch(ctx context.Context, a reply) error {
	var text []byte
	var epoch uint64
	for range maxAsked {
		if a.kind != tellPart || len(a.bytes) == 0 {
			return errMessage
		}
		if a.offset == 0 {
			text, epoch = nil, a.epoch // another one, where the hub has that no more
		}
		if a.epoch != epoch || int(a.offset) != len(text) {
			return errMessage
		}
		text = append(text, a.bytes...)
		if len(text) == int(a.size) {
			return r.whole(text, epoch)
		}
		var err error
		if a, err = r.question(ctx, question{kind: askPart, epoch: epoch, offset: uint32(len(text))}); err != nil {
			return err
		}
	}
	return errors.New("the trust bundle of the hub changes faster than it comes")
}

// whole takes a bundle that was fetched.
func (r *Relay) whole(text []byte, epoch uint64) error {
	_, encoded, _ := partsOf(text)
	payload, err := base64.RawURLEncoding.DecodeString(string(encoded))
	if err != nil {
		return errMessage
	}
	content, ok := bundle.Read(payload)
	if !ok || content.Epoch != epoch {
		return errMessage
	}
	if r.content != nil && epoch <= r.content.Epoch {
		return nil // older than what verifiers may have from here
	}
	r.take(content, text)
	return nil
}

func (r *Relay) take(content *bundle.Bundle, text []byte) {
	r.content, r.text, r.deltas = content, text, map[uint64][]byte{}
	r.figures.Store(figuresOf(content, time.UnixMilli(int64(content.Epoch)), len(text)))
}

// delta is the delta from the bundle of an epoch; nil: the whole is to be given.
func (r *Relay) delta(ctx context.Context, since uint64) []byte {
	if since == 0 || since >= r.content.Epoch {
		return nil
	}
	delta, known := r.deltas[since]
	if known || len(r.deltas) >= maxRelayed {
		return delta
	}
	a, err := r.question(ctx, question{kind: askDelta, since: since, epoch: r.content.Epoch})
	if err == nil && a.kind == tellDelta && len(a.bytes) > 0 {
		delta = bytes.Clone(a.bytes)
	}
	r.deltas[since] = delta
	return delta
}
