package keys_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// More keys than an instance of the sandbox has room for are refused before they are stored, whatever their kind: else
// no later change would come into force, such as the end of a key that leaked, and the node would not start again.
func TestKeysFitTheSandbox(t *testing.T) {
	long := strings.Repeat("k", 250)
	for name, c := range map[string]struct {
		algorithm string
		private   bool
		id        string
		each      int
	}{
		"private RSA": {"RS256", true, "", 20},
		"public RSA":  {"RS256", false, "", 100},
		"private EC":  {"ES256", true, "", 100},
		"long ids":    {"EdDSA", false, long, 100},
		"secrets":     {"HS256", true, "", 20},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m := w.manager(nil)
			w.started(m)
			key, err := keyring.GenerateKey(c.algorithm, nil)
			if c.algorithm == "HS256" {
				key, err = keyring.NewKeyOf(c.algorithm, bytes.Repeat([]byte("secret"), 670))
			}
			if err != nil {
				t.Fatal(err)
			}
			for n := 0; err == nil; n += c.each {
				var set struct {
					Keys []json.RawMessage `json:"keys"`
				}
				for i := range c.each {
					text, err := key.WithID(fmt.Sprint(c.id, n+i)).Export("jwk", c.private)
					if err != nil {
						t.Fatal(err)
					}
					set.Keys = append(set.Keys, text)
				}
				text, failed := json.Marshal(set)
				if failed != nil {
					t.Fatal(failed)
				}
				_, err = m.Import(t.Context(), keys.Import{Text: text})
			}
			if !errors.Is(err, keys.ErrRefused) || !strings.Contains(err.Error(), "retire some first") {
				t.Fatal(err)
			}
			ring := w.ring(m)
			message := abi.Config{Settings: core.DefaultSettings(), Set: ring.Set()}
			for i := range message.Set.Keys {
				material, err := ring.Material(i)
				if err != nil {
					t.Fatal(err)
				}
				message.Material = append(message.Material, material)
			}
			if n := len(message.Append(nil)); n > abi.InputBytes-16<<10 || len(message.Material) < 40 {
				t.Errorf("%d keys take %d bytes", len(message.Material), n)
			}
		})
	}
}

// A secret that would take the room of many keys is refused.
func TestLongSecret(t *testing.T) {
	w := newWorld(t)
	m := w.manager(nil)
	w.started(m)
	_, err := m.Import(t.Context(), keys.Import{Text: bytes.Repeat([]byte("secret"), 700), SecretKey: true})
	w.refused(err, keys.ErrRefused, "more than 4096 bytes")
}
