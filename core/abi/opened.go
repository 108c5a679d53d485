package abi

import (
	"encoding/binary"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// InspectedBytes is the size of an encoded Inspected.
const InspectedBytes = 32

// Inspected is the answer to Inspect: where the signature lies and which key must check it, named by (epoch of the
// key set, index). The nonce stands for the token: Accept takes it, so that what is accepted is what was inspected,
// whatever came between.
//
//	0  u64 epoch | 8 u64 nonce | 16 u32 key | 20 u32 input | 24 u32 signature | 28 u8 cause | 29 3 × 0
//
// Key 0 of set 7 must check a token of 150 bytes whose signing input has 106:
//
//	07 00 00 00 00 00 00 00 | 09 00 00 00 00 00 00 00 | 00 00 00 00 | 6a 00 00 00 | 6b 00 00 00 | 00 | 00 00 00
type Inspected struct {
	Epoch, Nonce uint64
	core.Inspected
}

// Put writes the encoding.
func (i Inspected) Put(fixed *[InspectedBytes]byte) {
	binary.LittleEndian.PutUint64(fixed[0:], i.Epoch)
	binary.LittleEndian.PutUint64(fixed[8:], i.Nonce)
	binary.LittleEndian.PutUint32(fixed[16:], uint32(i.Key))
	binary.LittleEndian.PutUint32(fixed[20:], uint32(i.Input))
	binary.LittleEndian.PutUint32(fixed[24:], uint32(i.Signature))
	binary.LittleEndian.PutUint32(fixed[28:], uint32(numbers[i.Cause]))
}

// ReadInspected reads the answer for a token of the given number of bytes, and a key set of that many keys.
func ReadInspected(b []byte, token, keys int) (Inspected, bool) {
	if len(b) < InspectedBytes {
		return Inspected{}, false
	}
	i := Inspected{Epoch: binary.LittleEndian.Uint64(b), Nonce: binary.LittleEndian.Uint64(b[8:])}
	var known bool
	if i.Cause, known = causeOf(b[28]); !known || i.Cause != cause.OK {
		return i, known
	}
	var good [3]bool
	i.Key, good[0] = index(b[16:], keys)
	i.Input, good[1] = index(b[20:], token)
	i.Signature, good[2] = index(b[24:], token+1)
	return i, good == [3]bool{true, true, true} && i.Signature == i.Input+1
}

// NonceBytes is the size of the message of Accept, the nonce of an Inspected: u64 nonce.
const NonceBytes = 8

// ReadNonce reads the message of Accept.
func ReadNonce(b []byte) (nonce uint64, ok bool) {
	if len(b) != NonceBytes {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}

// index reads a u32 that is less than limit. It is right for an int of 32 bits too.
func index(b []byte, limit int) (int, bool) {
	v := binary.LittleEndian.Uint32(b)
	if uint64(v) >= uint64(limit) {
		return 0, false
	}
	return int(v), true
}

// slotBytes is the size of one claim's place in an encoded Opened; OpenedBytes is the size of an encoded Opened.
const (
	slotBytes   = 12
	slotCount   = 12 // of core.Opened.Slots
	slotsBytes  = slotCount * slotBytes
	OpenedBytes = 32 + slotsBytes
)

// AppendOpened appends an Opened without its claims. They lie in the claims area; in a Request they stand before it.
//
//	0  u8 cause | 1 u8 family (1 listed, 2 ours) | 2 u8 kind | 3 0 | 4 u32 key | 8 u32 bytes of claims
//	12 u32 generation
//	16 u64 family bits | 24 i64 family start, Unix ms | 32 12 × (u8 form | 3 × 0 | u32 start | u32 end)
//
// Where the family is not listed all of it is 0: the id can be in no list, or nobody has read it yet. What Accept and
// Read answer has none, and a guest reads that of a Request from its claims (core.Opened.Family). A token with
// `{"exp":9,…` has, for exp, form 4 (a number) from 7 to 8:
//
//	04 00 00 00 | 07 00 00 00 | 08 00 00 00
func AppendOpened(b []byte, o *core.Opened) []byte {
	at := len(b)
	b = slices.Grow(b, OpenedBytes)[:at+OpenedBytes]
	PutOpened((*[OpenedBytes]byte)(b[at:]), o)
	return b
}

// PutOpened writes what AppendOpened appends into a slice of the right size.
func PutOpened(fixed *[OpenedBytes]byte, o *core.Opened) {
	fixed[0] = numbers[o.Cause]
	binary.LittleEndian.PutUint32(fixed[4:], uint32(o.Key))
	binary.LittleEndian.PutUint32(fixed[8:], uint32(len(o.Claims)))
	if f := o.KnownFamily(); f != nil {
		putFamily(fixed, f)
	} else {
		fixed[1], fixed[2], fixed[3] = 0, 0, 0
		binary.LittleEndian.PutUint32(fixed[12:], 0)
		binary.LittleEndian.PutUint64(fixed[16:], 0)
		binary.LittleEndian.PutUint64(fixed[24:], 0)
	}
	putSlots((*[slotsBytes]byte)(fixed[32:]), o)
}

// putFamily writes a family that is listed.
func putFamily(fixed *[OpenedBytes]byte, f *core.Family) {
	fixed[1], fixed[2], fixed[3] = 1, f.Kind, 0
	if f.Ours {
		fixed[1] |= 2
	}
	binary.LittleEndian.PutUint32(fixed[12:], f.Generation)
	binary.LittleEndian.PutUint64(fixed[16:], f.Bits)
	binary.LittleEndian.PutUint64(fixed[24:], uint64(f.Start))
}

// ReadOpened reads what AppendOpened wrote into o, and returns the number of bytes of its claims. If the place of a
// claim is out of bounds, ok is false. The caller checks the index of the key, and sets claims, issuer and end of the
// key, which ReadOpened leaves as they are.
func ReadOpened(b []byte, o *core.Opened) (claims int, ok bool) {
	if len(b) < OpenedBytes {
		return 0, false
	}
	var known, keyGood, claimsGood bool
	o.Cause, known = causeOf(b[0])
	family, familyGood := readFamily((*[OpenedBytes]byte)(b))
	o.SetFamily(family)
	o.Key, keyGood = index(b[4:], maxKeys)
	claims, claimsGood = index(b[8:], ClaimsBytes+1)
	if !known || !familyGood || !keyGood || !claimsGood {
		return 0, false
	}
	for i, c := range o.Slots() {
		slot := (*[slotBytes]byte)(b[32+i*slotBytes:])
		if binary.LittleEndian.Uint64(slot[0:])|uint64(binary.LittleEndian.Uint32(slot[8:])) == 0 { // most are absent
			*c = strictjson.Value{}
			continue
		}
		*c = strictjson.Value{Form: strictjson.Form(slot[0]), Start: binary.LittleEndian.Uint32(slot[4:]),
			End: binary.LittleEndian.Uint32(slot[8:])}
		if !c.Fits(claims) {
			return 0, false
		}
	}
	return claims, true
}

// readFamily reads a family. One that is not listed is all zeros.
func readFamily(fixed *[OpenedBytes]byte) (f core.Family, ok bool) {
	f = core.Family{
		Listed:     fixed[1]&1 != 0,
		Ours:       fixed[1]&2 != 0,
		Kind:       fixed[2],
		Generation: binary.LittleEndian.Uint32(fixed[12:]),
		Bits:       binary.LittleEndian.Uint64(fixed[16:]),
		Start:      int64(binary.LittleEndian.Uint64(fixed[24:])),
	}
	zero := uint64(binary.LittleEndian.Uint32(fixed[0:])>>8|f.Generation)|f.Bits|uint64(f.Start) == 0
	return f, fixed[1] <= 3 && fixed[2] <= 3 && fixed[3] == 0 && (f.Listed || zero)
}
