package keys_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

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
