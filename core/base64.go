package core

import (
	"encoding/binary"
	"math/bits"
)

// Base64url (RFC 4648 §5) is read eight characters at a time, each in a byte of a word: a guest has no faster way.

const (
	each  = 0x0101010101010101 // times a byte: that byte in each place
	highs = 0x80 * each        // the highest bit of each byte
)

// slack is how many bytes beyond what it writes decode may write zeros to, and quick reads.
const slack = 32

// decode decodes the base64url characters at the start of src, up to the first byte that is none, into dst, which needs room for three bytes for four
// of src, and slack; zeros follow what was written. ok is false where they are no canonical encoding: the unused bits of the last character
// are zero (RFC 7515 §2).
func decode(dst, src []byte) (written, read int, ok bool) {
	for {
		var x uint64
		if len(src)-read >= 8 {
			x = binary.LittleEndian.Uint64(src[read:])
		} else {
			x = tail(src, read)
		}
		// The highest bit of y + (0x80-c) × each says for each byte whether it is at least c. These are where the ranges of characters begin
		// and end, so that a byte is one of them if an odd number of these bits is set.
		y := x &^ highs
		minus, afterMinus := y+(0x80-'-')*each, y+(0x80-'-'-1)*each
		digit, afterDigit := y+(0x80-'0')*each, y+(0x80-'9'-1)*each
		upper, afterUpper := y+(0x80-'A')*each, y+(0x80-'Z'-1)*each
		under, afterUnder := y+(0x80-'_')*each, y+(0x80-'_'-1)*each
		lower, afterLower := y+(0x80-'a')*each, y+(0x80-'z'-1)*each
		good := minus ^ afterMinus ^ digit ^ afterDigit ^ upper ^ afterUpper ^ under ^ afterUnder ^ lower ^ afterLower
		// Each range has an offset from character to value: 62-'-', 52-'0', 0-'A', 63-'_' and 26-'a'; what is added is its difference to the one below.
		v := y + minus>>7&each*17 + under>>7&each*33 - digit>>7&each*13 - upper>>7&each*69 - lower>>7&each*39
		if bad := (^good | x) & highs; bad != 0 {
			n := bits.TrailingZeros64(bad) >> 3 // characters
			size := n * 3 / 4
			w := pack(v & (1<<(8*n) - 1))
			binary.LittleEndian.PutUint64(dst[written:], w)
			written, read = written+size, read+n
			*(*[slack]byte)(dst[written:]) = [slack]byte{}
			return written, read, n%4 != 1 && w>>(8*size) == 0
		}
		binary.LittleEndian.PutUint64(dst[written:], pack(v))
		written, read = written+6, read+8
	}
}

// pack is the six bytes that eight sextets make.
func pack(v uint64) uint64 {
	v = v&0x00ff00ff00ff00ff<<6 | v>>8&0x00ff00ff00ff00ff
	v = v&0x0000ffff0000ffff<<12 | v>>16&0x0000ffff0000ffff
	v = v>>16&0x000000ff000000ff | v&0x0000ff000000ff00 | v<<16&0x00ff000000ff0000
	return v&0xffffff | v>>8&0xffffff000000
}

// decodedLen is the most that n characters decode to.
func decodedLen(n int) int { return n/4*3 + n%4*3/4 }

// word is the eight bytes of b from at on, the first lowest; zeros stand for what is beyond b.
func word(b []byte, at int) uint64 {
	if len(b)-at >= 8 {
		return binary.LittleEndian.Uint64(b[at:])
	}
	return tail(b, at)
}

func tail(b []byte, at int) (w uint64) {
	for i := len(b) - 1; i >= at; i-- {
		w = w<<8 | uint64(b[i])
	}
	return w
}
