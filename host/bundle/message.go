package bundle

import (
	"errors"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/codec"
)

// CallBundle is the number of the call by which an edge asks the hub for trust bundles.
const CallBundle = 17

// A question of an edge and the answer of the hub, integers little-endian, texts and byte strings with their length
// before them (package codec):
//
//	question  u8 1 | u8 1 | u64 epoch                   what is newer than the bundle of this epoch; 0: there is none
//	          u8 1 | u8 2 | u64 epoch | u32 offset      more of that bundle as a whole
//	          u8 1 | u8 3 | u64 since | u64 epoch       the delta from one to the other, for a verifier
//	answer    u8 1 | u8 0 | text                        there is no bundle, and why
//	          u8 1 | u8 1                               nothing is newer
//	          u8 1 | u8 2 | bytes delta | text header | text signature
//	                                                    the delta to the newest, a JWS, and of the whole all but the
//	                                                    payload, which follows from the delta
//	          u8 1 | u8 3 | u64 epoch | u32 size | u32 offset | bytes
//	                                                    a part of a whole JWS of so many bytes
//	          u8 1 | u8 4 | bytes delta                 the delta, a JWS; empty: there is none
const (
	messageVersion = 1

	askNewer = 1
	askPart  = 2
	askDelta = 3

	tellAbsent = 0
	tellSame   = 1
	tellStep   = 2
	tellPart   = 3
	tellDelta  = 4
)

// maxPart bounds what an answer has of a JWS, in bytes: a message of a fleet has 768 KiB at most (lane.MaxMessage).
const maxPart = 512 << 10

// errMessage says that bytes are no message of this version.
var errMessage = errors.New("the message about trust bundles cannot be read: hub and edge need programs that know " +
	"each other")

// question is what an edge asks.
type question struct {
	kind         byte
	since, epoch uint64
	offset       uint32
}

func (q question) append(b []byte) []byte {
	b = append(b, messageVersion, q.kind)
	switch q.kind {
	case askPart:
		return codec.U32(codec.U64(b, q.epoch), q.offset)
	case askDelta:
		return codec.U64(codec.U64(b, q.since), q.epoch)
	}
	return codec.U64(b, q.epoch)
}

func readQuestion(b []byte) (q question, err error) {
	r := &codec.Reader{Rest: b}
	r.Bad = r.U8() != messageVersion
	switch q.kind = r.U8(); q.kind {
	case askNewer:
		q.epoch = r.U64()
	case askPart:
		q.epoch, q.offset = r.U64(), r.U32()
	case askDelta:
		q.since, q.epoch = r.U64(), r.U64()
	default:
		r.Bad = true
	}
	if !r.Done() {
		return question{}, errMessage
	}
	return q, nil
}

// reply is what the hub answers.
type reply struct {
	kind              byte
	reason            string // of tellAbsent
	epoch             uint64
	size, offset      uint32
	bytes             []byte // a delta, or a part
	header, signature string // of the whole
}

func (a reply) append(b []byte) []byte {
	b = append(b, messageVersion, a.kind)
	switch a.kind {
	case tellAbsent:
		return codec.Text(b, a.reason)
	case tellStep:
		return codec.Text(codec.Text(codec.Bytes(b, a.bytes), a.header), a.signature)
	case tellPart:
		return codec.Bytes(codec.U32(codec.U32(codec.U64(b, a.epoch), a.size), a.offset), a.bytes)
	case tellDelta:
		return codec.Bytes(b, a.bytes)
	}
	return b
}

func readReply(b []byte) (a reply, err error) {
	r := &codec.Reader{Rest: b}
	r.Bad = r.U8() != messageVersion
	switch a.kind = r.U8(); a.kind {
	case tellAbsent:
		a.reason = r.Text()
	case tellSame:
	case tellStep:
		a.bytes, a.header, a.signature = r.Bytes(), r.Text(), r.Text()
	case tellPart:
		a.epoch, a.size, a.offset, a.bytes = r.U64(), r.U32(), r.U32(), r.Bytes()
		r.Bad = r.Bad || a.size > bundle.MaxBytes || a.offset > a.size || len(a.bytes) > int(a.size-a.offset)
	case tellDelta:
		a.bytes = r.Bytes()
	default:
		r.Bad = true
	}
	if !r.Done() || len(a.bytes) > maxPart {
		return reply{}, errMessage
	}
	return a, nil
}
