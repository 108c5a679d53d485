package django_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func TestCSRF(t *testing.T) {
	secret, err := django.NewCSRFSecret(rand.Reader)
	if err != nil || django.CheckCSRF(secret) != "" || django.IsCSRFToken(secret) {
		t.Fatalf("NewCSRFSecret = %q, %v; want a secret", secret, err)
	}
	one, err := django.MaskCSRF(secret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := django.MaskCSRF(secret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if one == two || !django.IsCSRFToken(one) || strings.Contains(one, secret) || django.CheckCSRF(one) != "" {
		t.Errorf("MaskCSRF = %q and %q, want two tokens that differ", one, two)
	}
	for _, token := range []string{one, two, secret} {
		if got := django.UnmaskCSRF(token); got != secret {
			t.Errorf("UnmaskCSRF(%q) = %q, want %q", token, got, secret)
		}
		if !django.SameCSRF(token, secret) || !django.SameCSRF(secret, token) {
			t.Errorf("SameCSRF(%q, %q) = false, want true", token, secret)
		}
	}
	other, err := django.NewCSRFSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if django.SameCSRF(one, other) {
		t.Error("SameCSRF of a token and another secret = true, want false")
	}
}

// TestCSRFAsDjango has tokens that Django's _mask_cipher_secret made.
func TestCSRFAsDjango(t *testing.T) {
	const secret = "abcxyzABCXYZ0189abcxyzABCXYZ0189"
	for token, want := range map[string]string{
		strings.Repeat("a", 32) + secret:                                        secret,
		strings.Repeat("9", 32) + secret:                                        shifted(secret),
		"bcd0bcd0bcd0bcd0bcd0bcd0bcd0bcd0" + "bcd0bcd0bcd0bcd0bcd0bcd0bcd0bcd0": strings.Repeat("a", 32),
	} {
		if got := django.UnmaskCSRF(token); got != want {
			t.Errorf("UnmaskCSRF(%q) = %q, want %q", token, got, want)
		}
	}
}

// shifted moves each character to the next one: a mask of nines is one less than none.
func shifted(s string) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789a"
	return strings.Map(func(r rune) rune { return rune(alphabet[strings.IndexRune(alphabet, r)+1]) }, s)
}

func TestCheckCSRF(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a", 32): "", strings.Repeat("Z9", 32): "",
		"":                      "has incorrect length",
		strings.Repeat("a", 31): "has incorrect length", strings.Repeat("a", 33): "has incorrect length", strings.Repeat("a", 65): "has incorrect length",
		strings.Repeat("a", 31) + "-": "has invalid characters", strings.Repeat("é", 32): "has invalid characters", strings.Repeat("a", 63) + "\x00": "has invalid characters",
	} {
		if got := django.CheckCSRF(text); got != want {
			t.Errorf("CheckCSRF(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCSRFNeedsEntropy(t *testing.T) {
	if secret, err := django.NewCSRFSecret(bytes.NewReader(make([]byte, 10))); !errors.Is(err, io.ErrUnexpectedEOF) || secret != "" {
		t.Errorf("NewCSRFSecret without entropy = %q, %v; want an error", secret, err)
	}
	// Bytes that would make some letters likelier than others are passed over.
	high := append(bytes.Repeat([]byte{248, 255}, 32), make([]byte, 64)...)
	if secret, err := django.NewCSRFSecret(bytes.NewReader(high)); err != nil || secret != strings.Repeat("a", 32) {
		t.Errorf("NewCSRFSecret = %q, %v; want only letters of the second half", secret, err)
	}
}

func FuzzCSRF(f *testing.F) {
	for _, seed := range []string{"", "a", strings.Repeat("a", 32), strings.Repeat("Z9", 32), strings.Repeat("é", 32), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if django.CheckCSRF(text) != "" {
			return
		}
		secret := django.UnmaskCSRF(text)
		if django.CheckCSRF(secret) != "" || django.IsCSRFToken(secret) || !django.SameCSRF(text, secret) {
			t.Errorf("UnmaskCSRF(%q) = %q, want its secret", text, secret)
		}
	})
}
