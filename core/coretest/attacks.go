package coretest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// attacked are the algorithms of keys under attack: one of each kind.
var attacked = []string{"HS256", "RS256", "PS256", "ES256", "EdDSA", "Ed25519"}

// testAttacks: forged and altered tokens, each named for its attack, against a real key of each kind.
func testAttacks(t *testing.T, newEngine NewEngine) {
	for _, algorithm := range attacked {
		t.Run(algorithm, func(t *testing.T) {
			v := newVictim(algorithm)
			e := newEngine(t, core.DefaultSettings(), v.key)
			for _, r := range v.attackReadings() {
				r.runOn(t, e)
			}
		})
	}
	t.Run("several_keys", func(t *testing.T) { severalReading().run(t, newEngine) })
}

// attackReadings are the tokens of attackers, who have no key, and good tokens that were altered, by the attack.
func (v *victim) attackReadings() []Reading {
	readings := []Reading{v.reading("good", []Token{{"the_good_token", v.good, cause.OK}}), v.timesReading()}
	for _, attack := range []struct {
		name   string
		tokens func(*victim) []Token
	}{
		{"none", noneAttacks}, {"confusion", confusionAttacks}, {"header_key", headerKeyAttacks}, {"kid", kidAttacks},
		{"crit", critAttacks}, {"duplicate", duplicateAttacks}, {"case", caseAttacks}, {"space", spaceAttacks},
		{"second_signature", secondSignatureAttacks}, {"serialisation", serialisationAttacks},
		{"base64", base64Attacks}, {"signature", signatureAttacks},
	} {
		tokens := attack.tokens(v)
		slices.SortFunc(tokens, func(a, b Token) int { return strings.Compare(a.Name, b.Name) })
		readings = append(readings, v.reading(attack.name, tokens))
	}
	return readings
}

// reading is tokens for the victim.
func (v *victim) reading(name string, tokens []Token) Reading {
	return Reading{Name: "attacks/" + v.algorithm + "_" + name, Settings: core.DefaultSettings(), Keys: []OneOf{v.key},
		Tokens: tokens}
}

// noneAttacks: alg none in upper and lower case, in disguise, and with every kind of signature.
func noneAttacks(v *victim) (cases []Token) {
	for i := range 16 {
		none := []byte("none")
		for bit := range none {
			if i>>bit&1 == 1 {
				none[bit] -= 'a' - 'A'
			}
		}
		input := encode(`{"alg":"`+string(none)+`","typ":"JWT"}`) + "." + encode(good)
		cases = append(cases,
			Token{"alg_" + string(none), input + ".", cause.BadAlgorithm},
			Token{"alg_" + string(none) + "_with_the_old_signature", input + "." + v.signature,
				cause.BadAlgorithm},
			Token{"alg_" + string(none) + "_signed_by_the_key", v.sign(input), cause.BadAlgorithm},
		)
	}
	for name, header := range map[string]string{
		"escaped": `{"alg":"\u006eone"}`, "with_a_space": `{"alg":"none "}`, "with_NUL": `{"alg":"none\u0000"}`,
		"empty": `{"alg":""}`, "absent": `{}`,
		"null": `{"alg":null}`, "false": `{"alg":false}`, "zero": `{"alg":0}`, "a_list": `{"alg":["none","` +
			v.algorithm + `"]}`, "an_object": `{"alg":{}}`,
	} {
		cases = append(cases, Token{"alg_none_" + name, encode(header) + "." + encode(good) + ".",
			cause.BadAlgorithm})
	}
	return append(cases,
		Token{"no_signature", v.input + ".", cause.BadSignature},
		Token{"no_signature_and_no_dot", v.input, cause.Malformed},
		Token{"no_header", "." + encode(good) + ".", cause.Malformed},
	)
}

// confusionAttacks: the public key, which everybody has, as the secret of HMAC; and the key under its other algorithms.
func confusionAttacks(v *victim) (cases []Token) {
	for name, encoded := range v.publicKeys {
		for _, alg := range []string{"HS256", "HS384", "HS512"} {
			cases = append(cases,
				Token{alg + "_with_public_key_" + name, mac(alg, encoded, `{"alg":"`+alg+`"}`, good),
					cause.BadAlgorithm},
				Token{alg + "_with_public_key_" + name + "_said_to_be_" + v.algorithm,
					mac(alg, encoded, v.header, good), cause.BadSignature},
			)
		}
	}
	for _, alg := range []string{"HS256", "HS512", "RS256", "RS512", "PS256", "PS512", "ES256", "ES256K", "ES512",
		"EdDSA", "Ed25519", "Ed448", "A256GCMKW", "dir"} {
		if !slices.Contains(names(v.algorithm), alg) {
			input := encode(`{"alg":"`+alg+`"}`) + "." + encode(good)
			cases = append(cases, Token{"alg_" + alg + "_signed_by_the_key", v.sign(input), cause.BadAlgorithm})
		}
	}
	return append(cases,
		Token{"MAC_with_an_empty_secret", mac("HS256", nil, `{"alg":"HS256"}`, good),
			v.unless("HS256", cause.BadAlgorithm)},
		Token{"MAC_with_NUL_as_secret", mac("HS256", []byte{0}, `{"alg":"HS256"}`, good),
			v.unless("HS256", cause.BadAlgorithm)},
		Token{"alg_in_lower_case", v.sign(encode(`{"alg":"`+strings.ToLower(v.algorithm)+`"}`) + "." +
			encode(good)), cause.BadAlgorithm},
	)
}

// headerKeyAttacks: the attacker's own key in the header, or its address.
func headerKeyAttacks(v *victim) (cases []Token) {
	theirs := string(v.attackers["JWK"])
	if theirs == "" {
		theirs = `{"kty":"oct","k":"` + encode(OtherSecret) + `"}`
	}
	certificate := base64.StdEncoding.EncodeToString(v.attackers["DER"])
	for name, members := range map[string]string{
		"embedded_jwk":                  `"jwk":` + theirs,
		"embedded_jwk_with_kid":         `"kid":"k","jwk":` + strings.Replace(theirs, "{", `{"kid":"k",`, 1),
		"embedded_jwks":                 `"jwks":{"keys":[` + theirs + `]}`,
		"jku":                           `"jku":"https://evil.example/jwks.json","kid":"k"`,
		"jku_of_a_file":                 `"jku":"file:///etc/passwd"`,
		"jku_within_the_host":           `"jku":"http://127.0.0.1:8000/.well-known/jwks.json"`,
		"jku_with_a_familiar_beginning": `"jku":"https://auth.example@evil.example/jwks.json"`,
		"x5u":                           `"x5u":"https://evil.example/cert.pem"`,
		"x5c":                           `"x5c":["` + certificate + `"]`,
		"x5t":                           `"x5t":"` + encode("01234567890123456789") + `"`,
		"all_of_them": `"jwk":` + theirs +
			`,"jku":"https://evil.example/","x5u":"https://evil.example/","x5c":["` + certificate + `"]`,
		"issuer_and_more_in_the_header":   `"iss":"https://auth.example","sub":"1","aud":"shop","key":` + theirs,
		"typ_and_cty_of_an_inner_token":   `"typ":"JOSE","cty":"JWT"`,
		"enc_and_zip_as_if_it_were_a_JWE": `"enc":"A256GCM","zip":"DEF"`,
	} {
		cases = append(cases, Token{name, v.forge(`{"alg":"`+v.algorithm+`",`+members+`}`, good),
			cause.BadSignature})
	}
	return cases
}

// kidAttacks: kid as a path, a query, a command, an address. Engines only compare it with the ids of keys.
func kidAttacks(v *victim) (cases []Token) {
	for name, kid := range map[string]string{
		"path": "../../../../dev/null", "absolute_path": "/dev/null", "windows_path": `..\..\windows\win.ini`,
		"device":        "/proc/self/environ",
		"single_quotes": "' OR '1'='1", "double_quotes": `" OR ""="`, "union": "x' UNION SELECT 'secret' -- ",
		"command": "|/usr/bin/id;`id`$(id)",
		"URL":     "https://evil.example/key.pem", "NUL": "k\x00",
		"line_break": "k\r\nx: y", "template": "{{7*7}}${7*7}",
		"format": "%s%n%x", "empty": "",
		"unicode": "ｋ\u202e🔑", "prototype": "__proto__", "long": strings.Repeat("k", 20_000),
	} {
		header, err := json.Marshal(map[string]string{"alg": v.algorithm, "kid": kid})
		if err != nil {
			panic(err)
		}
		cases = append(cases,
			Token{"kid_" + name, v.forge(string(header), good), cause.BadSignature},
			Token{"kid_" + name + "_and_an_empty_secret",
				mac("HS256", nil, strings.Replace(string(header), v.algorithm, "HS256", 1), good),
				v.unless("HS256", cause.BadAlgorithm)},
		)
	}
	for name, kid := range map[string]string{"number": "0", "null": "null", "true": "true", "list": `["k"]`,
		"object": `{"$ne":null}`} {
		cases = append(cases, Token{"kid_a_" + name, v.issue(`{"alg":"`+v.algorithm+`","kid":`+kid+`}`, good),
			cause.BadHeader})
	}
	return cases
}

// critAttacks: engines know no extension, so they refuse a header with crit (RFC 7515 §4.1.11) and an unencoded payload
// (RFC 7797).
func critAttacks(v *victim) (cases []Token) {
	for name, members := range map[string]string{
		"unknown": `"crit":["x"],"x":1`, "of_a_known_member": `"crit":["alg"]`, "of_an_absent_member": `"crit":["exp"]`,
		"empty": `"crit":[]`,
		"null":  `"crit":null`, "a_text": `"crit":"exp"`, "escaped": `"\u0063rit":["x"],"x":1`,
		"b64":       `"crit":["b64"],"b64":true`,
		"b64_false": `"b64":false`, "b64_false_critical": `"crit":["b64"],"b64":false`, "b64_a_text": `"b64":"false"`,
		"b64_null": `"b64":null`,
	} {
		cases = append(cases, Token{"crit_" + name, v.issue(`{"alg":"`+v.algorithm+`",`+members+`}`, good),
			cause.BadHeader})
	}
	unencoded := encode(`{"alg":"`+v.algorithm+`","b64":false,"crit":["b64"]}`) + "." + good
	return append(cases, Token{"crit_b64_false_with_the_claims_in_the_clear", v.sign(unencoded), cause.BadHeader})
}

// duplicateAttacks: of two members of one name some readers take the first, others the last (RFC 8725 §2.4). The owner
// of the key signed these tokens, so only the members are wrong.
func duplicateAttacks(v *victim) (cases []Token) {
	alg := `"alg":"` + v.algorithm + `"`
	for name, header := range map[string]string{
		"alg_none_first": `{"alg":"none",` + alg + `}`, "alg_none_last": `{` + alg + `,"alg":"none"}`,
		"alg_twice_the_same": `{` + alg + `,` + alg + `}`,
		"alg_escaped":        `{` + alg + `,"\u0061\u006c\u0067":"none"}`, "kid": `{` + alg + `,"kid":"a","kid":"b"}`,
		"typ":             `{` + alg + `,"typ":"JWT","typ":"JWT"}`,
		"within_a_member": `{` + alg + `,"jwk":{"k":1,"k":2}}`,
	} {
		cases = append(cases, Token{"duplicate_" + name, v.issue(header, good), cause.BadHeader})
	}
	for name, claims := range map[string]string{
		"exp": `{"exp":1,"exp":4102444800}`, "exp_escaped": `{"exp":1,"e\u0078p":4102444800}`,
		"user_id":    `{"user_id":"7","user_id":"1"}`,
		"token_type": `{"token_type":"refresh","token_type":"access"}`, "unknown": `{"x":1,"x":1}`,
		"within_a_claim": `{"x":{"y":[{"z":1,"z":1}]}}`,
	} {
		cases = append(cases, Token{"duplicate_claim_" + name, v.issue(v.header, claims), cause.BadClaims})
	}
	return cases
}

// caseAttacks: names are exact. A name in another case is another member of the header. In claims it is refused, since
// some readers take it for the claim.
func caseAttacks(v *victim) (cases []Token) {
	for name, c := range map[string]struct {
		header string
		want   cause.Cause
	}{
		"Alg_alone":                   {`{"Alg":"` + v.algorithm + `"}`, cause.BadAlgorithm},
		"ALG_alone":                   {`{"ALG":"` + v.algorithm + `"}`, cause.BadAlgorithm},
		"Alg_beside_alg_none":         {`{"alg":"none","Alg":"` + v.algorithm + `"}`, cause.BadAlgorithm},
		"Alg_none_beside_alg":         {`{"alg":"` + v.algorithm + `","Alg":"none"}`, cause.OK},
		"alg_value_in_another_case":   {`{"alg":"` + otherCase(v.algorithm) + `"}`, cause.BadAlgorithm},
		"KID_with_a_path":             {`{"alg":"` + v.algorithm + `","KID":"../../dev/null"}`, cause.OK},
		"alg_with_a_fullwidth_letter": {`{"\uff41lg":"` + v.algorithm + `"}`, cause.BadAlgorithm},
	} {
		cases = append(cases, Token{"header_" + name, v.issue(c.header, good), c.want})
	}
	for _, claim := range []string{"Exp", "EXP", "eXp", "User_ID", "USER_ID", "Token_Type", "JTI", "Iat", "NBF", "Iss",
		"AUD", "Sub", "Hash_Password", "Refresh_Exp", "i\u017fs", "to\u212aen_type"} {
		cases = append(cases,
			Token{"claim_" + claim, v.issue(v.header, `{"`+claim+`":1}`), cause.BadClaims},
			Token{"claim_" + claim + "_beside_the_others",
				v.issue(v.header, strings.Replace(good, "{", `{"`+claim+`":"1",`, 1)), cause.BadClaims},
		)
	}
	return cases
}

// spaceAttacks: white space and padding in and around a good token.
func spaceAttacks(v *victim) (cases []Token) {
	parts := strings.Split(v.good, ".")
	for name, space := range map[string]string{"space": " ", "tab": "\t", "line_feed": "\n", "line_end": "\r\n",
		"no-break_space": "\u00a0", "zero-width_space": "\u200b", "byte_order_mark": "\ufeff", "NUL": "\x00",
		"percent_20": "%20"} {
		for place, token := range map[string]string{
			"before": space + v.good, "after": v.good + space, "in_the_header": v.good[:5] + space + v.good[5:],
			"before_a_dot": parts[0] + space + "." + parts[1] + "." + parts[2], "after_a_dot": parts[0] + "." +
				parts[1] + "." + space + parts[2],
			"in_the_claims":    parts[0] + "." + parts[1][:9] + space + parts[1][9:] + "." + parts[2],
			"in_the_signature": v.good[:len(v.good)-4] + space + v.good[len(v.good)-4:],
		} {
			want := cause.Malformed
			if place == "in_the_claims" { // which are decoded once the signature is good
				want = cause.BadSignature
			}
			cases = append(cases, Token{name + "_" + place, token, want})
		}
	}
	for _, padding := range []string{"=", "==", "===", "%3D", "."} {
		for i := range parts {
			padded := append([]string{}, parts...)
			padded[i] += padding
			want := cause.Malformed
			if i == 1 && padding != "." { // see above
				want = cause.BadSignature
			}
			cases = append(cases, Token{fmt.Sprintf("padding_%s_of_part_%d", padding, i),
				strings.Join(padded, "."), want})
		}
	}
	return append(cases,
		Token{"quoted", `"` + v.good + `"`, cause.Malformed},
		Token{"with_its_scheme", "Bearer " + v.good, cause.Malformed},
	)
}

// secondSignatureAttacks: more than one signature, or more than three parts.
func secondSignatureAttacks(v *victim) []Token {
	forged := strings.Replace(good, `"7"`, `"1"`, 1)
	theirs := v.forge(v.header, forged)
	last := theirs[strings.LastIndexByte(theirs, '.')+1:]
	raw, _ := base64.RawURLEncoding.DecodeString(v.signature)
	other, _ := base64.RawURLEncoding.DecodeString(last)
	return []Token{
		{"two_signatures_good_first", v.good + "." + last, cause.Malformed},
		{"two_signatures_good_last", theirs + "." + v.signature, cause.Malformed},
		{"two_signatures_in_one_good_first", v.input + "." + encode(string(raw)+string(other)), cause.BadSignature},
		{"two_signatures_in_one_good_last", v.input + "." + encode(string(other)+string(raw)), cause.BadSignature},
		{"two_signatures_with_a_comma", v.good + "," + last, cause.Malformed},
		{"two_tokens", v.good + " " + v.good, cause.Malformed},
		{"a_good_token_within_the_claims_of_another", v.forge(v.header, `{"token":"`+v.good+`"}`), cause.BadSignature},
		{"a_good_token_as_the_claims_of_another", v.issue(`{"alg":"`+v.algorithm+`","cty":"JWT"}`, v.good),
			cause.BadClaims},
		{"another's_claims", encode(v.header) + "." + encode(forged) + "." + v.signature, cause.BadSignature},
		{"another's_header", encode(`{"alg":"`+v.algorithm+`"}`) + "." + encode(good) + "." + v.signature,
			cause.BadSignature},
		{"five_parts_as_a_JWE", v.good + ".a.b", cause.Malformed},
	}
}

// serialisationAttacks: the JSON serialisations of RFC 7515 §7.2 are no tokens, nor are texts that are both.
func serialisationAttacks(v *victim) []Token {
	parts := strings.Split(v.good, ".")
	one := `"protected":"` + parts[0] + `","signature":"` + parts[2] + `"`
	flattened := `{"payload":"` + parts[1] + `",` + one + `}`
	forged := encode(v.header) + "." + encode(strings.Replace(good, `"7"`, `"1"`, 1))
	return []Token{
		{"json_flattened", flattened, cause.Malformed},
		{"json_general", `{"payload":"` + parts[1] + `","signatures":[{` + one + `}]}`, cause.Malformed},
		{"json_general_with_two_signatures", `{"payload":"` + parts[1] + `","signatures":[{"protected":"` +
			encode(`{"alg":"none"}`) + `","signature":""},{` + one + `}]}`, cause.Malformed},
		{"json_with_an_unprotected_header", `{"payload":"` + parts[1] + `","header":{"alg":"none"},` + one + `}`,
			cause.Malformed},
		{"json_encoded_once_more", encode(flattened), cause.Malformed},
		// CVE-2022-39227
		{"json_and_compact_in_one", `{"  ` + forged + `.":"","payload":"` + parts[1] + `",` + one + `}`,
			cause.Malformed},
		{"json_as_header", encode(flattened) + "." + parts[1] + "." + parts[2], cause.BadAlgorithm},
		{"detached_claims", parts[0] + ".." + parts[2], cause.BadSignature},
	}
}

// base64Attacks: each token has one spelling (RFC 7515 §2), so another spelling cannot get round a list of tokens.
func base64Attacks(v *victim) (cases []Token) {
	for unused, parts := range map[string][3]string{
		// The header and the claims of these end within a group of four characters, so the last character has unused
		// bits.
		"header":    {encode(pad(v.header, 1)), encode(good), ""},
		"claims":    {encode(v.header), encode(pad(good, 1)), ""},
		"signature": {encode(v.header), encode(good), v.signature},
	} {
		part := map[string]int{"header": 0, "claims": 1, "signature": 2}[unused]
		for i, spelling := range spellings(parts[part]) {
			twisted := parts
			twisted[part] = spelling
			token := v.sign(twisted[0] + "." + twisted[1])
			if part == 2 {
				token = strings.Join(twisted[:], ".")
			}
			cases = append(cases, Token{fmt.Sprintf("unused_bits_of_the_%s_%d", unused, i+1), token,
				cause.Malformed})
		}
	}
	raw, _ := base64.RawURLEncoding.DecodeString(v.signature)
	return append(cases,
		Token{"standard_alphabet_header",
			v.sign(base64.RawStdEncoding.EncodeToString([]byte(`{"alg":"`+v.algorithm+`","x":"???>>>"}`)) + "." +
				encode(good)), cause.Malformed},
		Token{"standard_alphabet_claims", v.sign(encode(v.header) + "." +
			base64.RawStdEncoding.EncodeToString([]byte(`{"x":"???>>>"}`))), cause.Malformed},
		Token{"padded_claims_that_were_signed", v.sign(encode(v.header) + "." +
			base64.StdEncoding.EncodeToString([]byte(pad(good, 1)))), cause.Malformed},
		Token{"one_character_too_many", v.sign(encode(v.header) + "." + encode(pad(good, 0)) + "A"),
			cause.Malformed},
		Token{"hexadecimal_signature", v.input + "." + fmt.Sprintf("%x", raw), cause.BadSignature},
	)
}

// spellings returns the other base64url spellings of the same bytes, which set unused bits of the last character.
func spellings(part string) (others []string) {
	want, _ := base64.RawURLEncoding.DecodeString(part)
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		other := part[:len(part)-1] + string(c)
		if b, err := base64.RawURLEncoding.DecodeString(other); err == nil && string(b) == string(want) &&
			other != part {
			others = append(others, other)
		}
	}
	return others
}

// pad adds spaces to a JSON text until its length modulo 3 is rest.
func pad(text string, rest int) string {
	for len(text)%3 != rest {
		text += " "
	}
	return text
}
