package keys_test

import (
	"context"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// outside is one key that signs elsewhere.
type outside struct{ key keyring.Key }

func (o outside) Keys(context.Context) ([]keyring.Key, error) { return []keyring.Key{o.key}, nil }

func (o outside) Key(string, string, []byte) (keyring.Key, error) { return o.key, nil }

// TestNoRotationOfKeysElsewhere: while a key elsewhere signs none of the store takes over by itself. Once one of the
// store signs, it is rotated as ever.
func TestNoRotationOfKeysElsewhere(t *testing.T) {
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
