package verify_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/verify"
)

// A mistake in a policy names its place and its reason, and shows no secret.
func TestPolicyMistakes(t *testing.T) {
	root := newRoot(t, "r1").jwk
	with := func(more string) string { return `{"jwks":` + secretJWK + `,` + more + `}` }
	for policy, want := range map[string]string{
		``:                            "policy: it is no strict JSON object",
		`{"jwks":` + secretJWK + `}}`: "policy: it is no strict JSON object",
		with(`"leeway":1,"leeway":2`): "has a name twice",
		`{}`:                          "policy: it has no keys: give jwks, or the root",
		with(`"root":` + root):        "both jwks and root",
		with(`"Issuer":"x"`):          "policy: Issuer: no such member is known",
		with(`"issuer":""`):           "policy: issuer: it must not be empty",
		with(`"issuer":["x"]`):        "policy: issuer: it must be a text",
		with(`"audience":[]`):         "policy: audience: an empty list refuses every token",
		with(`"audience":[1]`):        "policy: audience: it must be a text or a list of texts",
		with(`"leeway":1.5`):          "policy: leeway: it must be whole seconds",
		with(`"leeway":3601`):         "policy: leeway: it must be whole seconds",
		with(`"types":["refresh"]`):   `policy: types: "refresh" is no type of tokens in a header`,
		with(`"types":[]`):            "policy: types: it must be a list",
		with(`"required":"exp"`):      "policy: required: it must be a list",
		with(`"fail_closed":1`):       "policy: fail_closed: it must be true or false",
		with(`"signatures":"me"`):     `policy: signatures: it must be "guest" or "host"`,
		with(`"compat":"5.3"`):        "policy: compat: it must be",
		with(`"jti_claim":"exp"`):     `policy: jti_claim: "exp" has a meaning of its own`,
		with(`"jti_claim":"user_id"`): `policy: jti_claim: "user_id" has a meaning of its own`,
		with(`"jti_claim":""`): "policy: jti_claim: it must not be empty; null says that " +
			"there is none",
		with(`"min_epoch":5`):                           "policy: bundle and min_epoch need the bundle's root",
		with(`"bundle":"x"`):                            "policy: bundle and min_epoch need the bundle's root",
		`{"root":` + root + `,"compat":"5.5"}`:          "policy: compat: the bundle has it",
		`{"root":` + secretJWK + `}`:                    "policy: root: a root is the public key of a pair",
		`{"root":` + root + `,"bundle":"x"}`:            "policy: bundle: bundle_malformed",
		`{"root":{"keys":[` + root + `,` + root + `]}}`: `policy: root: two keys have the kid "r1"`,
		`{"jwks":{"keys":[` + secretJWK + `,7]}}`:       "policy: jwks: keys[1]: it is no strict JSON object",
	} {
		_, err := verify.Read([]byte(policy))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), `"k"`) {
			t.Errorf("Read(%.80s) = %v, want %q", policy, err, want)
		}
	}
}

// FuzzPolicy reads any bytes as a policy, and any bytes as a bundle for it.
func FuzzPolicy(f *testing.F) {
	f.Add([]byte(`{"jwks":`+secretJWK+`,"audience":["a"],"types":["access","sliding"],"leeway":5}`), "")
	f.Add([]byte(`{"root":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}`), "a.b.c")
	f.Fuzz(func(t *testing.T, policy []byte, bundle string) {
		trust, err := verify.Read(policy)
		if (trust == nil) != (err != nil) {
			t.Fatal(trust, err)
		}
		trust, _ = trust.Update(bundle)
		var v verify.Verifier
		v.Use(trust)
		if o, c := v.Verify(token(good), now); (o == nil) != (c != 0) {
			t.Fatal(o, c)
		}
		if status := trust.Status(); !strings.HasPrefix(string(status), `{"epoch":`) {
			t.Fatalf("status %s", status)
		}
	})
}
