package fleet

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// kind says what an envelope holds.
type kind uint8

const (
	kindHello       kind = 1 // edge → hub
	kindFrames      kind = 2 // edge → hub: frames of its outbox
	kindFetch       kind = 3 // edge → hub: the log after a position
	kindGenerations kind = 4 // edge → hub: the advances of its own families
	kindOffer       kind = 5 // edge → hub: what a restored hub may have forgotten
	kindFacts       kind = 6 // edge → hub: facts that may get lost
	kindHome        kind = 7 // node → home
	kindCall        kind = 8 // edge → hub: work for the hub's node
	kindLog         kind = 9 // hub → all

	answered kind = 0x80 // set in the answer to an envelope
)

const (
	envelopeVersion = 1
	nonceBytes      = 16
	envelopeBytes   = 1 + 1 + 2 + 2 + nonceBytes
	// everybody is the addressee of the hub's log.
	everybody uint16 = 0
	// HubNumber is the number of the hub.
	HubNumber uint16 = fact.HubNumber
)

// signatureDomain begins what the signature of an envelope is about, so that a link key signs nothing else that could
// be shown as an envelope.
const signatureDomain = "edgetoken fleet envelope 1\x00"

// errEnvelope says that bytes are no envelope of this fleet for this node.
var errEnvelope = errors.New("no envelope of this fleet")

// envelope is what goes over a lane.
type envelope struct {
	kind     kind
	from, to uint16
	// nonce ties an answer to what was asked, and numbers what a process asks: see numbering. Zero in the log.
	nonce [nonceBytes]byte
	body  []byte
}

// identity is what a node signs and opens envelopes with.
type identity struct {
	fleet  [16]byte
	number uint16
	key    ed25519.PrivateKey
	// keyOf is the link key of a member; nil where there is none, or the member has withdrawn.
	keyOf func(number uint16) ed25519.PublicKey
	asked *numbering
}

// seal encodes and signs an envelope:
//
//	version 1 | u8 kind | u16 from | u16 to | 16 bytes nonce | body | 64 bytes signature (Ed25519, RFC 8032)
//
// The signature is about a fixed text, the id of the fleet, and all that comes before it.
func (i *identity) seal(e envelope) []byte {
	b := make([]byte, 0, envelopeBytes+len(e.body)+ed25519.SignatureSize)
	b = codec.U16(codec.U16(append(b, envelopeVersion, byte(e.kind)), i.number), e.to)
	b = append(append(b, e.nonce[:]...), e.body...)
	return append(b, ed25519.Sign(i.key, i.signed(b))...)
}

// signed is what the signature of an envelope is about.
func (i *identity) signed(b []byte) []byte {
	s := make([]byte, 0, len(signatureDomain)+len(i.fleet)+len(b))
	return append(append(append(s, signatureDomain...), i.fleet[:]...), b...)
}

// open reads an envelope that is for this node or for everybody, and checks its signature. The body stays part of raw.
func (i *identity) open(raw []byte) (e envelope, err error) {
	n := len(raw) - ed25519.SignatureSize
	if n < envelopeBytes {
		return e, fmt.Errorf("%w: it has %d bytes", errEnvelope, len(raw))
	}
	r := codec.Reader{Rest: raw[:n]}
	version := r.U8()
	e = envelope{kind: kind(r.U8()), from: r.U16(), to: r.U16()}
	copy(e.nonce[:], r.Take(nonceBytes))
	e.body = r.Rest
	switch {
	case version != envelopeVersion:
		return e, fmt.Errorf("%w: it has version %d", errEnvelope, version)
	case e.to != i.number && (e.to != everybody || e.kind != kindLog):
		return e, fmt.Errorf("%w: it is for node %d", errEnvelope, e.to)
	}
	key := i.keyOf(e.from)
	if key == nil || !ed25519.Verify(key, i.signed(raw[:n]), raw[n:]) {
		return e, fmt.Errorf("%w: node %d did not sign it", errEnvelope, e.from)
	}
	return e, nil
}

// request makes an envelope that asks for an answer.
func (i *identity) request(k kind, to uint16, body []byte) (e envelope, raw []byte) {
	e = envelope{kind: k, from: i.number, to: to, nonce: i.asked.next(), body: body}
	return e, i.seal(e)
}

// answer makes the answer to an envelope: u8 0 | body, or u8 1 | text of an error.
func (i *identity) answer(to envelope, body []byte, err error) []byte {
	e := envelope{kind: to.kind | answered, to: to.from, nonce: to.nonce}
	if err != nil {
		e.body = codec.Text([]byte{1}, clip(err.Error()))
	} else {
		e.body = append([]byte{0}, body...)
	}
	return i.seal(e)
}

// maxErrorText bounds the text of an error that goes over a lane, in bytes.
const maxErrorText = 500

// clip cuts a text that goes over a lane.
func clip(s string) string { return s[:min(len(s), maxErrorText)] }

// RefusedError is what another node says of a request that it did not do.
type RefusedError struct {
	Node uint16
	Text string
}

func (e *RefusedError) Error() string { return fmt.Sprintf("node %d: %s", e.Node, e.Text) }

// openAnswer reads the answer to a request.
func (i *identity) openAnswer(to envelope, raw []byte) ([]byte, error) {
	e, err := i.open(raw)
	switch {
	case err != nil:
		return nil, err
	case e.kind != to.kind|answered || e.from != to.to || e.nonce != to.nonce:
		return nil, fmt.Errorf("%w: it answers something else", errEnvelope)
	}
	r := codec.Reader{Rest: e.body}
	switch r.U8() {
	case 0:
		if !r.Bad {
			return r.Rest, nil
		}
	case 1:
		if text := r.Text(); r.Done() {
			return nil, &RefusedError{e.from, text}
		}
	}
	return nil, fmt.Errorf("%w: malformed answer", errEnvelope)
}
