package abi

import (
	"encoding/binary"
	"slices"

	"github.com/edgetoken/edgetoken/core"
)

const (
	draftBytes      = 48 // of the fixed part of a Draft
	draftTokenBytes = 40 // of each token in it
)

// WrittenBytes is the size of what stands before the signing inputs in the answer to Write.
const WrittenBytes = 8

// maxTokens is how many tokens a decision grants at most.
const maxTokens = 2

// AppendDraft appends the message of Write:
//
//	0  u8 count | u8 kind of the user id (0 none, 1 integer, 2 text) | u8 1: with claims | 0 | u32 key
//	8  i64 iat (Unix s) | 16 i64 user id (0 but for integers)
//	24 6 × u32 bytes of user id (0 but for texts), revoke claim, copied iat, extra, claims, 0
//	48 count × (u8 type (0 refresh, 1 access, 2 sliding) | u8 1: anew | u8 kind of the id | 0 | u32 its sequence |
//	   i64 exp | i64 refresh_exp (Unix s, 0 but for a sliding token) | u64 family bits | i64 family start (Unix ms))
//	and the five texts, one after the other
//
// The answer is u32 bytes of the first signing input | u32 of the second, 0 where there is one | both.
//
// That of a log-in of customer 7 at 2026-01-01 begins
//
//	02 01 00 00 | 00 00 00 00 | 00 b9 55 69 00 00 00 00 | 07 00 00 00 00 00 00 00 | …
func AppendDraft(b []byte, t *core.Draft) []byte {
	at := len(b)
	b = slices.Grow(b, draftBytes+maxTokens*draftTokenBytes)[:at+draftBytes]
	fixed := (*[draftBytes]byte)(b[at:])
	*fixed = [draftBytes]byte{byte(len(t.Tokens)), byte(t.UserID.Kind), flags(t.Claims != nil)}
	id, idText := parts(&t.UserID)
	binary.LittleEndian.PutUint32(fixed[4:], uint32(t.Key))
	binary.LittleEndian.PutUint64(fixed[8:], uint64(t.Issued))
	binary.LittleEndian.PutUint64(fixed[16:], id)
	binary.LittleEndian.PutUint32(fixed[24:], uint32(len(idText)))
	binary.LittleEndian.PutUint32(fixed[28:], uint32(len(t.RevokeClaim)))
	binary.LittleEndian.PutUint32(fixed[32:], uint32(len(t.CopiedAt)))
	binary.LittleEndian.PutUint32(fixed[36:], uint32(len(t.Extra)))
	binary.LittleEndian.PutUint32(fixed[40:], uint32(len(t.Claims)))
	for i := range t.Tokens {
		b = appendDraftToken(b, &t.Tokens[i])
	}
	b = append(append(append(b, idText...), t.RevokeClaim...), t.CopiedAt...)
	return append(append(b, t.Extra...), t.Claims...)
}

func appendDraftToken(b []byte, t *core.DraftToken) []byte {
	at := len(b)
	b = slices.Grow(b, draftTokenBytes)[:at+draftTokenBytes]
	fixed := (*[draftTokenBytes]byte)(b[at:])
	fixed[0], fixed[1], fixed[2], fixed[3] = byte(t.Type), flags(t.Anew), t.ID.Kind, 0
	binary.LittleEndian.PutUint32(fixed[4:], t.ID.Generation)
	binary.LittleEndian.PutUint64(fixed[8:], uint64(t.Expires))
	binary.LittleEndian.PutUint64(fixed[16:], uint64(t.RefreshExpires))
	binary.LittleEndian.PutUint64(fixed[24:], t.ID.Bits)
	binary.LittleEndian.PutUint64(fixed[32:], uint64(t.ID.Start))
	return b
}

// ReadDraft reads the message into t, whose room it uses again. Texts and byte strings stay part of b, which must not
// change while they are in use.
func ReadDraft(b []byte, t *core.Draft) bool {
	if len(b) < draftBytes {
		return false
	}
	fixed, count, with := (*[draftBytes]byte)(b), int(b[0]), b[2] == 1
	if count < 1 || count > maxTokens || b[2] > 1 || b[3] != 0 || len(b) < draftBytes+count*draftTokenBytes {
		return false
	}
	if cap(t.Tokens) < maxTokens {
		t.Tokens = make([]core.DraftToken, maxTokens)
	}
	t.Tokens = t.Tokens[:count]
	for i := range t.Tokens {
		if !readDraftToken((*[draftTokenBytes]byte)(b[draftBytes+i*draftTokenBytes:]), with, &t.Tokens[i]) {
			return false
		}
	}
	var keyGood bool
	t.Key, keyGood = index(fixed[4:], maxKeys)
	t.Issued = int64(binary.LittleEndian.Uint64(fixed[8:]))
	t.UserID.Kind, t.UserID.Int = core.IDKind(fixed[1]), int64(binary.LittleEndian.Uint64(fixed[16:]))
	rest := b[draftBytes+count*draftTokenBytes:]
	var id, revoke []byte
	id, rest = cut(rest, fixed[24:])
	revoke, rest = cut(rest, fixed[28:])
	t.CopiedAt, rest = cut(rest, fixed[32:])
	t.Extra, rest = cut(rest, fixed[36:])
	t.Claims, rest = cut(rest, fixed[40:])
	t.UserID.Text, t.RevokeClaim = shared(id), shared(revoke)
	fits := rest != nil && len(rest) == 0 && (with || len(t.Claims) == 0) && whole(&t.UserID) &&
		binary.LittleEndian.Uint32(fixed[44:]) == 0
	if !with {
		t.Claims = nil
	}
	return keyGood && fits
}

// cut takes a text whose size stands in a field off the rest. If it is longer than the rest, left is nil, and stays so.
func cut(rest, field []byte) (text, left []byte) {
	n := binary.LittleEndian.Uint32(field)
	if rest == nil || uint64(n) > uint64(len(rest)) {
		return nil, nil
	}
	return rest[:n:n], rest[n:]
}

// readDraftToken reads a token; only with claims there can be one anew.
func readDraftToken(fixed *[draftTokenBytes]byte, with bool, t *core.DraftToken) bool {
	t.Type, t.Anew = core.DraftType(fixed[0]), fixed[1] == 1
	t.ID.Kind, t.ID.Generation = fixed[2], binary.LittleEndian.Uint32(fixed[4:])
	t.Expires = int64(binary.LittleEndian.Uint64(fixed[8:]))
	t.RefreshExpires = int64(binary.LittleEndian.Uint64(fixed[16:]))
	t.ID.Bits, t.ID.Start = binary.LittleEndian.Uint64(fixed[24:]), int64(binary.LittleEndian.Uint64(fixed[32:]))
	return t.Type.Known() && fixed[1] <= 1 && fixed[2] <= 3 && fixed[3] == 0 && (with || !t.Anew)
}

// PutWritten writes what stands before the signing inputs.
func PutWritten(fixed *[WrittenBytes]byte, inputs [][]byte) {
	*fixed = [WrittenBytes]byte{}
	for i, input := range inputs[:min(len(inputs), maxTokens)] {
		binary.LittleEndian.PutUint32(fixed[4*i:], uint32(len(input)))
	}
}

// WrittenSize is how many bytes an answer to Write has whose beginning is given.
func WrittenSize(fixed []byte) (size int, ok bool) {
	if len(fixed) < WrittenBytes {
		return 0, false
	}
	first, good := index(fixed, OutputBytes)
	second, alsoGood := index(fixed[4:], OutputBytes)
	size = WrittenBytes + first + second
	return size, good && alsoGood && size <= OutputBytes
}

// ReadWritten appends the signing inputs of so many tokens in an answer to inputs, as parts of b.
func ReadWritten(inputs [][]byte, b []byte, tokens int) (_ [][]byte, ok bool) {
	if size, good := WrittenSize(b); !good || size != len(b) {
		return inputs, false
	}
	rest := b[WrittenBytes:]
	for i := range maxTokens {
		size := binary.LittleEndian.Uint32(b[4*i:])
		if (size > 0) != (i < tokens) {
			return inputs, false
		}
		if size > 0 {
			inputs = append(inputs, rest[:size:size])
			rest = rest[size:]
		}
	}
	return inputs, true
}
