package django_test

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
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
		if got := django.Strip(s); got != want {
			t.Errorf("Strip(%q) = %q, want %q", s, got, want)
		}
	}
}

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
		{strings.Repeat("0", 4301), "", django.ErrTooManyDigits},
		{"1\x1c", "", django.ErrNotInt},
		{"1__0", "", django.ErrNotInt},
		{"_1", "", django.ErrNotInt},
		{"1_", "", django.ErrNotInt},
		{"+ 1", "", django.ErrNotInt},
		{"--1", "", django.ErrNotInt},
		{"1.0", "", django.ErrNotInt},
		{"0x1", "", django.ErrNotInt},
		{"²", "", django.ErrNotInt},
		{"", "", django.ErrNotInt},
		{"-", "", django.ErrNotInt},
	}
	for _, test := range tests {
		if got, err := django.ParseInt(test.s); got != test.want || !errors.Is(err, test.err) {
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
		got, err := django.ParseInt(s)
		n, ok := new(big.Int).SetString(s, 10)
		switch {
		case err == nil && ok && n.String() != got:
			t.Errorf("ParseInt(%q) = %s, want %s", s, got, n)
		case ok && errors.Is(err, django.ErrNotInt):
			t.Errorf("ParseInt(%q): %v", s, err)
		case err == nil:
			if again, err := django.ParseInt(got); again != got || err != nil {
				t.Errorf("ParseInt(%q) = %q, then %q, %v", s, got, again, err)
			}
		}
	})
}

func TestFloatRepr(t *testing.T) {
	for f, want := range map[float64]string{
		1e3: "1000.0", 0.1: "0.1", 1e15: "1000000000000000.0", 1e16: "1e+16", 123456789012345680: "1.2345678901234568e+17",
		0.0001: "0.0001", 0.00001: "1e-05", -1.5e-7: "-1.5e-07", 5e-324: "5e-324", 1.7976931348623157e308: "1.7976931348623157e+308",
		math.Inf(1): "inf", math.Inf(-1): "-inf",
	} {
		if got := django.FloatRepr(f); got != want {
			t.Errorf("FloatRepr(%s) = %s, want %s", strconv.FormatFloat(f, 'g', -1, 64), got, want)
		}
	}
	if got := django.FloatRepr(math.Copysign(0, -1)); got != "-0.0" {
		t.Errorf("FloatRepr(-0) = %s, want -0.0", got)
	}
	if got := django.FloatRepr(math.NaN()); got != "nan" {
		t.Errorf("FloatRepr(NaN) = %s, want nan", got)
	}
}

func TestValueStr(t *testing.T) {
	tests := []struct {
		value      django.Value
		text, kind string
		ok         bool
	}{
		{django.Null(), "None", "NoneType", true},
		{django.Bool(true), "True", "bool", true},
		{django.Bool(false), "False", "bool", true},
		{django.Int(-5), "-5", "int", true},
		{django.Float(1e3), "1000.0", "float", true},
		{django.String(" x "), " x ", "str", true},
		{django.List(), "", "list", false},
		{django.Object(), "", "dict", false},
	}
	for _, test := range tests {
		if text, ok := test.value.Str(); text != test.text || ok != test.ok {
			t.Errorf("Str of %s = %q, %v, want %q, %v", test.kind, text, ok, test.text, test.ok)
		}
		if kind := test.value.TypeName(); kind != test.kind {
			t.Errorf("TypeName = %q, want %q", kind, test.kind)
		}
	}
}
