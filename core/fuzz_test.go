package core_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// FuzzToken opens any header and claims, signed as they are. What core accepts, jwx accepts with the same claims; what is accepted re-encodes
// to itself; and what core accepts it can judge in every way without a panic.
func FuzzToken(f *testing.F) {
	for _, token := range coretest.RecordedTokens(f) {
		parts := strings.Split(token, ".")
		header, err1 := base64.RawURLEncoding.DecodeString(parts[0])
		claims, err2 := base64.RawURLEncoding.DecodeString(parts[1])
		if err1 == nil && err2 == nil {
			f.Add(string(header), string(claims))
		}
	}
	f.Add(`{"alg":"HS256","typ":0,"jwk":{},"x5c":1}`, `{}`)
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := coretest.Sign("HS256", coretest.Secret, header, claims)
		o := open(t, e, token)
		if o.Cause != core.OK {
			return
		}
		payload, err := jws.Verify([]byte(token), jws.WithKey(jwa.HS256, []byte(coretest.Secret)))
		if err != nil && namesIgnored(header) {
			plain := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, claims)
			payload, err = jws.Verify([]byte(plain), jws.WithKey(jwa.HS256, []byte(coretest.Secret)))
		}
		if err != nil {
			t.Fatalf("core accepts header %q and claims %q, jwx: %v", header, claims, err)
		}
		if !bytes.Equal(payload, o.Claims) || string(o.Claims) != claims {
			t.Fatalf("claims %q, jwx %q, core %q", claims, payload, o.Claims)
		}
		sameClaims(t, o)
		for op := core.Authenticate; op <= core.Blacklist; op++ {
			for _, customer := range []core.Customer{{}, {ID: core.Integer(1), UserID: core.Integer(1), Active: true}} {
				if _, err := e.Decide(t.Context(), core.Request{
					Op: op, Opened: o, Now: coretest.Now, Entropy: coretest.Entropy, State: core.State{Customer: customer, PasswordGood: true},
				}); err != nil {
					t.Fatalf("Decide(op %d): %v", op, err)
				}
			}
		}
		o.CustomerKey(core.IntegerID)
		o.CustomerKey(core.TextID)
	})
}

// namesIgnored reports whether a header has a member that core ignores, as the reference does, while jwx wants its value in the form that RFC 7515
// §4.1 gives it. This is all that core accepts and jwx does not.
func namesIgnored(header string) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(header), &members) != nil {
		return false
	}
	for _, name := range []string{"typ", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"} {
		if _, ok := members[name]; ok {
			return true
		}
	}
	return false
}

// sameClaims holds the claims that core found against what encoding/json finds.
func sameClaims(t *testing.T, o core.Opened) {
	d := json.NewDecoder(bytes.NewReader(o.Claims))
	d.UseNumber()
	var all map[string]any
	if err := d.Decode(&all); err != nil {
		t.Fatalf("core accepts claims %q, encoding/json: %v", o.Claims, err)
	}
	for name, c := range map[string]core.Claim{
		"exp": o.ExpiresAt, "iat": o.IssuedAt, "nbf": o.NotBefore, "iss": o.TokenIssuer, "aud": o.Audience, "sub": o.Subject, "jti": o.JWTID,
		"refresh_exp": o.RefreshExpiresAt, "token_type": o.Type, "user_id": o.Customer, "hash_password": o.Revoke,
	} {
		want, found := all[name]
		if found != (c.Form != core.Absent) {
			t.Fatalf("%s in %q: found %v by encoding/json, form %v by core", name, o.Claims, found, c.Form)
		}
		if !found {
			continue
		}
		var got any
		d := json.NewDecoder(bytes.NewReader(o.JSON(c)))
		d.UseNumber()
		if err := d.Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s in %q is %v, %v by core and %v by encoding/json", name, o.Claims, got, err, want)
		}
		if text, ok := want.(string); ok {
			if mine, _ := o.Text(c); mine != text {
				t.Fatalf("%s in %q is %q by core and %q by encoding/json", name, o.Claims, mine, text)
			}
		}
	}
}

// FuzzRawToken opens any bytes. What is accepted has three canonical parts and a good signature.
func FuzzRawToken(f *testing.F) {
	for _, token := range coretest.RecordedTokens(f) {
		f.Add(token)
	}
	f.Add(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1}`))
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	f.Fuzz(func(t *testing.T, token string) {
		o := open(t, e, token)
		if o.Cause != core.OK {
			if len(o.Claims) != 0 {
				t.Fatalf("%q is refused for %v and has claims", token, o.Cause)
			}
			return
		}
		parts := strings.Split(token, ".")
		for i := range parts {
			b, err := base64.RawURLEncoding.DecodeString(parts[i])
			if err != nil || base64.RawURLEncoding.EncodeToString(b) != parts[i] {
				t.Fatalf("part %d of %q is not canonical", i, token)
			}
			parts[i] = string(b)
		}
		if again := coretest.Sign("HS256", coretest.Secret, parts[0], parts[1]); again != token {
			t.Fatalf("%q is accepted and would be signed as %q", token, again)
		}
	})
}

func open(t *testing.T, e core.Engine, token string) core.Opened {
	t.Helper()
	o, err := e.Open(t.Context(), []byte(token))
	if err != nil {
		t.Fatal(err)
	}
	return o
}
