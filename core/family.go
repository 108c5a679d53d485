package core

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core/words"
)

// How a token id of ours came about: two bits of the id.
const (
	refreshKind        uint8 = 0 // a refresh token; the sequence is its generation
	accessByGeneration uint8 = 1 // an access token issued with a rotated refresh token
	accessByEntropy    uint8 = 2 // an access token; the sequence is random
	slidingKind        uint8 = 3 // a sliding token; the sequence is random
	familyBits               = 47
	familyMask               = 1<<familyBits - 1
	randomBits               = 33 // of them; those before are the number of a node
	startBits                = 41
	familyEpoch              = 1704067200000 // 2024-01-01T00:00:00Z in Unix milliseconds
)

// Family is what a token's id says about the log-in from which the token descends.
//
// A token of ours has a UUIDv8 (RFC 9562 §5.8) of 32 hex digits without dashes as its id. Its 122 free bits are, from
// the left: 41 start of the family (milliseconds since 2024-01-01) | 14 number of the node that began it | 33 random
// | 2 kind | 32 sequence. Start, number and random bits name the family. Any other id (Django's UUIDv4, any text, a
// number as its text) is a family of its own: named by the first 47 bits of its SHA-256, generation 0, started at its
// iat.
//
// This format is stable. The ids of refresh tokens are written again from what a store knows of their family, as
// another system's list of revoked tokens (FamilyKey.RefreshTokenID), long after the tokens were issued.
type Family struct {
	// Listed is false for ids that can never be revoked: absent, null, a list, an object.
	Listed bool
	// Ours says that the id is a UUIDv8 of this service.
	Ours bool
	// Kind is how the id came about: 0 a refresh token, 1 and 2 an access token, 3 a sliding one. It is meaningful for
	// our own ids only.
	Kind uint8
	// Bits and Start name the family within (issuer, customer); Bits alone name a foreign one, within the issuer. Of
	// a family of ours the first 14 of the 47 bits are the number of the node that began it: see State.Number.
	Bits uint64
	// Start is when the family began, in Unix milliseconds.
	Start int64
	// Generation counts the rotations of a refresh token; for access tokens it is the sequence.
	Generation uint32
}

// Access reports whether the id is that of an access token of ours.
func (f Family) Access() bool {
	return f.Ours && (f.Kind == accessByGeneration || f.Kind == accessByEntropy)
}

// FamilyKey names a family in a store. A foreign family has no customer.
type FamilyKey struct {
	Issuer   string // whose key signed it; "" for our own
	Customer CustomerID
	Bits     uint64
	// Start is that of the family, in Unix milliseconds. What is recorded under a name without one, 0, is about every
	// family with the rest of the name: foreign families, what came from them, and records from before starts were
	// part of names.
	Start int64
}

// Number is the number of the node that began a family of ours, where the bits have it.
func (k FamilyKey) Number() uint16 {
	return uint16(k.Bits >> randomBits & (1<<(familyBits-randomBits) - 1))
}

// RefreshTokenID is the id that the refresh token of a generation has in the family of ours with this name. The name
// must have a start.
func (k FamilyKey) RefreshTokenID(generation uint32) string {
	f := Family{Bits: k.Bits, Start: k.Start}
	return string(f.appendTokenID(nil, refreshKind, generation))
}

// FamilyOf is the family of a token of which only the id is known. It is for ids from a list of revoked tokens, and
// knows no start where the id is not ours.
func FamilyOf(id string) Family {
	if f, ok := readTokenID([]byte(id)); ok {
		return f
	}
	return foreignFamily([]byte(id))
}

// Key is the name of the family of a token that the key of issuer signed and that names the stored customer id.
func (f Family) Key(issuer string, customer CustomerID) FamilyKey {
	if !f.Ours {
		return FamilyKey{Issuer: issuer, Bits: f.Bits}
	}
	return FamilyKey{Issuer: issuer, Customer: customer, Bits: f.Bits, Start: f.Start}
}

// EndedBy reports whether a cut-off, in Unix milliseconds, ends the family: it began no later. 0 is no cut-off. A
// foreign family began at an iat, by a clock that may be ahead by leeway.
func (f Family) EndedBy(cutOff int64, leeway time.Duration) bool {
	start := f.Start
	if !f.Ours {
		start -= leeway.Milliseconds()
	}
	return cutOff != 0 && start <= cutOff
}

// FamilyState is what a store knows of one family. The zero value: nothing, as for every family that was never
// rotated or revoked.
type FamilyState struct {
	// Version is 0 where there is no record and changes with each change of it.
	Version uint64
	// Dead says that the family was revoked.
	Dead bool
	// AnyStart says that the family is recorded under the name without a start, where changes are recorded too.
	AnyStart bool
	// Generation is that of the refresh token which is good: those before it are spent. 0: it was never rotated.
	Generation uint32

	// What it takes to write the tokens of that generation again, as in Effect. Issued is 0 where it is not known.
	Issued          int64
	Access, Refresh int64
	KeyID           string
	// Age is for how long they have been durable, so that the client may have them, by a clock that runs only while the
	// store is open.
	Age time.Duration
}

// appendTokenID appends the id of a token of family f with the given kind and sequence: 32 hex digits.
func (f Family) appendTokenID(b []byte, kind uint8, sequence uint32) []byte {
	start := uint64(f.Start-familyEpoch) & (1<<startBits - 1)
	bits := f.Bits & familyMask
	high := (start<<7|bits>>40)<<16 | 8<<12 | bits>>28&0xfff
	low := 2<<62 | bits&(1<<28-1)<<34 | uint64(kind)&3<<32 | uint64(sequence)
	at := len(b)
	b = slices.Grow(b, 32)[:at+32]
	digits := (*[32]byte)(b[at:])
	binary.LittleEndian.PutUint64(digits[0:], hexDigits(uint32(high>>32)))
	binary.LittleEndian.PutUint64(digits[8:], hexDigits(uint32(high)))
	binary.LittleEndian.PutUint64(digits[16:], hexDigits(uint32(low>>32)))
	binary.LittleEndian.PutUint64(digits[24:], hexDigits(uint32(low)))
	return b
}

// hexDigits are the eight lower-case hex digits of v, the first in the lowest byte.
func hexDigits(v uint32) uint64 {
	v = v>>24 | v>>8&0xff00 | v<<8&0xff0000 | v<<24
	d := uint64(v&0xffff) | uint64(v>>16)<<32
	d = d&0x000000ff000000ff | d&0x0000ff000000ff00<<8
	d = d>>4&0x000f000f000f000f | d&0x000f000f000f000f<<8
	letter := d + (0x80-10)*words.Each
	return d + '0'*words.Each + letter>>7&words.Each*39
}

// readTokenID reads an id that appendTokenID wrote; ok is false for any other.
func readTokenID(id []byte) (f Family, ok bool) {
	if len(id) != 32 || id[12] != '8' { // the version
		return Family{}, false
	}
	var raw [16]byte
	for i := range raw {
		hi, lo := words.HexDigit(id[2*i]), words.HexDigit(id[2*i+1])
		if hi > 15 || lo > 15 {
			return Family{}, false
		}
		raw[i] = hi<<4 | lo
	}
	high, low := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	if low>>62 != 2 {
		return Family{}, false
	}
	return Family{
		Listed:     true,
		Ours:       true,
		Kind:       uint8(low >> 32 & 3),
		Bits:       high>>16&0x7f<<40 | high&0xfff<<28 | low>>34&(1<<28-1),
		Start:      int64(high>>23) + familyEpoch,
		Generation: uint32(low),
	}, true
}

// foreignFamily is the family of an id that is not ours.
func foreignFamily(id []byte) Family {
	sum := sha256.Sum256(id)
	return Family{Listed: true, Bits: binary.BigEndian.Uint64(sum[:8]) >> (64 - familyBits)}
}

// LoginFamily is the family that a log-in began: that of the tokens in the outcome of the request.
func (o *Outcome) LoginFamily(req *Request) Family {
	return newFamily(o.Effects.Reads.Start, req)
}

// newFamily is the family that a request begins, at the given Unix milliseconds: this node's, named by the first bytes
// of entropy.
func newFamily(start int64, req *Request) Family {
	var b [8]byte
	copy(b[2:], req.Entropy[:6])
	random := binary.BigEndian.Uint64(b[:]) & (1<<randomBits - 1)
	bits := uint64(req.State.Number)<<randomBits | random
	return Family{Listed: true, Ours: true, Start: start, Bits: bits & familyMask}
}
