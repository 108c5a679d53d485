package csrf_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
)

func TestMask(t *testing.T) {
	secret, err := csrf.NewSecret(rand.Reader)
	if err != nil || csrf.CheckFormat(secret) != "" || len(secret) != csrf.SecretLength {
		t.Fatalf("NewSecret = %q, %v; want a secret", secret, err)
	}
	one, err := csrf.Mask(secret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := csrf.Mask(secret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if one == two || len(one) == csrf.SecretLength || strings.Contains(one, secret) || csrf.CheckFormat(one) != "" {
		t.Errorf("Mask = %q and %q, want two tokens that differ", one, two)
	}
	for _, token := range []string{one, two, secret} {
		if got := csrf.Unmask(token); got != secret {
			t.Errorf("Unmask(%q) = %q, want %q", token, got, secret)
		}
		if !csrf.Same(token, secret) || !csrf.Same(secret, token) {
			t.Errorf("Same(%q, %q) = false, want true", token, secret)
		}
	}
	other, err := csrf.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if csrf.Same(one, other) {
		t.Error("Same of a token and another secret = true, want false")
	}
}

// TestUnmaskAsDjango has tokens that Django's _mask_cipher_secret made.
func TestUnmaskAsDjango(t *testing.T) {
	const secret = "abcxyzABCXYZ0189abcxyzABCXYZ0189"
	for token, want := range map[string]string{
		strings.Repeat("a", 32) + secret:                                        secret,
		strings.Repeat("9", 32) + secret:                                        shifted(secret),
		"bcd0bcd0bcd0bcd0bcd0bcd0bcd0bcd0" + "bcd0bcd0bcd0bcd0bcd0bcd0bcd0bcd0": strings.Repeat("a", 32),
	} {
		if got := csrf.Unmask(token); got != want {
			t.Errorf("Unmask(%q) = %q, want %q", token, got, want)
		}
	}
}

// shifted moves each character to the next one: a mask of nines is one less than none.
func shifted(s string) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789a"
	return strings.Map(func(r rune) rune { return rune(alphabet[strings.IndexRune(alphabet, r)+1]) }, s)
}

func TestCheckFormat(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a", 32): "", strings.Repeat("Z9", 32): "",
		"":                      "has incorrect length",
		strings.Repeat("a", 31): "has incorrect length", strings.Repeat("a",
			33): "has incorrect length", strings.Repeat("a", 65): "has incorrect length",
		strings.Repeat("a", 31) + "-": "has invalid characters", strings.Repeat("é",
			32): "has invalid characters", strings.Repeat("a", 63) + "\x00": "has invalid characters",
	} {
		if got := csrf.CheckFormat(text); got != want {
			t.Errorf("CheckFormat(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSecretNeedsEntropy(t *testing.T) {
	if secret, err := csrf.NewSecret(bytes.NewReader(make([]byte, 10))); !errors.Is(err, io.ErrUnexpectedEOF) ||
		secret != "" {
		t.Errorf("NewSecret without entropy = %q, %v; want an error", secret, err)
	}
	// Bytes that would make some letters likelier than others are passed over.
	high := append(bytes.Repeat([]byte{248, 255}, 32), make([]byte, 64)...)
	if secret, err := csrf.NewSecret(bytes.NewReader(high)); err != nil || secret != strings.Repeat("a", 32) {
		t.Errorf("NewSecret = %q, %v; want only letters of the second half", secret, err)
	}
}

func FuzzUnmask(f *testing.F) {
	for _, seed := range []string{"", "a", strings.Repeat("a", 32), strings.Repeat("Z9", 32), strings.Repeat("é", 32),
		"\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if csrf.CheckFormat(text) != "" {
			return
		}
		secret := csrf.Unmask(text)
		if csrf.CheckFormat(secret) != "" || len(secret) != csrf.SecretLength || !csrf.Same(text, secret) {
			t.Errorf("Unmask(%q) = %q, want its secret", text, secret)
		}
	})
}
