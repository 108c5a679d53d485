package core

import (
	"encoding/binary"
	"math/bits"
)

// Text is told apart eight bytes at a time, in words whose lowest byte comes first.

// digitsEnd is where decimal digits that are read from at on end.
func digitsEnd(src *Buffer, at int) int {
	for {
		if m := noDigit(src.word(at)); m != 0 {
			return at + bits.TrailingZeros64(m)>>3
		}
		at += 8
	}
}

// plainEnd is where a string that is read from at on has its first character that is not plain: its end, or an escape, a control character, or one beyond ASCII. A
// jump backwards and a call cost a guest more than several words that are read straight on.
func plainEnd(src *Buffer, at int) int {
	for {
		b := src.window(at)
		if s := special(binary.LittleEndian.Uint64(b[0:])); s != 0 {
			return at + bits.TrailingZeros64(s)>>3
		}
		if s := special(binary.LittleEndian.Uint64(b[8:])); s != 0 {
			return at + 8 + bits.TrailingZeros64(s)>>3
		}
		if s := special(binary.LittleEndian.Uint64(b[16:])); s != 0 {
			return at + 16 + bits.TrailingZeros64(s)>>3
		}
		if s := special(binary.LittleEndian.Uint64(b[24:])); s != 0 {
			return at + 24 + bits.TrailingZeros64(s)>>3
		}
		at += slack
	}
}

// noDigit has the highest bit of each byte of w that is no decimal digit.
func noDigit(w uint64) uint64 {
	w ^= '0' * each
	return (w&^highs + (0x80-10)*each | w) & highs
}

// special has the highest bit of each byte of w that is no plain character of a string, from the lowest such byte on right.
func special(w uint64) uint64 {
	quote, escape := w^'"'*each, w^'\\'*each
	return ((quote-each)&^quote | (escape-each)&^escape | (w - 0x20*each) | w) & highs
}

// below is all ones where a is below b, and else 0; both are below 1<<63.
func below(a, b uint64) uint64 { return uint64(int64(a-b) >> 63) }
