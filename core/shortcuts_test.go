package core_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// shortcuts are settings and keys under which a reader that remembers headers must answer as one that reads each.
func shortcuts() (settings []core.Settings, keys core.KeySet) {
	named, none, wide := core.DefaultSettings(), core.DefaultSettings(), core.DefaultSettings()
	named.UserIDClaim, named.TokenTypeClaim, named.IDClaim, named.RevokeTokenClaim = "sub", "typ", "jti",
		"a name of more than sixteen bytes"
	none.TokenTypeClaim, none.IDClaim = "", ""
	wide.UserIDClaim = "größe"
	return []core.Settings{core.DefaultSettings(), named, none, wide}, core.KeySet{Keys: []core.KeyInfo{
		{Algorithm: "HS256", Default: true}, {ID: "one", Algorithm: "HS256"}, {ID: "two", Algorithm: "ES256"},
		{ID: `"\ü`, Algorithm: "EdDSA"},
		{ID: "one", Algorithm: "RS256"}, {ID: "any", Algorithm: "HS512", AnyID: true},
	}}
}

// agree gives one token to a reader that remembers headers and to one that does not: what they say is the same.
func agree(t *testing.T, header, claims string) {
	t.Helper()
	settings, keys := shortcuts()
	token := []byte(coretest.Sign("HS256", coretest.Secret, header, claims))
	for _, s := range settings {
		short, long := core.NewReader(&s, keys), core.NewReader(&s, keys)
		for range 2 { // the second time by what was found last
			long.Forget()
			got, want := short.Inspect(token), long.Inspect(token)
			if got != want {
				t.Fatalf("Inspect(%s) = %+v with shortcuts, %+v without", header, got, want)
			}
			if got.Cause != cause.OK {
				continue
			}
			opened, _ := short.Accept()
			if again, _ := long.Accept(); !reflect.DeepEqual(opened, again) {
				t.Fatalf("the claims %q are\n%+v with shortcuts,\n%+v without", claims, opened, again)
			}
		}
	}
}

// Headers in the form that issuers write, and ones that differ by little.
func TestHeads(t *testing.T) {
	for _, header := range []string{
		`{"alg":"HS256","typ":"JWT"}`, `{"typ":"JWT","alg":"HS256"}`, `{"alg":"HS256"}`,
		`{"alg":"ES256","kid":"two","typ":"JWT"}`, `{"alg":"ES256","typ":"JWT","kid":"two"}`,
		`{"typ":"JWT","alg":"ES256","kid":"two"}`, `{"alg":"ES256","kid":"two"}`, `{"alg":"HS256","kid":"one"}`,
		`{"alg":"RS256","kid":"one"}`, `{"alg":"HS512","kid":"any"}`,
		`{"alg":"HS512","kid":"other"}`, `{"alg":"EdDSA","kid":"\"\\\u00fc"}`, `{"alg":"EdDSA","kid":"\"\\ü"}`,
		`{"alg":"Ed25519","kid":"\"\\ü"}`, `{"alg":"Ed448","kid":"\"\\ü"}`,
		`{"alg":"HS256","typ":"JWT","crit":[]}`, `{"alg":"HS256","typ":"JWS"}`,
		`{"alg":"ES256","typ":"JWT"}`, `{"alg":"HS256","kid":"two"}`, `{"alg":"none"}`, `{"alg":"HS256","alg":"HS256"}`,
		`{}`, ``, `{"alg":"HS256","typ":"JWT"} `,
	} {
		agree(t, header, `{"exp":1}`)
	}
}

func FuzzShortcuts(f *testing.F) {
	for _, token := range coretest.Seeds(f) {
		if parts := strings.Split(token, "."); len(parts) == 3 {
			header, ok1 := core.DecodePart(nil, []byte(parts[0]))
			claims, ok2 := core.DecodePart(nil, []byte(parts[1]))
			if ok1 && ok2 {
				f.Add(string(header), string(claims))
			}
		}
	}
	f.Add(`{"alg":"HS256"}`, `{"jti":"x","exp":1,"aud":["a"],"a":{"b":1.5}}`)
	f.Fuzz(func(t *testing.T, header, claims string) { agree(t, header, claims) })
}
