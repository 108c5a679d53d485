package core_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// FuzzToken signs any header and claims, and opens the token. Core refuses exactly what the list of refusals names.
// What core accepts, jwx accepts too, with the same bytes of claims. An independent reader finds the same values in
// them. No operation on an accepted token panics.
func FuzzToken(f *testing.F) {
	for _, token := range coretest.Seeds(f) {
		if parts := strings.Split(token, "."); len(parts) == 3 {
			header, err1 := base64.RawURLEncoding.DecodeString(parts[0])
			claims, err2 := base64.RawURLEncoding.DecodeString(parts[1])
			if err1 == nil && err2 == nil {
				f.Add(string(header), string(claims))
			}
		}
	}
	f.Add(`{"alg":"HS256","typ":0,"jwk":{},"x5c":1}`, `{}`)
	f.Add(" \t"+`{"alg":"HS256"}`+"\r\n", `{}`)
	for _, r := range refusals {
		f.Add(r.header, r.claims)
	}
	for _, n := range []int{63, 64} { // the deepest, and one more
		deep := strings.Repeat("[", n) + strings.Repeat("]", n) + "}"
		f.Add(plainHeader, `{"x":`+deep)
		f.Add(`{"alg":"HS256","x":`+deep, `{}`)
	}
	for _, n := range []int{1023, 1024} { // most names, and one more
		f.Add(plainHeader, `{"x":[`+strings.Repeat(`{"y":1},`, n)+`1]}`)
	}
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := coretest.Sign("HS256", coretest.Secret, header, claims)
		o := open(t, e, token)
		s := newSigned(token, header, claims)
		if want, why := s.wanted(); o.Cause != want {
			t.Fatalf("header %q and claims %q are refused for %v, want %v: %s", header, claims, o.Cause, want, why)
		}
		if o.Cause != cause.OK {
			return
		}
		payload, err := jws.Verify([]byte(token), jws.WithKey(jwa.HS256, []byte(coretest.Secret)))
		if err != nil && (namesIgnored(header) || spaceAround(header)) {
			plain := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, claims)
			payload, err = jws.Verify([]byte(plain), jws.WithKey(jwa.HS256, []byte(coretest.Secret)))
		}
		if err != nil {
			t.Fatalf("core accepts header %q and claims %q, jwx: %v", header, claims, err)
		}
		if !bytes.Equal(payload, o.Claims) || string(o.Claims) != claims {
			t.Fatalf("claims %q, jwx %q, core %q", claims, payload, o.Claims)
		}
		sameClaims(t, &s.claims, o)
		if members := members(claims); !slices.Equal(members, s.claims.Members) {
			t.Fatalf("the claims %q are %q, %q by encoding/json", claims, members, s.claims.Members)
		}
		for op := core.Authenticate; op <= core.Blacklist; op++ {
			for _, customer := range []core.Customer{{}, {ID: core.Integer(1), UserID: core.Integer(1), Active: true}} {
				if _, err := e.Decide(t.Context(), core.Request{
					Op: op, Opened: o, Now: coretest.Now, Entropy: coretest.Entropy(),
					State: core.State{Customer: customer, PasswordGood: true},
				}); err != nil {
					t.Fatalf("Decide(op %d): %v", op, err)
				}
			}
		}
		o.CustomerKey(core.IntegerID)
		o.CustomerKey(core.TextID)
	})
}

// spaceAround reports whether a header has white space before or after its object. RFC 7515 §4 and the reference allow
// it. jwx checks the signature of the header without that space, so it finds a bad one.
func spaceAround(header string) bool { return strings.Trim(header, " \t\r\n") != header }

// namesIgnored reports whether a header has a member whose value core ignores, as the reference does. jwx wants these
// values in the form of RFC 7515 §4.1. In nothing else but the space around a header does core accept more than jwx.
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

// members are the members of claims as a scanner comes to them: names without escapes, values as they stand.
func members(claims string) (members [][2]string) {
	var scan strictjson.Scanner
	for more := scan.Begin([]byte(claims), strictjson.MaxNames); more; more = scan.Next() {
		members = append(members, [2]string{string(scan.Member.Name), string(scan.Member.Value.JSON([]byte(claims)))})
	}
	return members
}

// sameClaims holds the claims that core found against those that an independent reader finds, byte for byte.
func sameClaims(t *testing.T, claims *coretest.Object, o core.Opened) {
	slots := o.Slots()
	for i, name := range []string{"exp", "iat", "nbf", "refresh_exp", "iss", "aud", "sub", "jti", "jti", "token_type",
		"user_id", "hash_password"} {
		value, found := claims.Value(name)
		if got := string(o.JSON(*slots[i])); got != value || found != (slots[i].Form != strictjson.Absent) {
			t.Fatalf("%s in %q is %q, want %q (%v)", name, o.Claims, got, value, found)
		}
		text, ok := claims.Text(name)
		if got, is := o.Text(*slots[i]); got != text || is != ok {
			t.Fatalf("%s in %q is the text %q (%v), want %q (%v)", name, o.Claims, got, is, text, ok)
		}
	}
}

// FuzzRawToken opens any bytes, and opens what stands before their last dot with a good signature. Encoding the parts
// of an accepted token again, with the claims that core read, gives the same bytes: a token has one spelling.
func FuzzRawToken(f *testing.F) {
	for _, token := range coretest.Seeds(f) {
		f.Add(token)
	}
	f.Add(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1}`))
	for _, input := range []string{ // {"alg":"HS256"} and {}, spelt in many ways
		"eyJhbGciOiJIUzI1NiJ9.e30", "eyJhbGciOiJIUzI1NiJ9.e31", "eyJhbGciOiJIUzI1NiJ9.e30=",
		"eyJhbGciOiJIUzI1NiJ9.e3 0", "eyJhbGciOiJIUzI1NiJ9.e30A", "eyJhbGciOiJIUzI1NiJ9\n.e30",
		"eyJhbGciOiJIUzI1NiIgfQ.e30", "eyJhbGciOiJIUzI1NiIgfR.e30", "eyJhbGciOiJIUzI1NiIgfQ==.e30",
		"eyJhbGciOiJIUzI1NiJ9.eyJhIjoiPz8/In0", "eyJhbGciOiJIUzI1NiJ9.eyJhIjoiPz8_In0",
	} {
		f.Add(input + ".")
		f.Add(input + ".B")
	}
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	f.Fuzz(func(t *testing.T, token string) {
		dot := max(strings.LastIndexByte(token, '.'), 0)
		mac := hmac.New(sha256.New, []byte(coretest.Secret))
		mac.Write([]byte(token[:dot]))
		good := token[:dot] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		spelt := good
		if token != "" {
			spelt = good[:len(good)-1] + token[len(token)-1:]
		}
		for _, token := range []string{token, good, spelt} {
			o := open(t, e, token)
			if o.Cause != cause.OK {
				if len(o.Claims) != 0 {
					t.Fatalf("%q is refused for %v and has claims", token, o.Cause)
				}
				continue
			}
			if again, ok := encodedAgain(token, o.Claims); !ok || again != token {
				t.Fatalf("%q is accepted, and encoded again it is %q", token, again)
			}
		}
	})
}

// encodedAgain decodes the header and the signature of a token leniently, and encodes them again with the claims that
// core read (RFC 7515 §7.1).
func encodedAgain(token string, claims []byte) (again string, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	header, err1 := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	signature, err2 := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	encode := base64.RawURLEncoding.EncodeToString
	return encode(header) + "." + encode(claims) + "." + encode(signature), err1 == nil && err2 == nil
}

func open(t testing.TB, e core.Engine, token string) core.Opened {
	t.Helper()
	var o core.Opened
	if err := e.Open(t.Context(), []byte(token), &o); err != nil {
		t.Fatal(err)
	}
	return o
}
