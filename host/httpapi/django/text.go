package django

import (
	"strings"
	"unicode/utf8"
)

// hasSurrogate returns the first lone surrogate of a text in WTF-8; ok is false if it has none.
func hasSurrogate(s string) (surrogate rune, ok bool) {
	for {
		i := strings.IndexByte(s, 0xed)
		if i < 0 || i+2 >= len(s) {
			return 0, false
		}
		if s[i+1] >= 0xa0 {
			return 0xd000 | rune(s[i+1]&0x3f)<<6 | rune(s[i+2]&0x3f), true
		}
		s = s[i+1:]
	}
}

// appendCodePoint appends one code point in WTF-8.
func appendCodePoint(b []byte, r rune) []byte {
	if r >= 0xd800 && r <= 0xdfff {
		return append(b, 0xed, 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	}
	return utf8.AppendRune(b, r)
}

// CodePoints counts the code points of a text in WTF-8: every byte that does not continue one.
func CodePoints(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i]&0xc0 != 0x80 {
			n++
		}
	}
	return n
}
