package python_test

import (
	"slices"
	"testing"
	"unicode"

	"github.com/edgetoken/edgetoken/core/python"
)

func TestStrip(t *testing.T) {
	for s, want := range map[string]string{
		" a b \t\n":                              "a b",
		"\x1c\x1d\x1e\x1fa":                      "a",
		"\u0085\u00a0\u1680\u2003\u2028\u3000a ": "a",
		"\u200ba\ufeff\x00":                      "\u200ba\ufeff\x00",
		"\xed\xbf\xbf ":                          "\xed\xbf\xbf",
		"":                                       "",
	} {
		if got := python.Strip(s); got != want {
			t.Errorf("Strip(%q) = %q, want %q", s, got, want)
		}
	}
}

// blanks are the characters for which Python's str.isspace() is true, and separators those among them that int()
// takes for none.
var (
	blanks = []rune{0x9, 0xa, 0xb, 0xc, 0xd, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002,
		0x2003, 0x2004,
		0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000}
	separators = []rune{0x1c, 0x1d, 0x1e, 0x1f}
)

// str.strip() and int() differ in the separators and agree on every other character, before the digit and behind it.
func TestBlanks(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		if 0xd800 <= r && r < 0xe000 {
			continue
		}
		blank := slices.Contains(blanks, r)
		if got := python.Strip(string(r)+"x"+string(r)) == "x"; got != blank {
			t.Errorf("Strip takes %U for a blank: %v, want %v", r, got, blank)
		}
		if r == '+' || r == '-' || unicode.IsDigit(r) {
			continue
		}
		want := blank && !slices.Contains(separators, r)
		if digits, err := python.ParseInt(string(r) + "7"); (err == nil && digits == "7") != want {
			t.Errorf("ParseInt of %U before 7 = %q, %v", r, digits, err)
		}
		if digits, err := python.ParseInt("7" + string(r)); (err == nil && digits == "7") != want {
			t.Errorf("ParseInt of %U after 7 = %q, %v", r, digits, err)
		}
	}
}
