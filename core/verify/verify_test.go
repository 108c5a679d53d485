package verify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/core/verify"
)

var secretJWK = `{"kty":"oct","alg":"HS256","k":"` +
	base64.RawURLEncoding.EncodeToString([]byte(coretest.Secret)) + `"}`

const now = 1780315200

func token(claims string) []byte {
	return []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, claims))
}

const good = `{"token_type":"access","exp":1780315300,"jti":"x","user_id":"7"}`

func verifier(t *testing.T, policy string) *verify.Verifier {
	t.Helper()
	trust, err := verify.Read([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	v := &verify.Verifier{}
	v.Use(trust)
	return v
}

func TestVerify(t *testing.T) {
	policy := `{"jwks":` + secretJWK + `,"issuer":"me","required":["exp","plan"]}`
	with := func(more string) []byte { return token(good[:len(good)-1] + more + "}") }
	for _, c := range []struct {
		name, policy string
		token        []byte
		now          int64
		want         cause.Cause
	}{
		{"good", `{"jwks":` + secretJWK + `}`, token(good), now, cause.OK},
		{"expired, to the second", `{"jwks":` + secretJWK + `}`, token(good), now + 100, cause.Expired},
		{"not yet expired", `{"jwks":` + secretJWK + `}`, token(good), now + 99, cause.OK},
		{"in its leeway", `{"jwks":` + secretJWK + `,"leeway":5}`, token(good), now + 104, cause.OK},
		{"a refresh token", `{"jwks":` + secretJWK + `}`, token(strings.Replace(good, "access", "refresh", 1)), now,
			cause.WrongType},
		{"no issuer", policy, token(good), now, cause.WrongIssuer},
		{"no required claim", policy, with(`,"iss":"me"`), now, cause.MissingClaim},
		{"all of it", policy, with(`,"iss":"me","plan":"pro"`), now, cause.OK},
		{"no customer", `{"jwks":` + secretJWK + `}`,
			token(`{"token_type":"access","exp":1780315300,"jti":"x"}`), now, cause.NoCustomerClaim},
		{"a clock that was never set", `{"jwks":` + secretJWK + `}`, token(good), 1640995200, cause.BadClock},
		{"a clock at the end of numbers", `{"jwks":` + secretJWK + `}`, token(good), math.MaxInt64, cause.BadClock},
		{"no token", `{"jwks":` + secretJWK + `}`, nil, now, cause.Malformed},
	} {
		v := verifier(t, c.policy)
		for range 2 {
			o, got := v.Verify(c.token, c.now)
			if got != c.want || (o == nil) != (c.want != cause.OK) {
				t.Errorf("%s: Verify() = %v, want %v", c.name, got, c.want)
			}
		}
	}
	if _, got := new(verify.Verifier).Verify(token(good), now); got != cause.NotConfigured {
		t.Errorf("a verifier without a policy: %v", got)
	}
}

// root is a key that signs bundles, or tokens.
type root struct {
	*jws.Key
	id, jwk  string
	material []byte
}

func newRoot(t *testing.T, id string) root {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := jws.NewKey("ES256", private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jws.NewKey("ES256", &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	material, err := public.Material()
	if err != nil {
		t.Fatal(err)
	}
	return root{k, id, jwk.Public(id, "ES256", material), material}
}

func (r root) sign(input []byte) ([]byte, error) { return r.Sign(input, nil) }

func (r root) bundle(t *testing.T, payload []byte, chain ...string) string {
	t.Helper()
	text, err := bundle.Sign(payload, r.id, "ES256", chain, r.sign)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (r root) token(claims string) []byte {
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":"`+r.id+`"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, _ := r.sign([]byte(input))
	return []byte(input + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// content is a bundle with the key of a node.
func content(node root) *bundle.Bundle {
	return &bundle.Bundle{Epoch: now * 1000, NotBefore: now - 60, NotAfter: now + 3600, Head: bundle.Head{
		Settings: core.DefaultSettings(), Users: core.IntegerID,
		Keys: []bundle.Key{{KeyInfo: core.KeyInfo{ID: node.id, Algorithm: "ES256", Default: true},
			Material: node.material}},
	}}
}

// A verifier learns by bundles what was revoked, and takes only newer ones of its root.
func TestBundles(t *testing.T) {
	pinned, next, node, stranger := newRoot(t, "r1"), newRoot(t, "r2"), newRoot(t, "k1"), newRoot(t, "r1")
	trust, err := verify.Read([]byte(`{"root":` + pinned.jwk + `}`))
	if err != nil {
		t.Fatal(err)
	}
	access := node.token(`{"token_type":"access","exp":1780318900,"iat":1780315100,"jti":"x","user_id":"7"}`)
	var v verify.Verifier
	v.Use(trust)
	if _, got := v.Verify(access, now); got != cause.NoBundle {
		t.Errorf("before the first bundle: %v", got)
	}
	update := func(text string, want cause.Cause) {
		t.Helper()
		var got cause.Cause
		if trust, got = trust.Update(text); got != want {
			t.Errorf("Update() = %v, want %v", got, want)
		}
		v.Use(trust)
	}
	verdict := func(at int64, want cause.Cause) {
		t.Helper()
		if _, got := v.Verify(access, at); got != want {
			t.Errorf("Verify() at %d = %v, want %v", at, got, want)
		}
	}
	first := content(node)
	update(stranger.bundle(t, first.Append(nil)), cause.BundleForged)
	update("eyJ.x.y", cause.BundleMalformed)
	update(pinned.bundle(t, first.Append(nil)), cause.OK)
	update(pinned.bundle(t, first.Append(nil)), cause.BundleOlder)
	verdict(now, cause.OK)
	verdict(now-61, cause.BundleNotYetValid)
	verdict(now+3599, cause.OK)
	verdict(now+3600, cause.BundleExpired)

	var o core.Opened
	if opened, c := v.Verify(access, now); c == cause.OK {
		o = *opened
	}
	revoked := content(node)
	revoked.Epoch++
	revoked.Families = []uint64{1, bundle.Family(o.Family().Bits, 0, false), 1<<51 - 1}
	revoked.Sort()
	delta := pinned.bundle(t, revoked.AppendDelta(nil, first))
	if len(delta) > 400+20*len(revoked.Families) {
		t.Errorf("a delta of three revocations has %d bytes", len(delta))
	}
	update(pinned.bundle(t, revoked.AppendDelta(nil, revoked)), cause.BundleBase)
	update(delta, cause.OK)
	for range 2 {
		other := node.token(strings.Replace(good, `"jti":"`, `"jti":"x`, 1))
		if _, got := v.Verify(other, now); got != cause.OK { // and what it says is not said of the next one
			t.Errorf("Verify() of a token of another log-in = %v", got)
		}
		verdict(now, cause.Blacklisted)
	}

	cut := content(node)
	cut.Epoch += 2
	cut.CutOffs = []bundle.CutOff{{Subject: 7, At: 1780315100_000}}
	update(next.bundle(t, cut.Append(nil)), cause.BundleForged)
	statement, err := bundle.SignSuccessor(next.jwk, pinned.id, "ES256", pinned.sign)
	if err != nil {
		t.Fatal(err)
	}
	update(next.bundle(t, cut.Append(nil), statement), cause.OK)
	verdict(now, cause.CutOff)
	clear := content(node)
	clear.Epoch += 3
	update(pinned.bundle(t, clear.AppendDelta(nil, cut)), cause.BundleForged)
	update(next.bundle(t, clear.AppendDelta(nil, cut)), cause.OK)
	verdict(now, cause.OK)
	status := string(trust.Status())
	for _, want := range []string{`"epoch":1780315200003,`, `"compat":"5.5","types":["access"],"issuer":`} {
		if !strings.Contains(status, want) {
			t.Errorf("status %s, want %s in it", status, want)
		}
	}
}

// Signatures that the host must check are asked for, and one that was found good is good for its own token alone.
func TestVouch(t *testing.T) {
	node := newRoot(t, "k1")
	v := verifier(t, `{"jwks":`+node.jwk+`,"signatures":"host"}`)
	access := node.token(good)
	forged := append(access[:len(access)-4:len(access)-4], "AAAA"...)
	q, c := v.Ask(access)
	if c != cause.OK || !q.Needed || q.Key.Public() != node.jwk {
		t.Fatalf("Ask() = %+v, %v", q, c)
	}
	if _, got := v.Verify(access, now); got != cause.SignatureNeeded {
		t.Errorf("before anybody vouched: %v", got)
	}
	if _, c := v.Ask(forged); c != cause.OK {
		t.Fatal(c)
	}
	v.Vouch(q.Name)
	if _, got := v.Verify(forged, now); got != cause.SignatureNeeded {
		t.Errorf("a forged token after another was vouched for: %v", got)
	}
	for at, want := range map[int64]cause.Cause{now: cause.OK, now + 100: cause.Expired} {
		if _, got := v.Verify(access, at); got != want {
			t.Errorf("at %d: %v, want %v", at, got, want)
		}
	}
	if q, c := v.Ask(access); c != cause.OK || q.Needed {
		t.Errorf("Ask() for a remembered signature = %+v, %v", q, c)
	}
}
