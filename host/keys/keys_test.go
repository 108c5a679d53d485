package keys_test

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
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
