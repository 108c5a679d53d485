package core_test

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// number is a token's customer claim, as an integer and as the text that Python's str() gives.
func number(tb testing.TB, e core.Engine, claim string) (integer core.CustomerID, text string) {
	tb.Helper()
	token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"user_id":`+claim+`}`)
	var o core.Opened
	if err := e.Open(tb.Context(), []byte(token), &o); err != nil || o.Cause != cause.OK {
		tb.Fatalf("Open of the claim %.60s… = %v, %v", claim, o.Cause, err)
	}
	integer, _ = o.CustomerKey(core.IntegerID)
	id, _ := o.CustomerKey(core.TextID)
	return integer, id.Text
}

// Floats of any length are read as Python reads them: the texts are Python's str(float(…)).
func TestLongFloats(t *testing.T) {
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	many := strings.Repeat
	for _, c := range []struct {
		name, claim string
		integer     core.CustomerID
		text        string
	}{
		{"4301 digits before the point, moved back", many("1", 4301) + "e-711", core.CustomerID{}, "inf"},
		{"801 digits before the point, moved back", many("1", 801) + "e-800", core.Integer(1), "1.1111111111111112"},
		{"4301 digits before the point, moved to 7.5", "75" + many("0", 4299) + "E-4300", core.Integer(7), "7.5"},
		{"negative", "-75" + many("0", 4299) + "e-4300", core.Integer(-7), "-7.5"},
		{"a fraction of many digits", "7." + many("0", 5000) + "1", core.Integer(7), "7.0"},
		{"a halfway number", "9007199254740993." + many("0", 800), core.Integer(9007199254740992),
			"9007199254740992.0"},
		{"just above halfway", "9007199254740993." + many("0", 800) + "1", core.Integer(9007199254740994),
			"9007199254740994.0"},
		{"just above halfway, digits before the point", "9007199254740993" + many("0", 900) + "1e-901",
			core.Integer(9007199254740994), "9007199254740994.0"},
		{"zeros after the point, moved back", "0." + many("0", 12000) + "7e12001", core.Integer(7), "7.0"},
		{"zeros after the point, moved too far", "0." + many("0", 40000) + "1e100000", core.CustomerID{}, "inf"},
		{"digits before the point, moved too far", "-1" + many("0", 40000) + "e-100039", core.Integer(0), "-0.0"},
		{"an exponent of many digits", "1e" + many("9", 5000), core.CustomerID{}, "inf"},
		{"a negative exponent of many digits", "1e-" + many("9", 5000), core.Integer(0), "0.0"},
		{"an exponent of many zeros", "1e+" + many("0", 5000) + "1", core.Integer(10), "10.0"},
		{"zero", "0." + many("0", 5000), core.Integer(0), "0.0"},
		{"zero with a great exponent", "-0." + many("0", 5000) + "e9999999", core.Integer(0), "-0.0"},
		{"the least", "0." + many("0", 900) + "5e577", core.Integer(0), "5e-324"},
		{"the greatest", "17976931348623157" + many("0", 1000) + "e-708", core.CustomerID{}, "1.7976931348623157e+308"},
	} {
		if integer, text := number(t, e, c.claim); integer != c.integer || text != c.text {
			t.Errorf("%s: %v and %q, want %v and %q", c.name, integer, text, c.integer, c.text)
		}
	}
	if integer, _ := number(t, e, many("9", 4300)); !integer.IsZero() {
		t.Errorf("an integer of 4300 digits is the customer %v", integer)
	}
}

// FuzzFloat reads floats of many digits as math/big reads them.
func FuzzFloat(f *testing.F) {
	f.Add("1", uint16(800), "", uint16(0), "", "-711")
	f.Add("9007199254740993", uint16(0), "", uint16(800), "1", "")
	f.Add("0", uint16(0), "", uint16(2000), "5", "1700")
	f.Add("17976931348623158", uint16(999), "1", uint16(9), "1", "-708")
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	f.Fuzz(func(t *testing.T, whole string, zeros uint16, more string, places uint16, fraction, exponent string) {
		claim := whole + strings.Repeat("0", int(zeros%3000)) + more + "." + strings.Repeat("0", int(places%3000)) +
			fraction + "0"
		for _, part := range []string{whole, more, fraction} {
			if len(part) > 2000 || strings.Trim(part, "0123456789") != "" {
				return
			}
		}
		if power, err := strconv.Atoi(exponent); err == nil && -9999 < power && power < 9999 {
			claim += "e" + strconv.Itoa(power)
		}
		if strings.HasPrefix(claim, ".") || len(claim) > 1 && claim[0] == '0' && claim[1] != '.' {
			return
		}
		exact, ok := new(big.Rat).SetString(claim)
		if !ok {
			t.Fatalf("math/big does not read %q", claim)
		}
		want, _ := exact.Float64()
		_, text := number(t, e, claim)
		if got, err := strconv.ParseFloat(text, 64); got != want || err != nil && !math.IsInf(want, 0) {
			t.Fatalf("%q is %q, want %v", claim, text, want)
		}
	})
}
