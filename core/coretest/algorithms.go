package coretest

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jws"
)

// testAlgorithms: every algorithm signs, and accepts only signatures of its own key. The same request gives the same
// bytes as natively.
func testAlgorithms(t *testing.T, newEngine NewEngine) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			keys := NewOneOf(algorithm, 0)
			native := core.NewNative(core.DefaultSettings(), keys)
			e := newEngine(t, core.DefaultSettings(), keys)
			req := request(core.Login)
			pair := decide(t, e, req)
			for i, want := range decide(t, native, req).Tokens {
				if got := pair.Tokens[i].Value; got != want.Value {
					t.Errorf("token %d is %s, natively %s", i, got, want.Value)
				}
			}
			value := pair.Tokens[1].Value
			if o := open(t, e, value); o.Cause != cause.OK || string(o.Claims) != claimsOf(t, value) {
				t.Errorf("its own token is refused for %v", o.Cause)
			}
			header, _ := base64.RawURLEncoding.DecodeString(value[:strings.IndexByte(value, '.')])
			if want := `{"alg":"` + algorithm + `",`; !strings.HasPrefix(string(header), want) {
				t.Errorf("its header is %s, want %s…", header, want)
			}
			newVictim(algorithm).algorithmReading().runOn(t, e)
		})
	}
}

// algorithmReading: a good token, and its parts under other signatures.
func (v *victim) algorithmReading() Reading {
	raw, _ := base64.RawURLEncoding.DecodeString(v.signature)
	with := func(name, signature string) Token {
		return Token{name, v.input + "." + encode(signature), cause.BadSignature}
	}
	return Reading{Name: "algorithms/" + v.algorithm, Settings: core.DefaultSettings(), Keys: []OneOf{v.key},
		Tokens: []Token{
			{"its own", v.good, cause.OK},
			{"of another key", v.forge(v.header, good), cause.BadSignature},
			with("cut", string(raw[:len(raw)-1])),
			with("empty", ""),
			with("zeros", strings.Repeat("\x00", len(raw))),
		}}
}
