package keys_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// What a node signed with before it became the hub goes on there, and is rotated there.
func TestKeysFromBeforeTheFleet(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	old := w.started(m).Signs.ID
	if err := w.db.Found(t.Context(), membership); err != nil {
		t.Fatal(err)
	}
	if s := w.started(m); s.Signs.ID != old || s.Made {
		t.Errorf("the hub signs with %+v", s)
	}
	c := w.generate(m, keys.Generate{Activate: true})
	w.want(m, old, "signing")
	w.now = w.now.Add(keys.KnownWithin())
	w.want(m, old, "verifying")
	w.want(m, c.Key.ID, "signing")
	if c.Key.Node != 1 {
		t.Errorf("the new key is of node %d", c.Key.Node)
	}
}

// A secret that signs or still checks tokens keeps a node out of a fleet, and so do settings that have no kid.
func TestCheckFleet(t *testing.T) {
	ring := func(algorithm string) *keyring.Ring {
		r, err := keyring.Generate(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, c := range map[string]struct {
		change func(*keys.Config)
		says   string // "": it may
	}{
		"key pair":           {nil, ""},
		"SIGNING_KEY":        {func(c *keys.Config) { c.Configured = ring("ES256") }, "is configured, for ES256"},
		"secret SIGNING_KEY": {func(c *keys.Config) { c.Configured = ring("HS256") }, "is configured, for HS256"},
		"exact":              {func(c *keys.Config) { c.Settings.Wire = core.Exact }, "wire: exact writes no kid"},
		"ALGORITHM":          {func(c *keys.Config) { c.Algorithm = "HS512" }, "ALGORITHM is HS512"},
	} {
		w := newWorld(t)
		m := w.manager(c.change)
		w.started(m)
		if err := m.CheckFleet(t.Context()); c.says == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.says != "" {
			w.refused(err, keys.ErrRefused, c.says)
		}
	}

	w := newWorld(t)
	m := w.manager(nil)
	w.started(m)
	secret := w.generate(m, keys.Generate{Algorithm: "HS256", Activate: true}).Key.ID
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "key "+secret+" signs, for HS256")
	w.now = w.now.Add(time.Hour)
	w.generate(m, keys.Generate{Algorithm: "ES256", Activate: true})
	until := w.now.Add(core.DefaultSettings().RefreshTokenLifetime + time.Minute)
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "checks tokens until "+until.UTC().Format(time.RFC3339))
	w.refused(m.CheckFleet(t.Context()), keys.ErrRefused, "edgetoken keys retire "+secret)
	w.now = until
	if err := m.CheckFleet(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.db.Found(t.Context(), membership); err != nil {
		t.Fatal(err)
	}
	w.started(m)
	for _, i := range []keys.Import{
		{Text: bytes.Repeat([]byte("secret42"), 8), SecretKey: true},
		{Text: []byte(`{"kty":"oct","alg":"HS256","k":"` + strings.Repeat("abcd", 16) + `"}`)},
	} {
		_, err := m.Import(t.Context(), i)
		w.refused(err, keys.ErrRefused, "do not share")
	}
	_, err := w.manager(func(c *keys.Config) { c.Settings.Wire = core.Exact }).Start(t.Context())
	w.refused(err, keys.ErrRefused, "wire: exact")
}
