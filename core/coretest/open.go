package coretest

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// good are claims without a fault.
const good = `{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"x1","user_id":"7"}`

func testOpen(t *testing.T, newEngine NewEngine) { openReading().run(t, newEngine) }

// openReading: tokens with one fault each, in all that is looked at before the claims' meaning.
func openReading() Reading {
	valid := token(good)
	parts := strings.Split(valid, ".")
	header := func(h string) string { return Sign("HS256", Secret, h, good) }
	raw, _ := base64.RawURLEncoding.DecodeString(parts[2])
	signed := func(claims string) string { return signInput("HS256", Secret, parts[0]+"."+claims) }
	zero := encode(`{"a":0}`) // whose last character has bits that mean nothing
	tokens := []Token{
		{"good", valid, cause.OK},
		{"header_white_space", header(" { \"alg\" :\t\"HS256\" } "), cause.OK},
		{"header_other_members_are_ignored",
			header(`{"typ":"at+jwt","alg":"HS256","kid":"k","jku":"http://evil.example/","x":[1,{"y":null}]}`),
			cause.OK},
		{"header_escaped_name", header(`{"\u0061lg":"HS256"}`), cause.OK},
		{"header_escaped_value", header(`{"alg":"\u0048S256"}`), cause.OK},
		{"b64_true", header(`{"alg":"HS256","b64":true}`), cause.OK},
		{"claims_white_space", token(" {\n\"exp\" : 1 }\n"), cause.OK},
		{"claims_empty", token(`{}`), cause.OK},
		{"claims_unicode", token(`{"name":"Zoë 🔑 \ud83d\udd11"}`), cause.OK},
		{"claims_big_numbers", token(`{"n":123456789012345678901234567890,"f":-1.5e-10,"e":1e400}`), cause.OK},
		{"claims_nested_names_may_repeat_outer_ones", token(`{"a":{"a":{"exp":1},"EXP":2},"exp":3}`), cause.OK},

		{"empty", "", cause.Malformed},
		{"no_dot", "nonsense", cause.Malformed},
		{"one_dot", ".", cause.Malformed},
		{"two_dots", "..", cause.Malformed},
		{"two_parts", parts[0] + "." + parts[1], cause.Malformed},
		{"four_parts", valid + ".x", cause.Malformed},
		{"five_parts_jwe", "a.b.c.d.e", cause.Malformed},
		{"json_serialisation", `{"payload":"` + parts[1] + `","signatures":[]}`, cause.Malformed},
		{"white_space_before", " " + valid, cause.Malformed},
		{"white_space_after", valid + " ", cause.Malformed},
		{"line_break_inside", valid[:20] + "\n" + valid[20:], cause.Malformed},
		{"line_break_in_signature", valid[:len(valid)-5] + "\r\n" + valid[len(valid)-5:], cause.Malformed},
		{"NUL", valid + "\x00", cause.Malformed},
		{"unicode", "па.ро.ль", cause.Malformed},
		{"padded_header", parts[0] + "=." + parts[1] + "." + parts[2], cause.Malformed},
		{"padded_claims", parts[0] + "." + parts[1] + "==." + parts[2], cause.BadSignature},
		{"padded_signature", valid + "=", cause.Malformed},
		{"standard_alphabet", parts[0] + "." + parts[1] + "." +
			base64.RawStdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32)), cause.Malformed},
		{"non_canonical_signature", valid[:len(valid)-1] + string(next(valid[len(valid)-1])), cause.Malformed},
		{"length_1_modulo_4", parts[0] + "." + encode("{ }") + "A." + parts[2], cause.BadSignature},
		{"signed_claims_with_padding", signed(encode("{ }x") + "=="), cause.Malformed},
		{"signed_claims_of_length_1_modulo_4", signed(encode("{ }") + "A"), cause.Malformed},
		{"signed_claims_with_white_space", signed(encode("{ }") + " "), cause.Malformed},
		{"signed_claims_in_the_clear", signed("{}"), cause.Malformed},
		{"signed_claims_not_canonical", signed(zero[:len(zero)-1] + string(next(zero[len(zero)-1]))), cause.Malformed},
		{"signed_claims_absent", signed(""), cause.BadClaims},
		{"too_long", strings.Repeat("a", core.MaxTokenBytes+1), cause.TooLong},
		{"a_million_dots", strings.Repeat(".", 1_000_000), cause.TooLong},
		{"as_many_dots_as_fit", strings.Repeat(".", core.MaxTokenBytes), cause.Malformed},

		{"header_of_32_names", header(strings.Replace(manyNames(31), "{", `{"alg":"HS256",`, 1)), cause.OK},
		{"header_of_33_names", header(strings.Replace(manyNames(32), "{", `{"alg":"HS256",`, 1)), cause.BadHeader},
		{"header_no_JSON", header(`{alg:HS256}`), cause.BadHeader},
		{"header_a_list", header(`["HS256"]`), cause.BadHeader},
		{"header_empty_text", Sign("HS256", Secret, "", good), cause.Malformed},
		{"header_trailing_bytes", header(`{"alg":"HS256"}x`), cause.BadHeader},
		{"header_duplicate_alg", header(`{"alg":"none","alg":"HS256"}`), cause.BadHeader},
		{"header_duplicate_alg_escaped", header(`{"alg":"HS256","\u0061lg":"none"}`), cause.BadHeader},
		{"header_not_UTF8", header("{\"alg\":\"HS256\",\"x\":\"\xff\"}"), cause.BadHeader},
		{"crit", header(`{"alg":"HS256","crit":["exp2"],"exp2":1}`), cause.BadHeader},
		{"crit_b64", header(`{"alg":"HS256","crit":["b64"],"b64":true}`), cause.BadHeader},
		{"crit_empty", header(`{"alg":"HS256","crit":[]}`), cause.BadHeader},
		{"crit_null", header(`{"alg":"HS256","crit":null}`), cause.BadHeader},
		{"typ_of_a_bundle", header(`{"alg":"HS256","typ":"edgetoken-bundle+jwt"}`), cause.BadHeader},
		{"typ_of_a_bundle_in_full", header(`{"typ":"Application/EDGETOKEN-bundle\u002BJWT","alg":"HS256"}`),
			cause.BadHeader},
		{"typ_like_that_of_a_bundle", header(`{"alg":"HS256","typ":"x/edgetoken-bundle+jwt"}`), cause.OK},
		{"b64_false", header(`{"alg":"HS256","b64":false}`), cause.BadHeader},
		{"kid_a_number", header(`{"alg":"HS256","kid":5}`), cause.BadHeader},
		{"kid_null", header(`{"alg":"HS256","kid":null}`), cause.BadHeader},

		{"alg_none", encode(`{"alg":"none"}`) + "." + parts[1] + ".", cause.BadAlgorithm},
		{"alg_None", encode(`{"alg":"None"}`) + "." + parts[1] + ".", cause.BadAlgorithm},
		{"alg_NONE_with_signature", header(`{"alg":"NONE"}`), cause.BadAlgorithm},
		{"alg_lower_case", header(`{"alg":"hs256"}`), cause.BadAlgorithm},
		{"alg_absent", header(`{"typ":"JWT"}`), cause.BadAlgorithm},
		{"alg_null", header(`{"alg":null}`), cause.BadAlgorithm},
		{"alg_a_list", header(`{"alg":["HS256"]}`), cause.BadAlgorithm},
		{"alg_empty", header(`{"alg":""}`), cause.BadAlgorithm},
		{"alg_HS512_with_the_right_key", Sign("HS512", Secret, `{"alg":"HS512"}`, good), cause.BadAlgorithm},
		{"alg_RS256", header(`{"alg":"RS256"}`), cause.BadAlgorithm},
		{"ALG_is_not_alg", header(`{"ALG":"HS256"}`), cause.BadAlgorithm},

		{"other_key", Sign("HS256", OtherSecret, `{"alg":"HS256"}`, good), cause.BadSignature},
		{"header_says_HS256_signed_HS512", Sign("HS512", Secret, `{"alg":"HS256"}`, good), cause.BadSignature},
		{"signature_empty", parts[0] + "." + parts[1] + ".", cause.BadSignature},
		{"signature_cut", parts[0] + "." + parts[1] + "." + encode(string(raw[:31])), cause.BadSignature},
		{"signature_too_long", parts[0] + "." + parts[1] + "." + encode(string(raw)+"\x00"), cause.BadSignature},
		{"signature_of_another_token", parts[0] + "." + encode(`{"user_id":"1"}`) + "." + parts[2], cause.BadSignature},
		{"embedded_jwk", Sign("HS256", OtherSecret, `{"alg":"HS256","jwk":{"kty":"oct","k":"`+encode(OtherSecret)+`"}}`,
			good), cause.BadSignature},
		{"kid_with_a_path", Sign("HS256", OtherSecret, `{"alg":"HS256","kid":"../../dev/null"}`, good),
			cause.BadSignature},
		{"kid_with_quotes", Sign("HS256", OtherSecret, `{"alg":"HS256","kid":"' OR '1'='1"}`, good),
			cause.BadSignature},

		{"claims_no_JSON", token("hello"), cause.BadClaims},
		{"claims_empty_text", token(""), cause.BadClaims},
		{"claims_a_list", token(`[1,2]`), cause.BadClaims},
		{"claims_a_text", token(`"x"`), cause.BadClaims},
		{"claims_null", token(`null`), cause.BadClaims},
		{"claims_trailing_bytes", token(`{"exp":1}{}`), cause.BadClaims},
		{"claims_trailing_comma", token(`{"exp":1,}`), cause.BadClaims},
		{"claims_NaN", token(`{"exp":NaN}`), cause.BadClaims},
		{"claims_Infinity", token(`{"exp":-Infinity}`), cause.BadClaims},
		{"claims_integer_of_4301_digits", token(`{"x":[-` + strings.Repeat("9", 4301) + `]}`), cause.BadClaims},
		{"claims_integer_of_4300_digits", token(`{"x":[-` + strings.Repeat("9", 4300) + `]}`), cause.OK},
		{"claims_fraction_of_5000_digits", token(`{"x":0.` + strings.Repeat("9", 5000) + `}`), cause.OK},
		{"claims_leading_zero", token(`{"exp":01}`), cause.BadClaims},
		{"claims_plus", token(`{"exp":+1}`), cause.BadClaims},
		{"claims_bare_point", token(`{"exp":1.}`), cause.BadClaims},
		{"claims_duplicate", token(`{"exp":1,"exp":4102444800}`), cause.BadClaims},
		{"claims_duplicate_escaped", token(`{"exp":1,"\u0065xp":4102444800}`), cause.BadClaims},
		{"claims_duplicate_foreign", token(`{"x":1,"x":1}`), cause.BadClaims},
		{"claims_duplicate_nested", token(`{"x":[{"y":1,"y":2}]}`), cause.BadClaims},
		{"claims_other_case", token(`{"Exp":4102444800}`), cause.BadClaims},
		{"claims_other_case_configured", token(`{"USER_ID":"1","user_id":"7"}`), cause.BadClaims},
		{"claims_long_s", token(`{"i\u017fs":"x"}`), cause.BadClaims},
		{"claims_kelvin", token("{\"to\u212aen_type\":\"access\"}"), cause.BadClaims},
		{"claims_not_UTF8", token("{\"x\":\"\xc3\x28\"}"), cause.BadClaims},
		{"claims_overlong_UTF8", token("{\"x\":\"\xc0\xaf\"}"), cause.BadClaims},
		{"claims_surrogate_in_UTF8", token("{\"x\":\"\xed\xa0\x80\"}"), cause.BadClaims},
		{"claims_lone_surrogate", token(`{"x":"\ud83d"}`), cause.BadClaims},
		{"claims_reversed_surrogates", token(`{"x":"\udd11\ud83d"}`), cause.BadClaims},
		{"claims_control_character", token("{\"x\":\"a\nb\"}"), cause.BadClaims},
		{"claims_bad_escape", token(`{"x":"\x41"}`), cause.BadClaims},
		{"claims_byte_order_mark", token("\ufeff{}"), cause.BadClaims},
		{"claims_too_deep", token(`{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`), cause.BadClaims},
		{"claims_too_many_names", token(manyNames(1025)), cause.BadClaims},
		{"claims_as_many_names_as_fit", token(manyNames(1024)), cause.OK},
	}
	return Reading{Name: "open", Settings: core.DefaultSettings(), Keys: []OneOf{NewOneOf("HS256", 0)}, Tokens: tokens,
		Judged: map[string]cause.Cause{
			"claims_white_space": cause.Expired, "claims_nested_names_may_repeat_outer_ones": cause.Expired,
			"claims_empty": cause.NoExpiresAt, "claims_unicode": cause.NoExpiresAt,
			"claims_big_numbers": cause.NoExpiresAt, "claims_integer_of_4300_digits": cause.NoExpiresAt,
			"claims_fraction_of_5000_digits": cause.NoExpiresAt, "claims_as_many_names_as_fit": cause.NoExpiresAt,
		}}
}

// next returns another last character for a signature of 32 bytes. It decodes to the same bytes, since the last two
// bits are unused.
func next(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)|1]
}

func manyNames(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"n` + strings.Repeat("x", i%7) + base64.RawURLEncoding.EncodeToString([]byte{byte(i >> 8),
			byte(i)}) + `":0`)
	}
	b.WriteByte('}')
	return b.String()
}
