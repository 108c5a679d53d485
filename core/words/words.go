// Package words tells bytes apart eight at a time, in words whose lowest byte comes first: a guest has no faster way.
// The functions that look for bytes answer with the highest bit of each byte that they find, so that
// bits.TrailingZeros64(answer)>>3 is the place of the first.
package words

import "encoding/binary"

const (
	Each = 0x0101010101010101 // times a byte: that byte in each place
	High = 0x80 * Each        // the highest bit of each byte
)

// At is the eight bytes of b from at on; zeros stand for what is beyond b.
func At(b []byte, at int) uint64 {
	if len(b)-at >= 8 {
		return binary.LittleEndian.Uint64(b[at:])
	}
	return Tail(b, at)
}

// Tail is At where fewer than eight bytes are left.
func Tail(b []byte, at int) (w uint64) {
	for i := len(b) - 1; i >= at; i-- {
		w = w<<8 | uint64(b[i])
	}
	return w
}

// NoDigit finds each byte of w that is no decimal digit.
func NoDigit(w uint64) uint64 {
	w ^= '0' * Each
	return (w&^High + (0x80-10)*Each | w) & High
}

// Special finds the lowest byte of w that a JSON string cannot hold as it stands: a quote, a backslash, a control
// character, or one beyond ASCII. Above it there may be more, and some that are none.
func Special(w uint64) uint64 {
	quote, escape := w^'"'*Each, w^'\\'*Each
	return ((quote-Each)&^quote | (escape-Each)&^escape | (w - 0x20*Each) | w) & High
}

// Zeros finds the lowest byte of w that is zero. Above it there may be more, and some that are none.
func Zeros(w uint64) uint64 { return (w - Each) &^ w & High }

// Below is all ones where a is below b, and else 0; both are below 1<<63.
func Below(a, b uint64) uint64 { return uint64(int64(a-b) >> 63) }

// NameHash is a hash of six bits of a name's first eight bytes and its size; of ASCII names that differ in case alone
// it is the same.
func NameHash(first uint64, size int) uint64 {
	return (first | 0x20*Each ^ uint64(size)) * 0x9e3779b97f4a7c15 >> 58
}

// IsASCII reports whether all bytes of b are.
func IsASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// HexDigit is the value of a hex digit in lower case; 255 for any other character.
func HexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
