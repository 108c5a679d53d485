package coretest

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// testKeys: keys are found by kid, and the algorithm is the key's.
func testKeys(t *testing.T, newEngine NewEngine) {
	keys := NewHMACKeys(5,
		HMACKey{core.KeyInfo{ID: "k1", Algorithm: "HS256", Default: true}, Secret},
		HMACKey{core.KeyInfo{ID: "k2", Algorithm: "HS512", Issuer: "https://partner.example"}, OtherSecret},
	)
	e := newEngine(t, core.DefaultSettings(), keys)
	for _, c := range []struct {
		name, token string
		want        core.Cause
		issuer      string
	}{
		{"by kid", Sign("HS256", Secret, `{"alg":"HS256","kid":"k1"}`, good), core.OK, ""},
		{"by another kid", Sign("HS512", OtherSecret, `{"alg":"HS512","kid":"k2"}`, good), core.OK, "https://partner.example"},
		{"without kid", token(good), core.OK, ""},
		{"unknown kid", Sign("HS256", Secret, `{"alg":"HS256","kid":"k3"}`, good), core.UnknownKey, ""},
		{"empty kid", Sign("HS256", Secret, `{"alg":"HS256","kid":""}`, good), core.UnknownKey, ""},
		{"kid of another key", Sign("HS256", Secret, `{"alg":"HS256","kid":"k2"}`, good), core.BadAlgorithm, ""},
		{"kid of another key, its algorithm", Sign("HS512", Secret, `{"alg":"HS512","kid":"k2"}`, good), core.BadSignature, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if o := open(t, e, c.token); o.Cause != c.want || o.Issuer != c.issuer {
				t.Errorf("cause %v, issuer %q; want %v, %q", o.Cause, o.Issuer, c.want, c.issuer)
			}
		})
	}
	t.Run("tokens name their key", func(t *testing.T) {
		value := decide(t, e, request(core.Login)).Tokens[0].Value
		if head, _, _ := strings.Cut(value, "."); head != encode(`{"alg":"HS256","kid":"k1","typ":"JWT"}`) {
			t.Errorf("header %s", head)
		}
	})
	t.Run("but not on the exact wire", func(t *testing.T) {
		e := newEngine(t, variants["5.5"], keys)
		value := decide(t, e, request(core.Login)).Tokens[0].Value
		if head, _, _ := strings.Cut(value, "."); head != encode(`{"alg":"HS256","typ":"JWT"}`) {
			t.Errorf("header %s", head)
		}
	})
}

// testMisuse: what a caller does wrong is an error, never a token.
func testMisuse(t *testing.T, newEngine NewEngine) {
	t.Run("too little entropy", func(t *testing.T) {
		e := newEngine(t, core.DefaultSettings(), OneKey())
		req := request(core.Login)
		req.Entropy = req.Entropy[:core.EntropyBytes-1]
		if _, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrEntropy) {
			t.Errorf("error %v, want %v", err, core.ErrEntropy)
		}
	})
	t.Run("no signing key", func(t *testing.T) {
		keys := OneKey()
		keys.set.Signing = -1
		e := newEngine(t, core.DefaultSettings(), keys)
		if _, err := e.Decide(t.Context(), request(core.Login)); !errors.Is(err, core.ErrNoSigningKey) {
			t.Errorf("error %v, want %v", err, core.ErrNoSigningKey)
		}
	})
}
