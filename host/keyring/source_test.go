package keyring_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// TestSource: an exchange that is refused changes nothing.
func TestSource(t *testing.T) {
	first, second := readRing(t, secretJWK), readRing(t, privateEC)
	var used []*keyring.Ring
	var err error
	read := func() (*keyring.Ring, error) { return second, nil }
	s := keyring.NewSource(first, read, func(r *keyring.Ring) error { used = append(used, r); return err })
	err = errors.New("refused")
	if changed, got := s.Reload(); changed || !errors.Is(got, err) || s.Keys() != first {
		t.Errorf("Reload = %v, %v; want %v, and the keys as they were", changed, got, err)
	}
	err = nil
	if changed, got := s.Reload(); !changed || got != nil || s.Keys() != second {
		t.Errorf("Reload = %v, %v; want the other keys", changed, got)
	}
	if want := []*keyring.Ring{second, second}; !slices.Equal(used, want) {
		t.Errorf("used %v, want %v", used, want)
	}
}

// TestReloadComparesKeys: what is read is exchanged where anything of it is another than before, and only there.
func TestReloadComparesKeys(t *testing.T) {
	const otherSecret = `{"kty":"oct","alg":"HS256","kid":"s","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYh"}`
	for _, c := range []struct {
		name, old, read string
		changed         bool
	}{
		{"the same secret", secretJWK, secretJWK, false},
		{"the same private key", privateEC, privateEC, false},
		{"another secret with the same kid", secretJWK, otherSecret, true},
		{"the public key alone", privateEC, publicEC, true},
		{"an end", secretJWK, ending(secretJWK, "1790000000"), true},
		{"another one that signs",
			`{"keys":[` + secretJWK + `,` + privateEC + `]}`, `{"keys":[` + privateEC + `,` + secretJWK + `]}`, true},
		{"one more", secretJWK, `{"keys":[` + secretJWK + `,` + privateEC + `]}`, true},
	} {
		read := func() (*keyring.Ring, error) { return readRing(t, c.read), nil }
		s := keyring.NewSource(readRing(t, c.old), read, func(*keyring.Ring) error { return nil })
		if changed, err := s.Reload(); changed != c.changed || err != nil {
			t.Errorf("%s: Reload = %v, %v; want %v", c.name, changed, err, c.changed)
		}
	}
}
