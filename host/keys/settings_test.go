package keys_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// configured gives a manager a SIGNING_KEY.
func configured(t *testing.T, algorithm string, signing, verifying []byte) func(*keys.Config) {
	t.Helper()
	ring, err := keyring.FromSettings(algorithm, signing, verifying, false)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *keys.Config) { c.Configured, c.Algorithm = ring, algorithm }
}

var secret = []byte("a secret of a Django site, of 42 characters")

// SIGNING_KEY signs while it is configured, beside keys that check; imported, it goes on without a stumble.
func TestSigningKeyIsImported(t *testing.T) {
	w := newWorld(t)
	with := configured(t, "HS256", secret, nil)
	m := w.manager(with)
	ctx := t.Context()
	if s := w.started(m); s.Made || s.Signs.ID != "" || s.Signs.State != core.KeySigning {
		t.Errorf("started %+v", s)
	}
	_, err := m.Generate(ctx, keys.Generate{Activate: true})
	w.refused(err, keys.ErrRefused, "--signing-key")
	_, err = m.Activate(ctx, "x", time.Time{})
	w.refused(err, keys.ErrRefused, "--signing-key")
	input := []byte("signed before")
	signature, err := w.ring(m).Sign(ctx, 0, input, make([]byte, core.EntropyBytes))
	if err != nil {
		t.Fatal(err)
	}
	done, err := m.Import(ctx, keys.Import{SigningKey: true})
	if err != nil || len(done.Keys) != 1 {
		t.Fatalf("import: %+v, %v", done, err)
	}
	id := done.Keys[0].ID
	if w.signer(m) != "" || w.unnamed(m) != "" {
		t.Error("the configured key does not sign while it is configured")
	}
	m = w.manager(nil) // SIGNING_KEY left the configuration
	if s := w.started(m); s.Made || s.Signs.ID != id {
		t.Errorf("started %+v, want %s to sign", s, id)
	}
	w.generate(m, keys.Generate{Algorithm: "ES256", Activate: true})
	if w.unnamed(m) != id {
		t.Errorf("tokens without kid go to %q, want %s", w.unnamed(m), id)
	}
	ring := w.ring(m)
	at := slices.IndexFunc(ring.Set().Keys, func(k core.KeyInfo) bool { return k.ID == id })
	if good, err := ring.Check(ctx, at, input, signature); !good || err != nil {
		t.Errorf("what was signed before is refused (%v)", err)
	}
}

// VERIFYING_KEY alone signs nothing, and makes no key.
func TestVerifyingKeyAlone(t *testing.T) {
	w := newWorld(t)
	key, err := keyring.GenerateKey("RS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Export("pem", false)
	if err != nil {
		t.Fatal(err)
	}
	m := w.manager(configured(t, "RS256", nil, public))
	if s := w.started(m); s.Made || s.Signs.State == core.KeySigning {
		t.Errorf("started %+v", s)
	}
	if set := w.ring(m).Set(); len(set.Keys) != 1 || len(set.Signing) != 0 {
		t.Errorf("the set is %+v", set)
	}
	_, err = m.Generate(t.Context(), keys.Generate{Activate: true})
	w.refused(err, keys.ErrRefused, "VERIFYING_KEY")
}

// A Django SECRET_KEY comes in for refresh tokens without kid, until the last one that Django issued has expired.
func TestSecretKey(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	own := w.started(m).Signs.ID
	ctx := t.Context()
	if w.unnamed(m) != own {
		t.Error("tokens without kid do not go to the only key")
	}
	done, err := m.Import(ctx, keys.Import{Text: append(bytes.Clone(secret), '\n'), SecretKey: true})
	if err != nil {
		t.Fatal(err)
	}
	k := done.Keys[0]
	if k.State != core.KeyVerifying || !k.RefreshOnly || !k.Ends.Equal(w.now.Add(3*day)) || len(k.ID) != 32 {
		t.Errorf("imported %+v", k)
	}
	if w.unnamed(m) != k.ID || w.signer(m) != own {
		t.Errorf("tokens without kid go to %q, and %q signs", w.unnamed(m), w.signer(m))
	}
	_, err = m.Activate(ctx, k.ID, time.Time{})
	w.refused(err, keys.ErrRefused, "only verifies refresh tokens")
	_, err = m.Import(ctx, keys.Import{Text: []byte("another secret of at least 32 bytes"), SecretKey: true})
	w.refused(err, keys.ErrRefused, "only one can")
	_, err = m.Import(ctx, keys.Import{Text: []byte("short"), SecretKey: true, ID: "s"})
	if err == nil || strings.Contains(err.Error(), "short\"") {
		t.Errorf("a short secret: %v", err)
	}
	pair := "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
	_, err = m.Import(ctx, keys.Import{Text: []byte(pair), SecretKey: true})
	w.refused(err, keys.ErrRefused, "no SECRET_KEY")
	w.now = w.now.Add(3 * day)
	w.want(m, k.ID, "gone")
	if w.unnamed(m) != own {
		t.Error("tokens without kid do not go to the only key again")
	}
}

// The exact wire writes no kid: the key that signs checks tokens without one, there as in the other wire later.
func TestExactWire(t *testing.T) {
	w := newWorld(t)
	m := w.manager(func(c *keys.Config) { c.Settings.Wire, c.Algorithm = core.Exact, "HS256" })
	a := w.started(m).Signs.ID
	ctx := t.Context()
	w.generate(m, keys.Generate{ID: "spare"})
	if w.unnamed(m) != a {
		t.Errorf("tokens without kid go to %q", w.unnamed(m))
	}
	_, err := m.Activate(ctx, "spare", time.Time{})
	w.refused(err, keys.ErrRefused, "wire: exact")
	_, err = m.Import(ctx, keys.Import{Text: secret, SecretKey: true})
	w.refused(err, keys.ErrRefused, "wire: exact")
	m = w.manager(nil)
	w.started(m)
	if _, err := m.Activate(ctx, "spare", time.Time{}); err != nil || w.unnamed(m) != a {
		t.Errorf("in the secure wire tokens without kid go to %q (%v)", w.unnamed(m), err)
	}
}
