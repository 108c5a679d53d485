package core

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Base64url (RFC 4648 §5) is read and written eight characters at a time, each in a byte of a word: a guest has no faster way.

const (
	each  = 0x0101010101010101 // times a byte: that byte in each place
	highs = 0x80 * each        // the highest bit of each byte
)

// decode decodes the base64url characters at the start of src, up to the first byte that is none, into dst, which needs room for three bytes for four
// of src, and slack; zeros follow what was written. ok is false where they are no canonical encoding: the unused bits of the last character
// are zero (RFC 7515 §2).
func decode(dst, src []byte) (written, read int, ok bool) {
	for len(src)-read >= 32 { // four words for each jump back
		b, d := (*[32]byte)(src[read:]), (*[26]byte)(dst[written:])
		x0, x1 := binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:])
		x2, x3 := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if outside(x0)|outside(x1)|outside(x2)|outside(x3) != 0 {
			break
		}
		binary.LittleEndian.PutUint64(d[0:], pack(sextets(x0)))
		binary.LittleEndian.PutUint64(d[6:], pack(sextets(x1)))
		binary.LittleEndian.PutUint64(d[12:], pack(sextets(x2)))
		binary.LittleEndian.PutUint64(d[18:], pack(sextets(x3)))
		written, read = written+24, read+32
	}
	for {
		x := word(src, read)
		v := sextets(x)
		if bad := outside(x); bad != 0 {
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

// A character is told by sums: the highest bit of y + (0x80-c) × each says for each byte of y whether it is at least c, where none of them is beyond ASCII.

// outside has the highest bit of each byte of x that is no character of base64url. The sums are where the ranges of characters begin and end, so that
// a byte is within one if an odd number of these bits is set.
func outside(x uint64) uint64 {
	y := x &^ highs
	return (^((y + (0x80-'-')*each) ^ (y + (0x80-'-'-1)*each) ^ (y + (0x80-'0')*each) ^ (y + (0x80-'9'-1)*each) ^ (y + (0x80-'A')*each) ^
		(y + (0x80-'Z'-1)*each) ^ (y + (0x80-'_')*each) ^ (y + (0x80-'_'-1)*each) ^ (y + (0x80-'a')*each) ^ (y + (0x80-'z'-1)*each)) | x) & highs
}

// sextets are the values of eight characters, each in its byte. Each range has an offset from character to value: 62-'-', 52-'0', 0-'A', 63-'_' and 26-'a'; what
// is added is its difference to the one below.
func sextets(x uint64) uint64 {
	y := x &^ highs
	return y + (y+(0x80-'-')*each)>>7&each*17 + (y+(0x80-'_')*each)>>7&each*33 - (y+(0x80-'0')*each)>>7&each*13 -
		(y+(0x80-'A')*each)>>7&each*69 - (y+(0x80-'a')*each)>>7&each*39
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

// appendBase64 appends src in base64url, six bytes at a time.
func appendBase64(dst, src []byte) []byte {
	at, size := len(dst), (8*len(src)+5)/6
	dst = slices.Grow(dst, size+8)[:at+size+8] // the last word may be more than there is to write
	for read := 0; read < len(src); read, at = read+6, at+8 {
		var w uint64
		if len(src)-read >= 8 {
			w = binary.LittleEndian.Uint64(src[read:])
		} else {
			w = tail(src, read)
		}
		// The inverse of pack: 24 bits in each half, then 12 in each quarter, then 6 in each byte.
		v := w&0xffffff | w&0xffffff000000<<8
		v = v>>16&0x000000ff000000ff | v&0x0000ff000000ff00 | v&0x000000ff000000ff<<16
		v = v>>12&0x00000fff00000fff | v&0x00000fff00000fff<<16
		v = v>>6&0x003f003f003f003f | v&0x003f003f003f003f<<8
		// Each range of values has an offset to its characters: 'A', 'a'-26, '0'-52, '-'-62 and '_'-63; what is added is its difference to the one below.
		lower, digit := v+(0x80-26)*each, v+(0x80-52)*each
		minus, under := v+(0x80-62)*each, v+(0x80-63)*each
		v += 'A'*each + lower>>7&each*6 - digit>>7&each*75 - minus>>7&each*13 + under>>7&each*49
		binary.LittleEndian.PutUint64(dst[at:], v)
	}
	return dst[:len(dst)-8]
}
