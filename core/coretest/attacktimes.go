package coretest

import (
	"strings"

	"github.com/edgetoken/edgetoken/core/cause"
)

// timesReading: the owner of the key signs tokens whose exp is negative, fractional, huge or no number. No token
// outlives its exp for that.
func (v *victim) timesReading() Reading {
	r := v.reading("exp", nil)
	r.Judged = map[string]cause.Cause{}
	for _, c := range []struct {
		name, exp string
		want      cause.Cause
	}{
		{"negative", "-1", cause.Expired},
		{"negative_zero", "-0", cause.Expired},
		{"negative_fraction", "-0.5", cause.Expired},
		{"negative_of_the_right_size", "-4102444800", cause.Expired},
		{"least_int64", "-9223372036854775808", cause.Expired},
		{"negative_beyond_int64", "-9223372036854775809", cause.Expired},
		{"negative_beyond_a_double", "-1e400", cause.BadExpiresAt},
		{"fraction_past", "1577836800.999999999", cause.Expired},
		{"fraction_of_this_second", "1780315200.999", cause.Expired},
		{"fraction_future", "4102444800.5", cause.OK},
		{"exponent_future", "4.1024448e9", cause.OK},
		{"exponent_past", "1577836800000e-3", cause.Expired},
		{"tiny", "1e-400", cause.Expired},
		{"last_second_of_9999", "253402300799", cause.OK},
		{"first_second_beyond_9999", "253402300800", cause.BadExpiresAt},
		{"in_milliseconds", "4102444800000", cause.BadExpiresAt},
		{"two_to_the_31", "2147483648", cause.OK},
		{"two_to_the_32_and_a_past", "5872804096", cause.OK}, // 2^32 + 1577836800: no wrap-around, it is the year 2156
		{"greatest_int64", "9223372036854775807", cause.BadExpiresAt},
		{"beyond_int64", "9223372036854775808", cause.BadExpiresAt},
		{"two_to_the_64_and_more", "18446744077811996416", cause.BadExpiresAt}, // 2^64 + 4102444800
		{"of_30_digits", "999999999999999999999999999999", cause.BadExpiresAt},
		{"of_5000_digits", strings.Repeat("9", 5000), cause.BadClaims},
		{"greatest_double", "1.7976931348623157e308", cause.BadExpiresAt},
		{"beyond_a_double", "1e309", cause.BadExpiresAt},
		{"huge_exponent", "1e999999999", cause.BadExpiresAt},
		{"text", `"4102444800"`, cause.BadExpiresAt},
		{"text_infinity", `"Infinity"`, cause.BadExpiresAt},
		{"text_empty", `""`, cause.BadExpiresAt},
		{"true", "true", cause.Expired},
		{"null", "null", cause.BadExpiresAt},
		{"list", "[4102444800]", cause.BadExpiresAt},
		{"object", `{"$gt":0}`, cause.BadExpiresAt},
		{"NaN", "NaN", cause.BadClaims},
		{"Infinity", "Infinity", cause.BadClaims},
		{"hexadecimal", "0xf4865700", cause.BadClaims},
		{"leading_zero", "04102444800", cause.BadClaims},
		{"underscores", "4_102_444_800", cause.BadClaims},
		{"two_numbers", "1 4102444800", cause.BadClaims},
	} {
		claims := strings.Replace(good, `"exp":4102444800`, `"exp":`+c.exp, 1)
		of := Token{Name: "exp_" + c.name, Token: v.issue(v.header, claims)}
		if c.want == cause.BadClaims {
			of.Cause = c.want
		} else {
			r.Judged[of.Name] = c.want
		}
		r.Tokens = append(r.Tokens, of)
	}
	return r
}
