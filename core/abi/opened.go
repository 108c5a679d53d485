package abi

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core"
)

// InspectedBytes is the size of an encoded Inspected.
const InspectedBytes = 24

// Inspected is the answer to Inspect: where the signature lies and which key must check it, named by (epoch of the key set, index).
//
//	0  u64 epoch | 8 u32 key | 12 u32 input | 16 u32 signature | 20 u8 cause | 21 3 × 0
//
// Key 0 of set 7 must check a token of 150 bytes whose signing input has 106:
//
//	07 00 00 00 00 00 00 00 | 00 00 00 00 | 6a 00 00 00 | 6b 00 00 00 | 00 | 00 00 00
type Inspected struct {
	Epoch uint64
	core.Inspected
}

// Append appends the encoding to b.
func (i Inspected) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, i.Epoch)
	b = binary.LittleEndian.AppendUint32(b, uint32(i.Key))
	b = binary.LittleEndian.AppendUint32(b, uint32(i.Input))
	b = binary.LittleEndian.AppendUint32(b, uint32(i.Signature))
	return append(b, byte(i.Cause), 0, 0, 0)
}

// ReadInspected reads the answer for a token of the given number of bytes, and a key set of that many keys.
func ReadInspected(b []byte, token, keys int) (Inspected, bool) {
	if len(b) < InspectedBytes {
		return Inspected{}, false
	}
	i := Inspected{Epoch: binary.LittleEndian.Uint64(b)}
	i.Cause = core.Cause(b[20])
	if i.Cause != core.OK {
		return i, i.Cause.Known()
	}
	var good [3]bool
	i.Key, good[0] = index(b[8:], keys)
	i.Input, good[1] = index(b[12:], token)
	i.Signature, good[2] = index(b[16:], token+1)
	return i, good == [3]bool{true, true, true} && i.Signature == i.Input+1
}

// index reads a u32 that is less than limit; also where an int has 32 bits.
func index(b []byte, limit int) (int, bool) {
	v := binary.LittleEndian.Uint32(b)
	if uint64(v) >= uint64(limit) {
		return 0, false
	}
	return int(v), true
}

// slotBytes is the size of one claim's place in an encoded Opened; OpenedBytes that of the whole.
const (
	slotBytes   = 12
	OpenedBytes = 32 + core.SlotCount*slotBytes
)

// AppendOpened appends an Opened but for its claims, which lie in the claims area, or in a Request after it:
//
//	0  u8 cause | 1 u8 family (1 listed, 2 ours) | 2 u8 kind | 3 0 | 4 u32 key | 8 u32 bytes of claims | 12 u32 generation
//	16 u64 family bits | 24 i64 family start, Unix ms | 32 12 × (u8 form | 3 × 0 | u32 start | u32 end)
//
// A token with `{"exp":9,…` has, for exp, form 4 (a number) from 7 to 8:
//
//	04 00 00 00 | 07 00 00 00 | 08 00 00 00
func AppendOpened(b []byte, o *core.Opened) []byte {
	family := byte(0)
	if o.Family.Listed {
		family |= 1
	}
	if o.Family.Ours {
		family |= 2
	}
	b = append(b, byte(o.Cause), family, byte(o.Family.Kind), 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(o.Key))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(o.Claims)))
	b = binary.LittleEndian.AppendUint32(b, o.Family.Generation)
	b = binary.LittleEndian.AppendUint64(b, o.Family.Bits)
	b = binary.LittleEndian.AppendUint64(b, uint64(o.Family.Start))
	for _, c := range o.Slots() {
		b = append(b, byte(c.Form), 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, c.Start)
		b = binary.LittleEndian.AppendUint32(b, c.End)
	}
	return b
}

// ReadOpened reads what AppendOpened wrote, and gives the number of bytes of its claims. Every place of a claim is within its bounds, or ok
// is false. The index of the key is the caller's to check, and claims and issuer are the caller's to add.
func ReadOpened(b []byte) (o core.Opened, claims int, ok bool) {
	if len(b) < OpenedBytes {
		return o, 0, false
	}
	o.Cause = core.Cause(b[0])
	o.Family = core.Family{
		Listed:     b[1]&1 != 0,
		Ours:       b[1]&2 != 0,
		Kind:       core.TokenKind(b[2]),
		Generation: binary.LittleEndian.Uint32(b[12:]),
		Bits:       binary.LittleEndian.Uint64(b[16:]),
		Start:      int64(binary.LittleEndian.Uint64(b[24:])),
	}
	var keyGood, claimsGood bool
	o.Key, keyGood = index(b[4:], maxKeys)
	claims, claimsGood = index(b[8:], ClaimsBytes+1)
	if !o.Cause.Known() || b[1] > 3 || b[2] > 3 || !keyGood || !claimsGood {
		return o, 0, false
	}
	at := b[32:]
	for _, c := range o.Slots() {
		*c = core.Claim{Form: core.Form(at[0]), Start: binary.LittleEndian.Uint32(at[4:]), End: binary.LittleEndian.Uint32(at[8:])}
		at = at[slotBytes:]
		if !c.Fits(claims) {
			return o, 0, false
		}
	}
	return o, claims, true
}
