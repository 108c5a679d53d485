package python_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"unicode"

	"github.com/edgetoken/edgetoken/core/python"
)

func TestParseInt(t *testing.T) {
	tests := []struct {
		s, want string
		err     error
	}{
		{"42", "42", nil},
		{" +1_000\n\u3000", "1000", nil},
		{"-007", "-7", nil},
		{"-0", "0", nil},
		{"٤٢", "42", nil},
		{"𝟘𝟡", "9", nil},
		{strings.Repeat("9", 4300), strings.Repeat("9", 4300), nil},
		{strings.Repeat("0", 4301), "", python.ErrTooManyDigits},
		{"1\x1c", "", python.ErrNotInt},
		{"\u00a07\x1f", "", python.ErrNotInt},
		{"\x1f7", "", python.ErrNotInt},
		{"7\u00a0", "7", nil},
		{"1__0", "", python.ErrNotInt},
		{"_1", "", python.ErrNotInt},
		{"1_", "", python.ErrNotInt},
		{"+ 1", "", python.ErrNotInt},
		{"--1", "", python.ErrNotInt},
		{"1.0", "", python.ErrNotInt},
		{"0x1", "", python.ErrNotInt},
		{"²", "", python.ErrNotInt},
		{"", "", python.ErrNotInt},
		{"-", "", python.ErrNotInt},
	}
	for _, test := range tests {
		if got, err := python.ParseInt(test.s); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseInt(%.20q) = %.20q, %v, want %.20q, %v", test.s, got, err, test.want, test.err)
		}
	}
}

// FuzzParseInt compares with math/big where both are to agree: on ASCII digits.
func FuzzParseInt(f *testing.F) {
	for _, seed := range []string{"1", " -1_0 ", "٤٢", "1__", "\x1c1", "+", strings.Repeat("1", 4301)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := python.ParseInt(s)
		n, ok := new(big.Int).SetString(s, 10)
		switch {
		case err == nil && ok && n.String() != got:
			t.Errorf("ParseInt(%q) = %s, want %s", s, got, n)
		case ok && errors.Is(err, python.ErrNotInt):
			t.Errorf("ParseInt(%q): %v", s, err)
		case err == nil:
			if again, err := python.ParseInt(got); again != got || err != nil {
				t.Errorf("ParseInt(%q) = %q, then %q, %v", s, got, again, err)
			}
		}
	})
}

// ParseInt takes the decimal digits of any script to come in runs of ten that begin with zero, as Unicode promises.
func TestDigitsComeInTens(t *testing.T) {
	for _, run := range unicode.Nd.R16 {
		if run.Stride != 1 || (run.Hi-run.Lo+1)%10 != 0 {
			t.Errorf("the digits %U to %U are no runs of ten", run.Lo, run.Hi)
		}
	}
	for _, run := range unicode.Nd.R32 {
		if run.Stride != 1 || (run.Hi-run.Lo+1)%10 != 0 {
			t.Errorf("the digits %U to %U are no runs of ten", run.Lo, run.Hi)
		}
	}
}
