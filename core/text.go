package core

import (
	"unicode/utf16"
	"unicode/utf8"
)

// unicodeEscape reads \uXXXX, or a surrogate pair of two, at the start of b: the character and the number of
// bytes; 0 where there is none or a surrogate stands alone.
func unicodeEscape(b []byte) (rune, int) {
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
		d := hexDigit(c | 0x20)
		if c < 'A' {
			d = hexDigit(c)
		}
		if d > 15 {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

// unescape appends the text of a scanned JSON string, given without its quotes, to dst. What is no escape stays as it is. No escape is shorter than what it
// stands for, so that dst may be raw[:0].
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' || i+1 == len(raw) {
			dst = append(dst, raw[i])
			i++
			continue
		}
		switch c := raw[i+1]; c {
		case 'u':
			r, size := unicodeEscape(raw[i:])
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

// appendJSONString appends s as a JSON string in ASCII, as Python's json.dumps writes it; bytes that are no UTF-8 become U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	const hex = "0123456789abcdef"
	unit := func(u uint16) {
		dst = append(dst, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\b':
			dst = append(dst, '\\', 'b')
		case r == '\f':
			dst = append(dst, '\\', 'f')
		case 0x20 <= r && r < 0x7f:
			dst = append(dst, byte(r))
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			unit(uint16(high))
			unit(uint16(low))
		default:
			unit(uint16(r))
		}
	}
	return append(dst, '"')
}

// isPlain reports whether a JSON string holds s as it stands.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
