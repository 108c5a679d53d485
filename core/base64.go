package core

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/core/words"
)

// Base64url (RFC 4648 §5) is read and written by words of eight characters, one a byte. A guest has no faster way.

const each = words.Each // b*each is a word with b in each byte

// decode decodes src into dst, up to the first byte that is no base64url character. dst needs three bytes for every
// four of src, and strictjson.Slack more; zeros follow what is written. ok is false if the encoding is not canonical:
// the unused bits of the last character must be zero (RFC 7515 §2).
func decode(dst, src []byte) (written, read int, ok bool) {
	// One jump back serves four words, read one after the other: a guest would spill what is held for all four.
	for len(src)-read >= 32 {
		b, d := (*[32]byte)(src[read:]), (*[26]byte)(dst[written:])
		x := binary.LittleEndian.Uint64(b[0:])
		bad := outside(x) | x
		binary.LittleEndian.PutUint64(d[0:], pack(sextets(x)))
		x = binary.LittleEndian.Uint64(b[8:])
		bad |= outside(x) | x
		binary.LittleEndian.PutUint64(d[6:], pack(sextets(x)))
		x = binary.LittleEndian.Uint64(b[16:])
		bad |= outside(x) | x
		binary.LittleEndian.PutUint64(d[12:], pack(sextets(x)))
		x = binary.LittleEndian.Uint64(b[24:])
		bad |= outside(x) | x
		binary.LittleEndian.PutUint64(d[18:], pack(sextets(x)))
		if bad&words.High != 0 {
			break
		}
		written, read = written+24, read+32
	}
	for {
		x := uint64(0)
		if len(src)-read >= 8 {
			x = binary.LittleEndian.Uint64(src[read:])
		} else {
			x = words.Tail(src, read)
		}
		v, bad := sextets(x&^words.High), (outside(x&^words.High)|x)&words.High
		if bad != 0 {
			n := bits.TrailingZeros64(bad) >> 3 // characters
			size := n * 3 / 4
			w := pack(v & (1<<(8*n) - 1))
			binary.LittleEndian.PutUint64(dst[written:], w)
			written, read = written+size, read+n
			*(*[strictjson.Slack]byte)(dst[written:]) = [strictjson.Slack]byte{}
			return written, read, n%4 != 1 && w>>(8*size) == 0
		}
		binary.LittleEndian.PutUint64(dst[written:], pack(v))
		written, read = written+6, read+8
	}
}

// One sum compares eight characters: the highest bit of each byte of y + (0x80-c) × each says whether that byte of y
// is at least c. All bytes of y must be ASCII.

// outside sets the highest bit of each byte where x has no base64url character. All bytes of x must be ASCII.
func outside(x uint64) uint64 {
	letters := x | 0x20*each
	noLetter, noDigit := ^((letters + (0x80-'a')*each) ^ (letters + (0x80-'z'-1)*each)), x^'0'*each+(0x80-10)*each
	return noLetter & noDigit & notMinus(x) & notUnder(x)
}

func notMinus(x uint64) uint64 { return x ^ '-'*each + 0x7f*each }
func notUnder(x uint64) uint64 { return x ^ '_'*each + 0x7f*each }

// sextets are the values of eight characters, each in its byte. A value is the character plus 10, less 6 if bit 5 is
// set (digits, lower case, '-'), less 75 if bit 6 is set (letters, '_'). '-' has 13 more and '_' 33: both are
// added to all, and taken from all others.
func sextets(x uint64) uint64 {
	return x + (10+13+33)*each - x>>5&each*6 - x>>6&each*75 - notMinus(x)>>7&each*13 - notUnder(x)>>7&each*33
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

// appendBase64 appends src in base64url, six bytes at a time.
func appendBase64(dst, src []byte) []byte {
	at, size := len(dst), (8*len(src)+5)/6
	dst = slices.Grow(dst, size+8)[:at+size+8] // the last word may be more than there is to write
	for read := 0; read < len(src); read, at = read+6, at+8 {
		var w uint64
		if len(src)-read >= 8 {
			w = binary.LittleEndian.Uint64(src[read:])
		} else {
			w = words.Tail(src, read)
		}
		// The inverse of pack: 24 bits in each half, then 12 in each quarter, then 6 in each byte.
		v := w&0xffffff | w&0xffffff000000<<8
		v = v>>16&0x000000ff000000ff | v&0x0000ff000000ff00 | v&0x000000ff000000ff<<16
		v = v>>12&0x00000fff00000fff | v&0x00000fff00000fff<<16
		v = v>>6&0x003f003f003f003f | v&0x003f003f003f003f<<8
		// A character is its value plus the offset of its range: 'A', 'a'-26, '0'-52, '-'-62 or '_'-63. From each range
		// on, the difference to the offset before is added.
		lower, digit := v+(0x80-26)*each, v+(0x80-52)*each
		minus, under := v+(0x80-62)*each, v+(0x80-63)*each
		v += 'A'*each + lower>>7&each*6 - digit>>7&each*75 - minus>>7&each*13 + under>>7&each*49
		binary.LittleEndian.PutUint64(dst[at:], v)
	}
	return dst[:len(dst)-8]
}
