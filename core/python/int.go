package python

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDigits is Python's default limit on the digits of an int that is read from text (sys.get_int_max_str_digits()).
const MaxDigits = 4300

// The errors of ParseInt.
var (
	ErrNotInt        = errors.New("text is not a whole number in decimal digits")
	ErrTooManyDigits = errors.New("number is too long: write at most 4300 digits")
)

// ParseInt reads a text as Python's int() does and returns the number in decimal, without leading
// zeros or "+". White space around it, a sign, single underscores between digits and the decimal
// digits of any script are taken; -0 is 0.
//
//	" +1_000\n"  "1000"        "٤٢"  "42"        "1__0", "0x1", "1.0", "7\x1f", ""  ErrNotInt
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
	digits := make([]byte, 0, min(len(s), MaxDigits+1))
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
		if count <= MaxDigits {
			digits = append(digits, '0'+d)
		}
	}
	if !afterDigit {
		return "", ErrNotInt
	}
	if count > MaxDigits {
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
