package core_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// shortcuts are settings and keys under which the short ways of Reader must lead where the long ones do.
func shortcuts() (settings []core.Settings, keys core.KeySet) {
	named, none, wide := core.DefaultSettings(), core.DefaultSettings(), core.DefaultSettings()
	named.UserIDClaim, named.TokenTypeClaim, named.IDClaim, named.RevokeTokenClaim = "sub", "typ", "jti", "a name of more than sixteen bytes"
	none.TokenTypeClaim, none.IDClaim = "", ""
	wide.UserIDClaim = "größe"
	return []core.Settings{core.DefaultSettings(), named, none, wide}, core.KeySet{Keys: []core.KeyInfo{
		{Algorithm: "HS256", Default: true}, {ID: "one", Algorithm: "HS256"}, {ID: "two", Algorithm: "ES256"}, {ID: `"\ü`, Algorithm: "EdDSA"},
		{ID: "one", Algorithm: "RS256"}, {ID: "any", Algorithm: "HS512", AnyID: true},
	}}
}

// agree gives one token to a reader with its shortcuts and to one without: what they say is the same.
func agree(t *testing.T, header, claims string) {
	t.Helper()
	settings, keys := shortcuts()
	token := []byte(coretest.Sign("HS256", coretest.Secret, header, claims))
	for _, s := range settings {
		short, long := core.NewReader(&s, keys), core.NewReader(&s, keys)
		long.Forget()
		for range 2 { // the second time by what was found last
			got, want := short.Inspect(token), long.Inspect(token)
			if got != want {
				t.Fatalf("Inspect(%s) = %+v with shortcuts, %+v without", header, got, want)
			}
			if got.Cause != core.OK {
				continue
			}
			opened, _ := short.Accept()
			if slow := long.AcceptSlowly(); !reflect.DeepEqual(opened, slow) {
				t.Fatalf("the claims %q are\n%+v with shortcuts,\n%+v without", claims, opened, slow)
			}
		}
	}
}

// Claims that only look plain.
func TestQuick(t *testing.T) {
	many := func(n int, format string) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf(format, i))
		}
		return "{" + strings.Join(names, ",") + "}"
	}
	for _, claims := range []string{
		`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"0123456789ab8cde8f010123456789ab","user_id":"7"}`,
		`{"exp":1}`, `{}`, `{"exp":1,}`, `{"exp":1`, `{"exp":1}}`, `{"exp":1} `, ` {"exp":1}`, `{ "exp":1}`, `{"exp" :1}`, `{"exp": 1}`, `{"exp":1 }`, `{"exp":1,"a":2}x`,
		`{"exp":01}`, `{"exp":0}`, `{"exp":-1}`, `{"exp":-}`, `{"exp":1.5}`, `{"exp":1e3}`, `{"exp":12345678}`, `{"exp":123456789012345}`, `{"exp":1234567890123456}`,
		`{"exp":12345678901234567890}`, `{"exp":` + strings.Repeat("9", 4300) + `}`, `{"exp":` + strings.Repeat("9", 4301) + `}`, `{"exp":1x}`, `{"exp":}`, `{"exp"}`,
		`{"exp":true,"iat":false,"nbf":null,"aud":["a",{"b":1}],"x":{"exp":1,"exp":2}}`, `{"x":{"exp":1},"exp":2}`, `{"x":{"y":1},"y":2,"z":{"y":3}}`,
		`{"exp":1,"exp":2}`, `{"x":1,"x":2}`, `{"long name 1":1,"long name 2":2}`, `{"long name 1":1,"long name 1":2}`, `{"exp":1,"\u0065xp":2}`, `{"\u0065xp":2}`,
		`{"Exp":1}`, `{"EXP":1,"exp":2}`, `{"exP":1}`, "{\"ex\x10\":1}", `{"Token_type":1}`, `{"TOKEN_TYPE":1}`, `{"token_typE":1}`, `{"token_typo":1}`, `{"token_tYpe":1}`,
		`{"token-type":1}`, `{"tokentype_":1}`, `{"ſub":1}`, `{"größe":1}`, `{"GRÖSSE":1}`, `{"GRÖßE":1}`, `{"a name of more than sixteen bytes":1}`,
		`{"a name of more than sixteen Bytes":1}`, `{"a name of more than sixteen bytez":1}`, `{"jti":"a\"b"}`, `{"jti":"a\\","exp":1}`, `{"jti":"ü"}`, `{"jti":"` + "\xff" + `"}`, `{"jti":"` + "\x00" + `"}`,
		`{"jti":"` + strings.Repeat("a", 100) + `"}`, `{"":1}`, `{"":1,"":2}`, `{"a":1` + strings.Repeat(" ", 40) + `}`, `[1]`, `1`, ``, `{"a":1` + "\x00" + `}`,
		many(24, `"n%d":1`), many(25, `"n%d":1`), many(1024, `"n%d":1`), many(1025, `"n%d":1`), many(1000, `"n%d":{"a":1}`),
		`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
	} {
		agree(t, `{"alg":"HS256"}`, claims)
		for size := range min(len(claims), 200) { // broken off anywhere
			agree(t, `{"alg":"HS256"}`, claims[:size])
		}
	}
	for n := range 40 { // every place of the last character within a word, and a bad one there
		for _, last := range []string{``, `\`, `ü`, "\x1f", `"`} {
			agree(t, `{"alg":"HS256"}`, `{"jti":"`+strings.Repeat("x", n)+last+`","exp":1}`)
			agree(t, `{"alg":"HS256"}`, `{"`+strings.Repeat("x", n)+last+`":1,"exp":1}`)
		}
	}
}

// The claims that simplejwt and most others write are read the short way; else it would be there for nothing.
func TestQuickIsUsed(t *testing.T) {
	for _, claims := range []string{
		`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"7dbc9bfd8b0e4d9a8f3d2e1c0b9a8f7e","user_id":"7"}`,
		`{"iss":"https://auth.example","sub":"user|8c1f","aud":["shop","app"],"exp":4102444800,"scope":"a b","admin":true,"n":null,"name":"Zoë"}`,
	} {
		s := core.DefaultSettings()
		r := core.NewReader(&s, coretest.OneKey().Set())
		if in := r.Inspect([]byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, claims))); in.Cause != core.OK || !r.Quick() {
			t.Errorf("%s is read the long way (%v)", claims, in.Cause)
		}
	}
}

// Headers in the form that issuers write, and ones that differ by little.
func TestHeads(t *testing.T) {
	for _, header := range []string{
		`{"alg":"HS256","typ":"JWT"}`, `{"typ":"JWT","alg":"HS256"}`, `{"alg":"HS256"}`, `{"alg":"ES256","kid":"two","typ":"JWT"}`, `{"alg":"ES256","typ":"JWT","kid":"two"}`,
		`{"typ":"JWT","alg":"ES256","kid":"two"}`, `{"alg":"ES256","kid":"two"}`, `{"alg":"HS256","kid":"one"}`, `{"alg":"RS256","kid":"one"}`, `{"alg":"HS512","kid":"any"}`,
		`{"alg":"HS512","kid":"other"}`, `{"alg":"EdDSA","kid":"\"\\\u00fc"}`, `{"alg":"EdDSA","kid":"\"\\ü"}`, `{"alg":"HS256","typ":"JWT","crit":[]}`, `{"alg":"HS256","typ":"JWS"}`,
		`{"alg":"ES256","typ":"JWT"}`, `{"alg":"HS256","kid":"two"}`, `{"alg":"none"}`, `{"alg":"HS256","alg":"HS256"}`, `{}`, ``, `{"alg":"HS256","typ":"JWT"} `,
	} {
		agree(t, header, `{"exp":1}`)
	}
}

func FuzzShortcuts(f *testing.F) {
	for _, token := range coretest.Seeds(f) {
		if parts := strings.Split(token, "."); len(parts) == 3 {
			header, ok1 := core.DecodeSignature(nil, []byte(parts[0]))
			claims, ok2 := core.DecodeSignature(nil, []byte(parts[1]))
			if ok1 && ok2 {
				f.Add(string(header), string(claims))
			}
		}
	}
	f.Add(`{"alg":"HS256"}`, `{"jti":"x","exp":1,"aud":["a"],"a":{"b":1.5}}`)
	f.Fuzz(func(t *testing.T, header, claims string) { agree(t, header, claims) })
}
