package fleet

import (
	"crypto/ed25519"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Kinds of envelopes.
const (
	Hello       = byte(kindHello)
	Frames      = byte(kindFrames)
	Fetch       = byte(kindFetch)
	Generations = byte(kindGenerations)
	Offer       = byte(kindOffer)
	Facts       = byte(kindFacts)
	Home        = byte(kindHome)
	Call        = byte(kindCall)
	Log         = byte(kindLog)
	Answered    = byte(answered)
)

// Seal signs any envelope with any key, as whoever has stolen one can.
func Seal(fleet [16]byte, key ed25519.PrivateKey, k byte, from, to uint16, nonce [16]byte, body []byte) []byte {
	i := identity{fleet: fleet, number: from, key: key}
	return i.seal(envelope{kind: kind(k), to: to, nonce: nonce, body: body})
}

// Unseal reads an answer without a look at its signature: the body, or the text of a refusal.
func Unseal(raw []byte) (body []byte, refusal string) {
	if len(raw) < envelopeBytes+1+ed25519.SignatureSize {
		return nil, "no answer"
	}
	body = raw[envelopeBytes : len(raw)-ed25519.SignatureSize]
	if body[0] != 0 {
		r := codec.Reader{Rest: body[1:]}
		return nil, r.Text()
	}
	return body[1:], ""
}

// Nonce is that of an envelope.
func Nonce(raw []byte) (n [16]byte) {
	copy(n[:], raw[envelopeBytes-nonceBytes:])
	return n
}

// IsDismissal reports whether the answer to a hello says that the edge was withdrawn, and nothing else but the time.
func IsDismissal(answer []byte) bool {
	w, ok := readWelcome(answer)
	return ok && w == welcome{wall: w.wall, withdrawn: true}
}

// ListOf is the body of a message of frames.
func ListOf(frames ...[]byte) []byte { return appendList(nil, frames) }

// PageOf is the body of a page of facts.
func PageOf(next []byte, facts ...fact.Fact) []byte {
	p := page{facts: facts, next: next}
	return p.append(nil)
}

// FactsOf are the facts of a page.
func FactsOf(body []byte) ([]fact.Fact, bool) {
	p, ok := readPage(body)
	return p.facts, ok
}

// HelloOf is the body of a hello.
func HelloOf(incarnation uint64, follows fact.Position, epoch uint32, wall int64, ends bool) []byte {
	h := hello{incarnation: incarnation, follows: place{epoch, follows}, wall: wall, ready: true, ends: ends,
		version: "thief"}
	return h.append(nil)
}

// BatchOf is the body of a piece of the log.
func BatchOf(epoch uint32, after fact.Position, frames ...[]byte) []byte {
	b := batch{after: place{epoch, after}, frames: frames}
	return b.append(nil)
}

// PlaceOf is the body of a fetch.
func PlaceOf(epoch uint32, at fact.Position) []byte { return place{epoch, at}.append(nil) }

// WelcomeOf is the body of the answer to a hello.
func WelcomeOf(epoch uint32, head fact.Position, fenced bool) []byte {
	w := welcome{head: place{epoch, head}, whole: true, fenced: fenced}
	return append([]byte{0}, w.append(nil)...)
}

// AcceptedOf is the body of the answer to frames.
func AcceptedOf(upTo fact.Position) []byte {
	a := accepted{upTo: upTo}
	return append([]byte{0}, a.append(nil)...)
}

// SetBurst bounds the log-outs that an edge may tell of at once.
func (h *Hub) SetBurst(n float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.burst = n
}
