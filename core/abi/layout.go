package abi

import "encoding/binary"

// LayoutBytes is the size of an encoded Layout.
const LayoutBytes = 24

// Layout tells where the static areas lie in the guest's linear memory: address and size in bytes of input, output,
// claims. With the input area at 0x10000, output at 0x50000 and claims at 0x90000:
//
//	00 00 01 00  00 00 04 00 | 00 00 05 00  00 00 04 00 | 00 00 09 00  00 00 01 00
//
// A Layout lies like this in the memory of a guest, which is little-endian. The guest gives its address.
type Layout struct {
	Input, InputSize, Output, OutputSize, Claims, ClaimsSize uint32
}

// ReadLayout reads LayoutBytes. It checks that the areas have this version's sizes, lie within a memory of the given
// size in bytes, and do not overlap.
func ReadLayout(b []byte, memory uint32) (Layout, bool) {
	if len(b) < LayoutBytes {
		return Layout{}, false
	}
	u := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
	l := Layout{u(0), u(1), u(2), u(3), u(4), u(5)}
	in := func(at, size, want uint32) bool {
		return size == want && uint64(at)+uint64(size) <= uint64(memory)
	}
	apart := func(a, aSize, b, bSize uint32) bool { return a+aSize <= b || b+bSize <= a }
	return l, in(l.Input, l.InputSize, InputBytes) && in(l.Output, l.OutputSize, OutputBytes) &&
		in(l.Claims, l.ClaimsSize, ClaimsBytes) &&
		apart(l.Input, l.InputSize, l.Output, l.OutputSize) && apart(l.Input, l.InputSize, l.Claims, l.ClaimsSize) &&
		apart(l.Output, l.OutputSize, l.Claims, l.ClaimsSize)
}
