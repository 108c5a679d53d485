package coretest

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// testTimes: exp that is negative, fractional, huge or no number at all, in tokens that the key's owner signed. None lives longer for it.
func testTimes(t *testing.T, e core.Engine, v *victim) {
	for _, c := range []struct {
		name, exp string
		want      core.Cause
	}{
		{"negative", "-1", core.Expired},
		{"negative_zero", "-0", core.Expired},
		{"negative_fraction", "-0.5", core.Expired},
		{"negative_of_the_right_size", "-4102444800", core.Expired},
		{"least_int64", "-9223372036854775808", core.Expired},
		{"negative_beyond_int64", "-9223372036854775809", core.Expired},
		{"negative_beyond_a_double", "-1e400", core.BadExpiresAt},
		{"fraction_past", "1577836800.999999999", core.Expired},
		{"fraction_of_this_second", "1780315200.999", core.Expired},
		{"fraction_future", "4102444800.5", core.OK},
		{"exponent_future", "4.1024448e9", core.OK},
		{"exponent_past", "1577836800000e-3", core.Expired},
		{"tiny", "1e-400", core.Expired},
		{"last_second_of_9999", "253402300799", core.OK},
		{"first_second_beyond_9999", "253402300800", core.BadExpiresAt},
		{"in_milliseconds", "4102444800000", core.BadExpiresAt},
		{"two_to_the_31", "2147483648", core.OK},
		{"two_to_the_32_and_a_past", "5872804096", core.OK}, // 2^32 + 1577836800: no wrap-around, it is the year 2156
		{"greatest_int64", "9223372036854775807", core.BadExpiresAt},
		{"beyond_int64", "9223372036854775808", core.BadExpiresAt},
		{"two_to_the_64_and_more", "18446744077811996416", core.BadExpiresAt}, // 2^64 + 4102444800
		{"of_30_digits", "999999999999999999999999999999", core.BadExpiresAt},
		{"of_5000_digits", strings.Repeat("9", 5000), core.BadClaims},
		{"greatest_double", "1.7976931348623157e308", core.BadExpiresAt},
		{"beyond_a_double", "1e309", core.BadExpiresAt},
		{"huge_exponent", "1e999999999", core.BadExpiresAt},
		{"text", `"4102444800"`, core.BadExpiresAt},
		{"text_infinity", `"Infinity"`, core.BadExpiresAt},
		{"text_empty", `""`, core.BadExpiresAt},
		{"true", "true", core.Expired},
		{"null", "null", core.BadExpiresAt},
		{"list", "[4102444800]", core.BadExpiresAt},
		{"object", `{"$gt":0}`, core.BadExpiresAt},
		{"NaN", "NaN", core.BadClaims},
		{"Infinity", "Infinity", core.BadClaims},
		{"hexadecimal", "0xf4865700", core.BadClaims},
		{"leading_zero", "04102444800", core.BadClaims},
		{"underscores", "4_102_444_800", core.BadClaims},
		{"two_numbers", "1 4102444800", core.BadClaims},
	} {
		t.Run("exp_"+c.name, func(t *testing.T) {
			o := open(t, e, v.issue(v.header, strings.Replace(good, `"exp":4102444800`, `"exp":`+c.exp, 1)))
			outcome := decide(t, e, core.Request{Op: core.Authenticate, Opened: o, Now: Now, State: core.State{Customer: customer()}})
			got := core.OK
			if outcome.Refused() {
				got = outcome.Refusals[0].Cause
			}
			if got != c.want {
				t.Errorf("exp %.40s is found %v, want %v", c.exp, got, c.want)
			}
		})
	}
}
