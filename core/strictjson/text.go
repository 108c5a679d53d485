package strictjson

import (
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/words"
)

// text reads a string from within it on, where it has a character that is not plain, and gives the place of its
// closing quote.
func (s *Scanner) text(at int) int {
	src := s.src
	for {
		w := src.Word(at)
		switch b := byte(w); {
		case b == '"':
			return at
		case b == '\\':
			switch c := byte(w >> 8); {
			case c != 'u':
				if c >= 0x80 || escapes[c>>6]>>(c&63)&1 == 0 {
					return 0
				}
				at += 2
			case !isHex(w >> 16):
				return 0
			case w>>16&0xdf != 'D' || w>>24&0xff < '8':
				at += 6
			default: // a surrogate
				_, size := UnicodeEscape(src[at:])
				if size == 0 {
					return 0
				}
				at += size
			}
		case b < 0xc2: // a control character, or what does not begin a character
			return 0
		case b < 0xe0:
			if w>>8&0xc0 != 0x80 {
				return 0
			}
			at += 2
		case b < 0xf0:
			if r := w&0xf<<12 | w>>8&0x3f<<6 | w>>16&0x3f; w&0xc0c000 != 0x808000 || r < 0x800 || r-0xd800 < 0x800 {
				return 0
			}
			at += 3
		case b < 0xf5:
			if r := w&7<<18 | w>>8&0x3f<<12 | w>>16&0x3f<<6 | w>>24&0x3f; w&0xc0c0c000 != 0x80808000 ||
				r-0x10000 >= 0x100000 {
				return 0
			}
			at += 4
		default:
			return 0
		}
		if m := words.Special(src.Word(at)); m != 0 {
			at += bits.TrailingZeros64(m) >> 3
		} else {
			at = src.PlainEnd(at + 8)
		}
	}
}

// escapes has a bit for each character that may follow a backslash, but u.
var escapes = [2]uint64{1<<'"' | 1<<'/',
	1<<('\\'-64) | 1<<('b'-64) | 1<<('f'-64) | 1<<('n'-64) | 1<<('r'-64) | 1<<('t'-64)}

// isHex reports whether the four lowest bytes of h are hexadecimal digits.
func isHex(h uint64) bool {
	y := h &^ words.High
	z := y | 0x20*words.Each
	digit := (y + (0x80-'0')*words.Each) &^ (y + (0x80-'9'-1)*words.Each)
	letter := (z + (0x80-'a')*words.Each) &^ (z + (0x80-'f'-1)*words.Each)
	return (digit|letter)&^h&0x80808080 == 0x80808080
}

// UnicodeEscape reads \uXXXX, or a surrogate pair of two, at the start of b: the character and the number of bytes; 0
// where there is none or half of a pair stands alone.
func UnicodeEscape(b []byte) (rune, int) {
	high := hex4(b)
	switch {
	case high < 0:
		return 0, 0
	case !utf16.IsSurrogate(high):
		return high, 6
	}
	if len(b) < 12 {
		return 0, 0
	}
	r := utf16.DecodeRune(high, hex4(b[6:]))
	if r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 is the XXXX of \uXXXX at the start of b, or -1.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		if c >= 'A' {
			c |= 0x20
		}
		d := words.HexDigit(c)
		if d > 15 {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

// unescape appends the text of a scanned JSON string, given without its quotes, to dst. What is no escape stays as it
// is. No escape is shorter than what it stands for, so that dst may be raw[:0].
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' || i+1 == len(raw) {
			dst = append(dst, raw[i])
			i++
			continue
		}
		switch c := raw[i+1]; c {
		case 'u':
			r, size := UnicodeEscape(raw[i:])
			if size == 0 {
				dst, size = append(dst, '\\'), 1
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += size
			continue
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}
