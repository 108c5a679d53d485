package keys_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// world is a store with a clock that stands still until it is moved.
type world struct {
	*testing.T
	db  *store.DB
	now time.Time
	log bytes.Buffer
}

const day = 24 * time.Hour

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: time.Unix(1800000000, 0)}
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db"),
		Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	return w
}

// manager makes a manager with the defaults of a node; change changes them.
func (w *world) manager(change func(*keys.Config)) *keys.Manager {
	w.Helper()
	sealer, err := keyring.NewSealer(bytes.Repeat([]byte("secret42"), 4))
	if err != nil {
		w.Fatal(err)
	}
	cfg := keys.Config{Store: w.db, Settings: core.DefaultSettings(), PublishBefore: day,
		Sealer: func(bool) (*keyring.Sealer, error) { return sealer, nil },
		Now:    func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(&w.log, nil))}
	if change != nil {
		change(&cfg)
	}
	return keys.New(cfg)
}

// started starts a manager.
func (w *world) started(m *keys.Manager) keys.Started {
	w.Helper()
	s, err := m.Start(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// states are the states of all keys by kid.
func (w *world) states(m *keys.Manager) map[string]string {
	w.Helper()
	l, err := m.List(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	states := map[string]string{}
	for _, k := range l.Keys {
		states[k.ID] = k.State.String()
	}
	return states
}

func (w *world) want(m *keys.Manager, id, state string) {
	w.Helper()
	if got := w.states(m)[id]; got != state {
		w.Errorf("%v: key %s is %q, want %s", w.now, id, got, state)
	}
}

func (w *world) ring(m *keys.Manager) *keyring.Ring {
	w.Helper()
	r, err := m.Ring(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// signer is the kid of the key of a ring that signs; "": none does.
func (w *world) signer(m *keys.Manager) string {
	w.Helper()
	set := w.ring(m).Set()
	if i := set.SigningAt(w.now); i >= 0 {
		return set.Keys[i].ID
	}
	return ""
}

// unnamed is the kid of the key that checks tokens without kid; "": none does.
func (w *world) unnamed(m *keys.Manager) string {
	w.Helper()
	for _, k := range w.ring(m).Set().Keys {
		if k.Default {
			return k.ID
		}
	}
	return ""
}

func (w *world) generate(m *keys.Manager, g keys.Generate) keys.Changed {
	w.Helper()
	c, err := m.Generate(w.Context(), g)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) refused(err error, is error, says string) {
	w.Helper()
	if !errors.Is(err, is) || !strings.Contains(err.Error(), says) {
		w.Errorf("error %v, want %v with %q", err, is, says)
	}
}

// A fresh store gets one ES256 key, whose kid is its thumbprint, and each later start takes the same.
func TestFirstStart(t *testing.T) {
	w := newWorld(t)
	first := w.started(w.manager(nil))
	if !first.Made || first.Lost || first.Signs.Algorithm != "ES256" || len(first.Signs.ID) != 43 {
		t.Errorf("the first start: %+v", first)
	}
	m := w.manager(nil)
	if again := w.started(m); again.Made || again.Signs != first.Signs {
		t.Errorf("the second start: %+v, want the key of the first, %+v", again, first)
	}
	member := w.ring(m).Members()[0]
	if sum, err := member.Key.Thumbprint(); err != nil || sum != first.Signs.ID || member.Info.ID != sum {
		t.Errorf("thumbprint %s, %v; want %s", sum, err, first.Signs.ID)
	}
}

// By hand: a key is published, takes over at its time, and the old one checks until all that it signed has expired,
// though lifetimes are cut meanwhile.
func TestByHand(t *testing.T) {
	w := newWorld(t)
	long := func(c *keys.Config) { c.Settings.RefreshTokenLifetime = 90 * day }
	a := w.started(w.manager(long)).Signs.ID
	m := w.manager(nil) // three days from now on
	w.started(m)
	next := w.generate(m, keys.Generate{SignsFrom: w.now.Add(2 * day)})
	b := next.Key.ID
	if next.Key.State != core.KeyPublished || len(next.Warnings) > 0 {
		t.Errorf("generate: %+v", next)
	}
	if w.signer(m) != a {
		t.Error("the published key signs")
	}
	w.now = w.now.Add(2 * day)
	w.want(m, a, "verifying")
	w.want(m, b, "signing")
	over := w.now
	for _, c := range []struct {
		after time.Duration
		state string
	}{{3*day + time.Hour, "verifying"}, {90 * day, "verifying"}, {90*day + time.Minute, "gone"}} {
		w.now = over.Add(c.after)
		w.want(m, a, c.state)
		if held := len(w.ring(m).Set().Keys) == 2; held != (c.state == "verifying") {
			t.Errorf("%v after: the ring holds the old key: %v", c.after, held)
		}
	}
	if w.signer(m) != b {
		t.Error("the new key does not sign")
	}
}

// What activate and retire refuse, and what they warn of.
func TestChangesRefused(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	a := w.started(m).Signs.ID
	ctx := t.Context()
	_, err := m.Activate(ctx, a, time.Time{})
	w.refused(err, keys.ErrRefused, "signs already")
	_, err = m.Retire(ctx, a, false)
	w.refused(err, keys.ErrRefused, "activate another first")
	_, err = m.Retire(ctx, "nobody", false)
	w.refused(err, keys.ErrNoKey, "edgetoken keys list")
	_, err = m.Generate(ctx, keys.Generate{ID: a})
	w.refused(err, keys.ErrRefused, "already")
	_, err = m.Generate(ctx, keys.Generate{SignsFrom: w.now})
	w.refused(err, keys.ErrRefused, "is past")

	b := w.generate(m, keys.Generate{ID: "b1"}).Key.ID
	w.generate(m, keys.Generate{ID: "b2"})
	_, err = m.Activate(ctx, "b", time.Time{})
	w.refused(err, keys.ErrNoKey, "2 kids begin with")
	early, err := m.Activate(ctx, b, time.Time{})
	if err != nil || len(early.Warnings) != 1 || !strings.Contains(early.Warnings[0], "keys.publish_before") {
		t.Errorf("activate of a key that nobody knows yet: %+v, %v", early, err)
	}
	if w.signer(m) != b {
		t.Errorf("%s signs, want %s", w.signer(m), b)
	}
	// Back, in the same second.
	if _, err := m.Activate(ctx, a[:8], time.Time{}); err != nil || w.signer(m) != a {
		t.Errorf("activate of the key before: %v, %s signs", err, w.signer(m))
	}
	w.want(m, b, "verifying")
	if _, err := m.Retire(ctx, b, false); err != nil {
		t.Error(err)
	}
	w.want(m, b, "gone")
	_, err = m.Activate(ctx, b, time.Time{})
	w.refused(err, keys.ErrRefused, "is gone")
	if sealed, err := w.db.SealedKey(ctx, b); sealed != nil || err != nil {
		t.Errorf("the private part of a retired key is still here (%v)", err)
	}

	// Without any key that signs nothing is issued, and no earlier key signs in its place.
	w.generate(m, keys.Generate{ID: "c", Activate: true})
	if _, err := m.Retire(ctx, "c", true); err != nil {
		t.Error(err)
	}
	if s := w.signer(m); s != "" {
		t.Errorf("after the key that signs was retired %s signs", s)
	}
	if _, err := w.manager(nil).Start(ctx); err == nil || !strings.Contains(err.Error(), "generate --activate") {
		t.Errorf("a start without a key that signs: %v", err)
	}
	w.generate(m, keys.Generate{ID: "d", Activate: true})
	if w.signer(m) != "d" {
		t.Error("the next key does not sign")
	}
}

// A scheduled key that is retired before its time leaves the present one in place.
func TestRetireScheduled(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	a := w.started(m).Signs.ID
	b := w.generate(m, keys.Generate{SignsFrom: w.now.Add(day)}).Key.ID
	if _, err := m.Retire(t.Context(), b, false); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(2 * day)
	if w.signer(m) != a {
		t.Errorf("%q signs, want %s", w.signer(m), a)
	}
	w.want(m, a, "signing")
}

// A key that is to sign later does so, though no other is there yet.
func TestFirstKeySignsLater(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	later := w.generate(m, keys.Generate{SignsFrom: w.now.Add(day)}).Key.ID
	w.want(m, later, "published")
	first := w.started(m).Signs.ID
	if first == later || w.signer(m) != first {
		t.Errorf("%s signs, want another than %s", w.signer(m), later)
	}
	w.now = w.now.Add(day)
	w.want(m, later, "signing")
}

// keys.rotate_every: whenever it is looked at, the next key is published in time, and there is one at most.
func TestRotates(t *testing.T) {
	w := newWorld(t)
	m := w.manager(func(c *keys.Config) { c.RotateEvery = 30 * day })
	w.started(m)
	known := map[string]time.Time{} // when a verifier first saw a key
	signed := map[string]bool{}
	for step := 0; step < 4*365; step++ { // each six hours for a year
		if err := m.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		set := w.ring(m).Set()
		published := 0
		for i, k := range set.Keys {
			if known[k.ID].IsZero() {
				known[k.ID] = w.now
			}
			if set.State(i, w.now) == core.KeyPublished {
				published++
			}
		}
		signer := w.signer(m)
		if since := w.now.Sub(known[signer]); step > 0 && !signed[signer] && since < day {
			t.Errorf("%s signs, and was published %v before", signer, since)
		}
		if published > 1 || len(set.Keys) > 3 {
			t.Errorf("%d keys, of which %d are published", len(set.Keys), published)
		}
		signed[signer] = true
		w.now = w.now.Add(6 * time.Hour)
	}
	if n := len(signed); n < 12 || n > 13 {
		t.Errorf("%d keys signed in a year, want one a month", n)
	}
	// After a year of rest the next one takes its time.
	w.now = w.now.Add(365 * day)
	before := w.signer(m)
	if err := m.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(day - time.Second)
	if w.signer(m) != before {
		t.Error("a key signs before it was published for a day")
	}
	w.now = w.now.Add(time.Second)
	if w.signer(m) == before {
		t.Error("no key takes over")
	}
}

// An implausible clock rotates nothing.
func TestNoRotationByABadClock(t *testing.T) {
	w := newWorld(t)
	good := false
	m := w.manager(func(c *keys.Config) {
		c.RotateEvery, c.ClockGood = 30*day, func() bool { return good }
	})
	w.started(m)
	w.now = w.now.Add(300 * day)
	for _, want := range []int{1, 2} {
		if err := m.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(w.states(m)); n != want {
			t.Errorf("clock good: %v: %d keys, want %d", good, n, want)
		}
		good, w.now = true, w.now.Add(time.Second)
	}
}

// Where no key can be made, keys follow their dates all the same, and one is made once that can be.
func TestRotationFails(t *testing.T) {
	w := newWorld(t)
	w.started(w.manager(nil))
	lost, inForce := errors.New("the secret is lost"), 0
	m := w.manager(func(c *keys.Config) {
		sealer := c.Sealer
		c.RotateEvery, c.Changed = 30*day, func() error { inForce++; return nil }
		c.Sealer = func(bool) (*keyring.Sealer, error) {
			if lost != nil {
				return nil, lost
			}
			return sealer(false)
		}
	})
	w.now = w.now.Add(29 * day)
	if err := m.Tick(t.Context()); !errors.Is(err, lost) || inForce != 1 {
		t.Errorf("Tick = %v, and keys were put in force %d times, want once", err, inForce)
	}
	if err := m.Tick(t.Context()); err != nil || inForce != 1 {
		t.Errorf("Tick = %v at once again, and keys were put in force %d times, want once", err, inForce)
	}
	lost, w.now = nil, w.now.Add(time.Minute)
	if err := m.Tick(t.Context()); err != nil || len(w.states(m)) != 2 {
		t.Errorf("Tick = %v with the secret again, and there are %d keys, want 2", err, len(w.states(m)))
	}
}

// A clock that was ahead at the first start, and is set right, keeps nobody from logging in; one that steps back a
// little after a change neither.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t)
	w.now = w.now.Add(300 * day)
	m := w.manager(nil)
	a := w.started(m).Signs.ID
	w.now = w.now.Add(-300 * day)
	w.want(m, a, "signing")
	b := w.generate(m, keys.Generate{Activate: true}).Key.ID
	w.want(m, b, "signing")
	w.now = w.now.Add(-2 * time.Second)
	if s := w.signer(m); s == "" {
		t.Error("no key signs")
	}
}

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

// MoveIn takes over the key of an earlier release once.
func TestMoveIn(t *testing.T) {
	w := newWorld(t)
	old, err := keyring.GenerateKey("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, ctx := w.manager(nil), t.Context()
	for range 2 { // the file may be there again after a crash
		if moved, err := m.MoveIn(ctx, old, 0); !moved || err != nil {
			t.Fatalf("MoveIn = %v, %v", moved, err)
		}
	}
	if s := w.started(m); s.Made || s.Signs.ID != old.ID() || s.Signs.Algorithm != "HS256" {
		t.Errorf("started %+v", s)
	}
	w.generate(m, keys.Generate{Algorithm: "ES256", Activate: true})
	if w.unnamed(m) != old.ID() {
		t.Errorf("tokens without kid go to %q", w.unnamed(m))
	}
	other, err := keyring.GenerateKey("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	if moved, err := m.MoveIn(ctx, other, 0); moved || err != nil {
		t.Errorf("MoveIn of another key = %v, %v", moved, err)
	}
}

// A node whose private keys are not here, as after a restore without them, makes a new one and checks what the old one
// signed.
func TestPrivatePartLost(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	a := w.started(m).Signs.ID
	err := w.db.UpdateKeys(t.Context(), func([]store.Key) (store.KeyUpdate, error) {
		return store.KeyUpdate{Unseal: []string{a}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	m = w.manager(nil)
	s := w.started(m)
	if !s.Made || !s.Lost || s.Signs.ID == a {
		t.Errorf("started %+v", s)
	}
	w.want(m, a, "verifying")
	w.now = w.now.Add(3*day + time.Minute)
	w.want(m, a, "gone")
}

// Another node secret opens nothing, and changes nothing.
func TestWrongNodeSecret(t *testing.T) {
	w := newWorld(t)
	w.started(w.manager(nil))
	other, err := keyring.NewSealer(bytes.Repeat([]byte("another!"), 4))
	if err != nil {
		t.Fatal(err)
	}
	before, version := w.states(w.manager(nil)), w.db.KeysVersion()
	m := w.manager(func(c *keys.Config) { c.Sealer = func(bool) (*keyring.Sealer, error) { return other, nil } })
	if _, err := m.Start(context.Background()); err == nil {
		_, err = m.Ring(context.Background())
		if !errors.Is(err, keyring.ErrNodeSecret) {
			t.Errorf("error %v, want %v", err, keyring.ErrNodeSecret)
		}
	}
	if _, err := m.Generate(context.Background(), keys.Generate{}); !errors.Is(err, keyring.ErrNodeSecret) {
		t.Errorf("a new key beside those of another secret: %v, want %v", err, keyring.ErrNodeSecret)
	}
	lost := errors.New("there is no secret")
	m = w.manager(func(c *keys.Config) {
		c.Sealer = func(mayMake bool) (*keyring.Sealer, error) {
			if mayMake {
				t.Error("a secret is made beside keys that it does not open")
			}
			return nil, lost
		}
	})
	if _, err := m.Generate(context.Background(), keys.Generate{}); !errors.Is(err, lost) {
		t.Errorf("a new key without the secret: %v, want %v", err, lost)
	}
	file, err := keyring.GenerateKey("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	if moved, err := m.MoveIn(context.Background(), file, 0); moved || err != nil {
		t.Errorf("the key of a file beside others moves in: %v, %v", moved, err)
	}
	if after := w.states(w.manager(nil)); len(after) != len(before) || w.db.KeysVersion() != version {
		t.Errorf("keys %v became %v", before, after)
	}
}
