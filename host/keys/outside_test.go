package keys_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// outside are keys that sign elsewhere; asked for one it gives the first.
type outside []keyring.Key

func (o outside) Keys(context.Context) ([]keyring.Key, error) { return o, nil }

func (o outside) Key(string, string, []byte) (keyring.Key, error) { return o[0], nil }

// newOutside makes a key whose signer is away.
func newOutside(t *testing.T) keyring.Key {
	t.Helper()
	private, err := keyring.GenerateKey("ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := keyring.ParsePublic("ES256", private.ID(), private.Public())
	if err != nil {
		t.Fatal(err)
	}
	key, err := public.SignElsewhere(keyring.ExternalLimits{}, func(context.Context, []byte) ([]byte, error) {
		return nil, context.Canceled
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A signer that lists more keys than a node can hold keeps it from nothing: the first ones are taken in.
func TestTooManyKeysElsewhere(t *testing.T) {
	key := newOutside(t)
	var list outside
	for i := range 1001 {
		list = append(list, key.WithID(fmt.Sprint("key ", i)))
	}
	w := newWorld(t)
	s := w.started(w.manager(func(c *keys.Config) { c.Outside = list }))
	if s.Signs.ID != "key 0" || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "more than 1000 keys") {
		t.Errorf("started: %+v", s)
	}
}

// TestNoRotationOfKeysElsewhere: while a key elsewhere signs none of the store takes over by itself. Once one of the
// store signs, it is rotated as ever.
func TestNoRotationOfKeysElsewhere(t *testing.T) {
	key := newOutside(t)
	w := newWorld(t)
	m := w.manager(func(c *keys.Config) { c.Outside, c.RotateEvery = outside{key}, 30*day })
	w.started(m)
	pass := func(days int) {
		t.Helper()
		for range days {
			w.now = w.now.Add(day)
			if err := m.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	pass(90)
	if w.signer(m) != key.ID() || len(w.states(m)) != 1 {
		t.Errorf("%s signs of %v, want the key elsewhere, alone", w.signer(m), w.states(m))
	}
	own := w.generate(m, keys.Generate{Activate: true}).Key.ID
	pass(40)
	if s := w.signer(m); s == key.ID() || s == own {
		t.Errorf("%s signs, want a key that took over from %s", s, own)
	}
}

// away are keys elsewhere that cannot be listed.
type away struct{}

func (away) Keys(context.Context) ([]keyring.Key, error) { return nil, errors.New("nobody listens") }
func (away) Key(algorithm, id string, public []byte) (keyring.Key, error) {
	return keyring.ParsePublic(algorithm, id, public)
}

// Where keys are to sign elsewhere no private key is made here: a first start without the signer is refused.
func TestFirstStartWithoutTheSigner(t *testing.T) {
	w := newWorld(t)
	m := w.manager(func(c *keys.Config) { c.Outside = away{} })
	if _, err := m.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "start the signer first") {
		t.Errorf("Start = %v", err)
	}
	if n := len(w.states(m)); n != 0 {
		t.Errorf("the store has %d keys", n)
	}
	w.generate(m, keys.Generate{Activate: true})
	if s := w.started(m); s.Made || len(s.Warnings) != 1 {
		t.Errorf("with a key of the store: %+v", s)
	}
}
