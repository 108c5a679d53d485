package verify_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/verify"
)

// issuer is what a fuzzed verifier reads tokens of: a key and settings, in a policy and natively.
type issuer struct {
	key      coretest.OneOf
	settings core.Settings
	required []string
	native   *core.Native
	// verifiers by what they remember and who checks signatures
	verifiers map[string]*verify.Verifier
}

func newIssuer(f *testing.F, algorithm, more string, required []string, change func(*core.Settings)) *issuer {
	i := &issuer{key: coretest.NewOneOf(algorithm, 0), settings: core.DefaultSettings(), required: required}
	if change != nil {
		change(&i.settings)
	}
	i.native = core.NewNative(i.settings, i.key)
	made := func(more string) *verify.Verifier {
		trust, err := verify.Read([]byte(`{"jwks":{"keys":[` + i.key.JWK() + `]}` + more + `}`))
		if err != nil {
			f.Fatal(err)
		}
		v := &verify.Verifier{}
		v.Use(trust)
		return v
	}
	i.verifiers = map[string]*verify.Verifier{"empty at first": made(more), "full": made(more),
		"helped": made(more), "taught": made(more + `,"signatures":"host"`)}
	for n := range uint64(1 << 14) {
		var name [32]byte
		binary.LittleEndian.PutUint64(name[:], n)
		i.verifiers["full"].Vouch(name)
	}
	i.verifiers["helped"].Helper = func(k *verify.Key, input, signature []byte) (bool, bool) {
		return k.Check(input, signature), true
	}
	return i
}

// want is what core says of a token.
func (i *issuer) want(t *testing.T, token []byte, now int64) (claims string, c cause.Cause) {
	t.Helper()
	at := time.Unix(now, 0)
	if core.CheckClock(at, time.Time{}) != nil {
		return "", cause.BadClock
	}
	var o core.Opened
	if err := i.native.Open(context.Background(), token, &o); err != nil {
		t.Fatal(err)
	}
	c = core.Judge(&i.settings, &o, core.State{}, i.settings.AuthTokenClasses, i.required, at)
	if c != cause.OK {
		return "", c
	}
	object := coretest.ReadObject(string(o.Claims))
	if _, there := object.Value(i.settings.UserIDClaim); !there {
		return "", cause.NoCustomerClaim
	}
	return string(o.Claims), c
}

// got is what a verifier says. teach has the signature checked here first, if the verifier asks for that.
func got(v *verify.Verifier, token []byte, now int64, teach bool) (claims string, c cause.Cause) {
	bad := false
	if q, _ := v.Ask(token); teach && q.Needed {
		signature, err := base64.RawURLEncoding.DecodeString(string(token[q.Signature:]))
		if bad = err != nil || !q.Key.Check(token[:q.Input], signature); !bad {
			v.Vouch(q.Name)
		}
	}
	o, c := v.Verify(token, now)
	switch {
	case c == cause.SignatureNeeded && bad:
		return "", cause.BadSignature
	case c != cause.OK:
		return "", c
	}
	return string(o.Claims), c
}

// FuzzVerify: a Verifier says of any token at any time what core says, whatever it remembers and whoever checks
// signatures, and the second time too.
func FuzzVerify(f *testing.F) {
	issuers := []*issuer{
		newIssuer(f, "HS256", "", nil, nil),
		newIssuer(f, "HS256", `,"leeway":10,"types":["sliding","access"],"required":["iat"],"compat":"5.2"`,
			[]string{"iat"}, func(s *core.Settings) {
				s.Leeway, s.Compat = 10*time.Second, core.V52
				s.AuthTokenClasses = []core.TokenType{core.SlidingToken, core.AccessToken}
			}),
		newIssuer(f, "ES256", "", nil, nil),
		newIssuer(f, "EdDSA", `,"token_type_claim":null,"audience":["shop"]`, nil, func(s *core.Settings) {
			s.TokenTypeClaim, s.Audience, s.AudienceList = "", []string{"shop"}, true
		}),
	}
	for _, r := range coretest.Readings() { // the kit has all of them
		for i, token := range r.Tokens {
			if i%4 == 0 && len(token.Token) < 4096 {
				f.Add(token.Token, `{"alg":"ES256"}`, `{"exp":4102444800}`, coretest.Now.Unix())
			}
		}
	}
	for _, token := range coretest.Seeds(f) {
		f.Add(token, `{"alg":"HS256","typ":"JWT"}`, `{"token_type":"access"}`, int64(1<<40))
	}
	f.Fuzz(func(t *testing.T, token, header, claims string, now int64) {
		for _, i := range issuers {
			for _, text := range []string{token, i.key.Issue(header, claims)} {
				wantClaims, want := i.want(t, []byte(text), now)
				for name, v := range i.verifiers {
					for range 2 {
						gotClaims, c := got(v, []byte(text), now, name == "taught")
						if c != want || gotClaims != wantClaims {
							t.Errorf("%s, %s at %d: %q is %v %q, want %v %q", i.key.Info.Algorithm, name, now, text, c,
								gotClaims, want, wantClaims)
						}
					}
				}
			}
		}
	})
}
