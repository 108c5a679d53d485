package main

import (
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/verify"
)

// configureCases are verifiers without a policy, with another one, and policies that are refused.
func (g *generator) configureCases() {
	token := hs.Issue(hsHeader, access(""))
	plain := g.configure("HS256", secretPolicy(""))
	g.add("configure/not", verdict(token, now, "not_configured"))
	g.add("configure/not, malformed", verdict("", now, "not_configured"))
	g.add("configure/not, at no time", verdict(token, 0, "not_configured"))
	g.add("configure/not, updated", g.update("empty", "", "not_configured"),
		verdict(token, now, "not_configured"))
	s := core.DefaultSettings()
	g.add("configure/anew", plain, verdict(token, now, good),
		g.configure("ES256", policy(&s, []coretest.OneOf{es}, "")), verdict(token, now, "bad_algorithm"), plain,
		verdict(token, now, good))
	bad := g.refused("unknown member", secretPolicy(`,"isuer":"x"`), "isuer")
	g.add("configure/anew, refused", plain, bad, verdict(token, now, good))
	g.add("configure/refused", bad, verdict(token, now, "not_configured"))
	spelt := "\n\t{ \"leeway\" : 0 ,\r\n \"\\u006awks\":" + strings.TrimPrefix(secretPolicy(""), `{"jwks":`)
	g.add("configure/spelt otherwise", g.configure("spelt otherwise", string(encode(spelt))), verdict(token, now, good))

	secret, public := hs.JWK(), es.JWK()
	jwks := func(keys string) string { return `{"jwks":{"keys":[` + keys + `]}}` }
	without := func(member string) string { return strings.Replace(public, `"`+member+`":`, `"not_`+member+`":`, 1) }
	for _, c := range []struct{ name, policy, says string }{
		{"no JSON", `{`, "no strict JSON object"},
		{"empty", ``, "no strict JSON object"},
		{"a list", `[]`, "no strict JSON object"},
		{"null", `null`, "no strict JSON object"},
		{"trailing bytes", secretPolicy("") + "x", "no strict JSON object"},
		{"trailing comma", strings.TrimSuffix(secretPolicy(""), "}") + ",}", "no strict JSON object"},
		{"a comment", secretPolicy("") + "// x", "no strict JSON object"},
		{"no keys", `{}`, "no keys"},
		{"member twice", secretPolicy(`,"leeway":1,"leeway":1`), "twice"},
		{"member in another case", secretPolicy(`,"Leeway":1`), "Leeway"},
		{"jwks twice, escaped", strings.TrimSuffix(secretPolicy(""), "}") + `,"jwk\u0073":{"keys":[]}}`, "twice"},
		{"both", strings.TrimSuffix(secretPolicy(""), "}") + `,"root":` + public + `}`, "both"},
		{"jwks a text", `{"jwks":"x"}`, "jwks"},
		{"jwks empty", jwks(""), "jwks"},
		{"keys a text", `{"jwks":{"keys":"x"}}`, "keys"},
		{"key a text", jwks(`"x"`), "keys[0]"},
		{"key without kty", jwks(without("kty")), "keys"},
		{"key without x", jwks(without("x")), "x"},
		{"key damaged", jwks(strings.Replace(public, `"x":"`, `"x":"AAAA`, 1)), "keys[0]"},
		{"key off its curve", jwks(offCurve(public)), "keys[0]"},
		{"key in padded base64", jwks(strings.Replace(secret, `","kty"`, `==","kty"`, 1)), "k:"},
		{"key private", jwks(strings.TrimSuffix(public, "}") + `,"d":"AAAA"}`), "private"},
		{"key of another algorithm", jwks(strings.Replace(public, "ES256", "ES384", 1)), "ES384"},
		{"key of an unknown algorithm", jwks(strings.Replace(public, "ES256", "XS256", 1)), "keys"},
		{"key without algorithm", jwks(strings.Replace(secret, `"alg":"HS256",`, "", 1)), "alg"},
		{"secret too short", jwks(`{"kty":"oct","alg":"HS256","k":"c2hvcnQ"}`), "bytes"},
		{"secret as a public key's algorithm", jwks(strings.Replace(secret, "HS256", "RS256", 1)), "keys"},
		{"second key bad", jwks(secret + `,{"kty":"oct","kid":5}`), "keys[1]"},
		{"two keys of a kid", jwks(secret + "," + secret), "kid"},
		{"end of a key a text", jwks(strings.Replace(secret, "{", `{"exp":"x",`, 1)), "exp"},
		{"a key for encryption alone", jwks(strings.Replace(secret, "{", `{"use":"enc",`, 1)), "keys"},
		{"issuer a number", secretPolicy(`,"issuer":5`), "issuer"},
		{"issuer empty", secretPolicy(`,"issuer":""`), "issuer"},
		{"audience a number", secretPolicy(`,"audience":5`), "audience"},
		{"audience empty", secretPolicy(`,"audience":[]`), "audience"},
		{"audience with a number", secretPolicy(`,"audience":["a",5]`), "audience"},
		{"leeway negative", secretPolicy(`,"leeway":-1`), "leeway"},
		{"leeway a fraction", secretPolicy(`,"leeway":1.5`), "leeway"},
		{"leeway too long", secretPolicy(`,"leeway":3601`), "leeway"},
		{"leeway a text", secretPolicy(`,"leeway":"1"`), "leeway"},
		{"types refresh", secretPolicy(`,"types":["refresh"]`), "refresh"},
		{"types empty", secretPolicy(`,"types":[]`), "types"},
		{"types a text", secretPolicy(`,"types":"access"`), "types"},
		{"required a text", secretPolicy(`,"required":"exp"`), "required"},
		{"fail_closed a number", secretPolicy(`,"fail_closed":1`), "fail_closed"},
		{"signatures unknown", secretPolicy(`,"signatures":"gateway"`), "signatures"},
		{"compat unknown", secretPolicy(`,"compat":"5.4"`), "compat"},
		{"claim empty", secretPolicy(`,"jti_claim":""`), "jti_claim"},
		{"claim with a meaning", secretPolicy(`,"user_id_claim":"exp"`), "user_id_claim"},
		{"two claims of a name", secretPolicy(`,"user_id_claim":"jti"`), "jti"},
		{"min_epoch without a root", secretPolicy(`,"min_epoch":5`), "min_epoch"},
		{"bundle without a root", secretPolicy(`,"bundle":"x"`), "bundle"},
		{"root a secret", `{"root":` + secret + `}`, "root"},
		{"root a text", `{"root":"x"}`, "root"},
		{"claims with a root", `{"root":` + public + `,"jti_claim":null}`, "jti_claim"},
		{"min_epoch a text", `{"root":` + public + `,"min_epoch":"5"}`, "min_epoch"},
		{"bundle bad", `{"root":` + public + `,"bundle":"x"}`, "bundle_malformed"},
	} {
		g.add("configure/"+c.name, g.refused(c.name, c.policy, c.says), verdict(token, now, "not_configured"))
	}
}

// offCurve is the key with another y, of the same length.
func offCurve(jwk string) string {
	i := strings.Index(jwk, `"y":"`) + 5
	c := "A"
	if jwk[i:i+1] == c {
		c = "B"
	}
	return jwk[:i] + c + jwk[i+1:]
}

// refused configures a policy that is refused, in its own spelling. The error is the verifier's, and says what is told.
func (g *generator) refused(name, policy, says string) step {
	s := g.configure("refused: "+name, string(encode(policy)))
	_, err := verify.Read([]byte(policy))
	if err == nil || !strings.Contains(err.Error(), says) {
		fail("policy %s: %v, want an error that says %s", name, err, says)
	}
	s.want = fmt.Sprint("error: ", err)
	return s
}
