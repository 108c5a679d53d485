package keyring_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
)

const nodeSecret = "0123456789abcdef0123456789abcdef"

func newSealer(t *testing.T, secret string) *keyring.Sealer {
	t.Helper()
	s, err := keyring.NewSealer([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeal(t *testing.T) {
	s := newSealer(t, nodeSecret)
	public, private := []byte("public"), []byte("private")
	sealed, err := s.Seal("kid", "ES256", public, private)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Seal("kid", "ES256", public, private)
	if err != nil || bytes.Equal(sealed, again) || bytes.Contains(sealed, private) {
		t.Errorf("Seal gave %x and then %x, %v; want two that differ, without the private part", sealed, again, err)
	}
	if got, err := newSealer(t, nodeSecret).Open("kid", "ES256", public, sealed); !bytes.Equal(got, private) {
		t.Errorf("Open = %q, %v, want %q", got, err, private)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another kid":        func() ([]byte, error) { return s.Open("kie", "ES256", public, sealed) },
		"another algorithm":  func() ([]byte, error) { return s.Open("kid", "ES384", public, sealed) },
		"another public key": func() ([]byte, error) { return s.Open("kid", "ES256", []byte("publik"), sealed) },
		"moved border":       func() ([]byte, error) { return s.Open("kidE", "S256", public, sealed) },
		"nothing":            func() ([]byte, error) { return s.Open("kid", "ES256", public, nil) },
	} {
		if got, err := open(); err == nil || errors.Is(err, keyring.ErrNodeSecret) {
			t.Errorf("%s: Open = %q, %v, want an error that is not ErrNodeSecret", name, got, err)
		}
	}
	other := newSealer(t, nodeSecret+"x")
	if got, err := other.Open("kid", "ES256", public, sealed); !errors.Is(err, keyring.ErrNodeSecret) {
		t.Errorf("with another secret Open = %q, %v, want ErrNodeSecret", got, err)
	}
	_, err = other.From("keys.secret").Open("kid", "ES256", public, sealed)
	want := "it is sealed under another node secret than that of keys.secret: put the one back that sealed it"
	if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, keyring.ErrNodeSecret) {
		t.Errorf("with another secret Open = %v, want %s", err, want)
	}
}

// TestSealDamage: whatever bit turns over and wherever it is cut off, a sealed key does not open, and only a changed id
// is taken for another secret.
func TestSealDamage(t *testing.T) {
	s := newSealer(t, nodeSecret)
	sealed, err := s.Seal("kid", "HS256", nil, []byte("private"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(sealed) {
		damaged := bytes.Clone(sealed)
		damaged[i/8] ^= 1 << (i % 8)
		_, err := s.Open("kid", "HS256", nil, damaged)
		if inID := i/8 >= 1 && i/8 < 9; err == nil || errors.Is(err, keyring.ErrNodeSecret) != inID {
			t.Errorf("with bit %d turned over: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := s.Open("kid", "HS256", nil, sealed[:n]); err == nil || errors.Is(err, keyring.ErrNodeSecret) {
			t.Errorf("cut off after %d bytes: %v", n, err)
		}
	}
}

// TestSealExample: the example of the document of Sealer opens.
func TestSealExample(t *testing.T) {
	source, err := os.ReadFile("seal.go")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(source), "can be sealed as\n")
	example, _, _ = strings.Cut(example, "type Sealer")
	sealed, err := hex.DecodeString(regexp.MustCompile(`[/\s]`).ReplaceAllString(example, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := newSealer(t, nodeSecret).Open("a", "HS256", nil, sealed); string(got) != "xyz" {
		t.Errorf("Open = %q, %v, want xyz", got, err)
	}
}

// TestSealerIsNotShown: no way to print a sealer shows the secret or a key of it, however it is wrapped.
func TestSealerIsNotShown(t *testing.T) {
	s := newSealer(t, nodeSecret)
	text, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s)
	wrapped := struct{ s keyring.Sealer }{*s}
	for _, shown := range []string{s.String(), fmt.Sprintf("%v %+v %#v %s %x %d", s, s, s, s, s, s), string(text)} {
		if strings.Trim(strings.ReplaceAll(shown, "sealer(********)", ""), ` {}"s:`) != "" {
			t.Errorf("a sealer is shown as %s", shown)
		}
	}
	shown := log.String() + fmt.Sprintf("%v %+v %#v", wrapped, wrapped, wrapped)
	for _, secret := range []string{nodeSecret, "48 49 50 51", "0x30, 0x31, 0x32"} {
		if strings.Contains(shown, secret) {
			t.Errorf("a sealer is shown as %s", shown)
		}
	}
}

func TestShortNodeSecret(t *testing.T) {
	_, err := keyring.NewSealer([]byte("hunter2"))
	want := "the node secret has 7 bytes and needs at least 32: make one with openssl rand -base64 32"
	if err == nil || err.Error() != want {
		t.Errorf("NewSealer = %v, want %s", err, want)
	}
}
