package keys_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// TestListWarns: the list says that the key that signs ends and none takes over, until one will.
func TestListWarns(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	w.started(m)
	key, err := keyring.GenerateKey("ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.Export("jwk", true)
	if err != nil {
		t.Fatal(err)
	}
	warning := func() string {
		list, err := m.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list.Warning
	}
	if got := warning(); got != "" {
		t.Errorf("a key without an end is warned of: %s", got)
	}
	if _, err := m.Import(t.Context(), keys.Import{Text: text, Until: w.now.Add(9 * day), Activate: true}); err != nil {
		t.Fatal(err)
	}
	if got := warning(); !strings.Contains(got, "nobody can log in") {
		t.Errorf("the key that signs ends in nine days: %q", got)
	}
	w.generate(m, keys.Generate{SignsFrom: w.now.Add(day / 2)})
	if got := warning(); got != "" {
		t.Errorf("another key takes over, and yet: %s", got)
	}
}
