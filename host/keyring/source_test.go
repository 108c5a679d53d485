package keyring_test

import (
	"errors"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
)

func fromJWK(t *testing.T, text string) *keyring.Ring {
	t.Helper()
	ring, err := keyring.FromJWK([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// TestSource: an exchange that the follower refuses changes nothing.
func TestSource(t *testing.T) {
	first, second := fromJWK(t, secretJWK), fromJWK(t, privateEC)
	refused := errors.New("refused")
	s := keyring.NewSource(first, func() (*keyring.Ring, error) { return second, nil })
	if err := s.Follow(func(*keyring.Ring) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("Follow = %v, want %v", err, refused)
	}
	var used []*keyring.Ring
	var err error
	if err := s.Follow(func(r *keyring.Ring) error { used = append(used, r); return err }); err != nil {
		t.Fatal(err)
	}
	err = refused
	if changed, got := s.Reload(); changed || !errors.Is(got, refused) || s.Keys() != first {
		t.Errorf("Reload = %v, %v; want %v, and the keys as they were", changed, got, refused)
	}
	if got := s.Replace(second); !errors.Is(got, refused) || s.Keys() != first {
		t.Errorf("Replace = %v; want %v, and the keys as they were", got, refused)
	}
	err = nil
	if changed, got := s.Reload(); !changed || got != nil || s.Keys() != second {
		t.Errorf("Reload = %v, %v; want the other keys", changed, got)
	}
	if len(used) != 4 || used[0] != first || used[3] != second {
		t.Errorf("the follower was given %v", used)
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
		{"another one that signs", `{"keys":[` + secretJWK + `,` + privateEC + `]}`, `{"keys":[` + privateEC + `,` + secretJWK + `]}`, true},
		{"one more", secretJWK, `{"keys":[` + secretJWK + `,` + privateEC + `]}`, true},
	} {
		s := keyring.NewSource(fromJWK(t, c.old), func() (*keyring.Ring, error) { return fromJWK(t, c.read), nil })
		if changed, err := s.Reload(); changed != c.changed || err != nil {
			t.Errorf("%s: Reload = %v, %v; want %v", c.name, changed, err, c.changed)
		}
	}
}
