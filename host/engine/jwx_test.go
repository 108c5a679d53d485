package engine_test

import (
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	jwxjws "github.com/lestrrat-go/jwx/v2/jws"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// For each algorithm, every engine accepts what jwx signs, with the same claims, and jwx accepts what every engine
// issues.
func TestAgreesWithJWX(t *testing.T) {
	const claims = `{"token_type":"access","exp":4102444800,"jti":"x","user_id":"7","n":9007199254740993}`
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			keys, err := keyring.Generate(algorithm, nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := keys.Members()[0].Key.Export("jwk", true)
			if err != nil {
				t.Fatal(err)
			}
			key, err := jwk.ParseKey(text)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := jwxjws.Sign([]byte(claims), jwxjws.WithKey(jwxName(algorithm), key))
			if err != nil {
				t.Fatal(err)
			}
			public, err := key.PublicKey()
			if err != nil {
				t.Fatal(err)
			}
			for name, e := range allWith(t, keys) {
				if o := open(t, e, string(theirs)); o.Cause != cause.OK || string(o.Claims) != claims {
					t.Errorf("%s refuses a token of jwx for %v, or changes its claims: %q", name, o.Cause, o.Claims)
				}
				outcome, err := e.Decide(t.Context(), core.Request{
					Op: core.Login, Now: coretest.Now, Entropy: coretest.Entropy(),
					State: core.State{Customer: core.Customer{ID: core.Integer(7), UserID: core.Integer(7),
						Active: true}, PasswordGood: true},
				})
				if err != nil || len(outcome.Tokens) != 2 {
					t.Fatalf("%s: Decide = %v with %d tokens, want 2", name, err, len(outcome.Tokens))
				}
				for _, token := range outcome.Tokens {
					payload, err := jwxjws.Verify([]byte(token.Value),
						jwxjws.WithKey(jwxName(algorithm), public))
					if err != nil {
						t.Errorf("jwx refuses the %s token of %s: %v", token.Type, name, err)
					}
					if o := open(t, e, token.Value); string(o.Claims) != string(payload) {
						t.Errorf("%s reads %q, jwx %q", name, o.Claims, payload)
					}
				}
			}
		})
	}
}

// jwxName is what jwx calls an algorithm. Version 2 knows Ed25519 by its older name alone.
func jwxName(algorithm string) jwa.SignatureAlgorithm {
	if algorithm == "Ed25519" {
		return jwa.EdDSA
	}
	return jwa.SignatureAlgorithm(algorithm)
}
