package coretest

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
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
		want        cause.Cause
		issuer      string
	}{
		{"by kid", Sign("HS256", Secret, `{"alg":"HS256","kid":"k1"}`, good), cause.OK, ""},
		{"by another kid", Sign("HS512", OtherSecret, `{"alg":"HS512","kid":"k2"}`, good), cause.OK,
			"https://partner.example"},
		{"without kid", token(good), cause.OK, ""},
		{"bad claims under another's key", Sign("HS512", OtherSecret, `{"alg":"HS512","kid":"k2"}`, "{"),
			cause.BadClaims, ""},
		{"unknown kid", Sign("HS256", Secret, `{"alg":"HS256","kid":"k3"}`, good), cause.UnknownKey, ""},
		{"empty kid", Sign("HS256", Secret, `{"alg":"HS256","kid":""}`, good), cause.UnknownKey, ""},
		{"kid of another key", Sign("HS256", Secret, `{"alg":"HS256","kid":"k2"}`, good), cause.BadAlgorithm, ""},
		{"kid of another key, its algorithm", Sign("HS512", Secret, `{"alg":"HS512","kid":"k2"}`, good),
			cause.BadSignature, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if o := open(t, e, c.token); o.Cause != c.want || o.Issuer != c.issuer {
				t.Errorf("cause %v, issuer %q; want %v, %q", o.Cause, o.Issuer, c.want, c.issuer)
			}
		})
	}
	// R11: whatever the state says, a token of another issuer names none of our customers.
	for _, wire := range []core.Wire{core.Secure, core.Exact} {
		for _, version := range []core.Version{core.V55, core.V52} {
			e := newEngine(t, settings(func(s *core.Settings) { s.Wire, s.Compat = wire, version }), keys)
			for _, c := range []struct {
				op        core.Op
				tokenType string
				want      cause.Cause
			}{
				{core.Authenticate, "access", cause.CustomerNotFound}, {core.Refresh, "refresh", cause.WrongIssuer},
				{core.Blacklist, "refresh", cause.WrongIssuer}, {core.Verify, "refresh", cause.OK},
			} {
				for _, userID := range []string{`"7"`, `""`} {
					name := string(wire) + "/" + string(version) + "/" + decideCase{op: c.op}.opName() + " " + userID
					t.Run("token of another issuer/"+name, func(t *testing.T) {
						req := request(c.op)
						req.Opened = open(t, e, Sign("HS512", OtherSecret, `{"alg":"HS512","kid":"k2"}`,
							`{"token_type":"`+c.tokenType+`","exp":4102444800,"jti":"x","user_id":`+userID+`}`))
						o := decide(t, e, req)
						if got := firstCause(o); got != c.want || len(o.Tokens) > 0 || len(o.Effects.List) > 0 {
							t.Errorf("%v, %d tokens, effects %v; want %v alone", got, len(o.Tokens), o.Effects.List,
								c.want)
						}
					})
				}
			}
		}
	}
	e = newEngine(t, core.DefaultSettings(), keys)
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

// testMisuse: a mistake of the caller gives an error, never a token.
func testMisuse(t *testing.T, newEngine NewEngine) {
	t.Run("too little entropy", func(t *testing.T) {
		e := newEngine(t, core.DefaultSettings(), OneKey())
		begins := func(with string) []byte { return append([]byte(with), Entropy()[len(with):]...) }
		for _, entropy := range [][]byte{nil, Entropy()[:core.EntropyBytes-1], make([]byte, core.EntropyBytes),
			begins(strings.Repeat("\x00", 16)), begins("\x53\x8c\x7f\x96\xb1\x64\xbf\x1b"),
			begins("\xdf\xd7\x9b\x4d\x76\x42\x9b\x61")} {
			req := request(core.Login)
			req.Entropy = entropy
			if o, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrEntropy) || len(o.Tokens) > 0 {
				t.Errorf("%x: %v, error %v, want %v", entropy, o.Tokens, err, core.ErrEntropy)
			}
		}
	})
	t.Run("claims stay the caller's", func(t *testing.T) {
		e := newEngine(t, core.DefaultSettings(), OneKey())
		first := open(t, e, token(good))
		open(t, e, token(`{"x":"`+strings.Repeat("y", len(good))+`"}`))
		if string(first.Claims) != good {
			t.Errorf("the claims of the first token became %.60q when a second was opened", first.Claims)
		}
	})
	t.Run("customer without UserID", func(t *testing.T) {
		e := newEngine(t, core.DefaultSettings(), OneKey())
		req := request(core.Login)
		req.State.Customer.UserID = core.CustomerID{}
		if _, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrUserID) {
			t.Errorf("error %v, want %v", err, core.ErrUserID)
		}
	})
	for name, extra := range map[string]string{
		"no JSON": "nonsense", "half JSON": `{"plan":"pro","x":}`, "a list": `[]`, "duplicate": `{"x":1,"x":2}`,
		"reserved": `{"plan":"pro","exp":4102444800}`, "reserved by a setting": `{"user_id":"1"}`,
		"reserved in another case": `{"Exp":5}`,
		"registered":               `{"sub":"7"}`,
		"too long":                 `{"x":"` + strings.Repeat("y", 40<<10) + `"}`,
	} {
		t.Run("configured claims/"+name, func(t *testing.T) {
			e := newEngine(t, core.DefaultSettings(), OneKey())
			req := request(core.Login)
			req.Extra = []byte(extra)
			if o, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrExtra) || len(o.Tokens) > 0 {
				t.Errorf("error %v and %d tokens, want %v", err, len(o.Tokens), core.ErrExtra)
			}
		})
	}
	t.Run("a token longer than is read", func(t *testing.T) {
		e := newEngine(t, core.DefaultSettings(), OneKey())
		req := request(core.Refresh)
		req.Opened = open(t, e,
			token(`{"token_type":"refresh","exp":4102444800,"jti":"x","user_id":"7","x":"`+strings.Repeat("y",
				40<<10)+`"}`))
		req.Extra = []byte(`{"z":"` + strings.Repeat("y", 30<<10) + `"}`)
		if o, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrTooLong) {
			t.Errorf("error %v and %d tokens, want %v", err, len(o.Tokens), core.ErrTooLong)
		}
	})
	t.Run("two tokens longer than a guest can answer", func(t *testing.T) {
		e := newEngine(t, core.DefaultSettings(), OneKey())
		req := request(core.Login)
		req.Extra = []byte(`{"` + strings.Repeat("ü", 16<<10-8) + `":1}`) // six bytes each in a token
		if o, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrTooLong) {
			t.Errorf("error %v and %d tokens, want %v", err, len(o.Tokens), core.ErrTooLong)
		}
	})
	t.Run("no signing key", func(t *testing.T) {
		keys := OneKey()
		keys.set.Signing = nil
		e := newEngine(t, core.DefaultSettings(), keys)
		if _, err := e.Decide(t.Context(), request(core.Login)); !errors.Is(err, core.ErrNoSigningKey) {
			t.Errorf("error %v, want %v", err, core.ErrNoSigningKey)
		}
	})
}
