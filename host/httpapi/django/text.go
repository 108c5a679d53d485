package django

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is Python's default limit on the digits of an int that is read from text.
const maxDigits = 4300

// Strip removes white space from both ends, as Python's str.strip() does: Unicode's white space and
// the separators U+001C to U+001F, which Go does not count as space.
func Strip(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace is Python's str.isspace() for one character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func isByteSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// stripBytes is Python's bytes.strip().
func stripBytes(s string) string {
	for s != "" && isByteSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isByteSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// The errors of ParseInt.
var (
	ErrNotInt        = errors.New("text is not a whole number in decimal digits")
	ErrTooManyDigits = errors.New("number is too long: write at most 4300 digits")
)

// ParseInt reads a text as Python's int() does and returns the number in decimal, without leading
// zeros or "+". White space around it, a sign, single underscores between digits and the decimal
// digits of any script are taken; -0 is 0.
//
//	" +1_000\n"  "1000"        "٤٢"  "42"        "1__0", "0x1", "1.0", ""  ErrNotInt
func ParseInt(s string) (string, error) {
	// Unlike str.strip(), int() does not take the separators U+001C to U+001F for white space.
	s = strings.TrimSpace(s)
	sign := ""
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = "-"
		}
		s = s[1:]
	}
	digits := make([]byte, 0, min(len(s), maxDigits+1))
	count, afterDigit := 0, false
	for _, r := range s {
		if r == '_' && afterDigit {
			afterDigit = false
			continue
		}
		d, ok := digitValue(r)
		if !ok {
			return "", ErrNotInt
		}
		afterDigit = true
		count++
		if count <= maxDigits {
			digits = append(digits, '0'+d)
		}
	}
	if !afterDigit {
		return "", ErrNotInt
	}
	if count > maxDigits {
		return "", ErrTooManyDigits
	}
	text := strings.TrimLeft(string(digits), "0")
	if text == "" {
		return "0", nil
	}
	return sign + text, nil
}

// digitValue returns the value of a decimal digit of any script. Unicode lays them out in runs of
// ten from zero to nine, each run or row of runs a range of its own in the table.
func digitValue(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return byte(r - '0'), r >= '0' && r <= '9'
	}
	for _, digits := range unicode.Nd.R16 {
		if r >= rune(digits.Lo) && r <= rune(digits.Hi) {
			return byte((r - rune(digits.Lo)) % 10), true
		}
	}
	for _, digits := range unicode.Nd.R32 {
		if r >= rune(digits.Lo) && r <= rune(digits.Hi) {
			return byte((r - rune(digits.Lo)) % 10), true
		}
	}
	return 0, false
}

// FloatRepr returns Python's repr() of a float, the shortest text that reads back as the same
// number: "1000.0", "1e+16", "0.0001", "1e-05", "-0.0", "inf", "nan".
func FloatRepr(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	// Python writes an exponent where the decimal point would stand more than 16 places after the
	// first digit or more than 4 before it.
	if n, _ := strconv.Atoi(exponent); n >= 16 || n < -4 {
		return mantissa + "e" + exponent
	}
	text = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// HasSurrogate reports whether a text in WTF-8 holds a lone surrogate, and the first one.
func HasSurrogate(s string) (surrogate rune, ok bool) {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == 0xed && s[i+1] >= 0xa0 {
			return 0xd000 | rune(s[i+1]&0x3f)<<6 | rune(s[i+2]&0x3f), true
		}
	}
	return 0, false
}

// appendCodePoint appends one code point in WTF-8.
func appendCodePoint(b []byte, r rune) []byte {
	if r >= 0xd800 && r <= 0xdfff {
		return append(b, 0xed, 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	}
	return utf8.AppendRune(b, r)
}

// codePoints counts the code points of a text in WTF-8: every byte that does not continue one.
func codePoints(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i]&0xc0 != 0x80 {
			n++
		}
	}
	return n
}
