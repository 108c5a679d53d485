package keyring_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	jwxjws "github.com/lestrrat-go/jwx/v2/jws"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// generate makes a ring of a key of generateKey.
func generate(t testing.TB, algorithm string) *keyring.Ring {
	t.Helper()
	r, err := keyring.NewRing([]keyring.Member{standard(generateKey(t, algorithm))}, []core.SigningKey{{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The ring checks what jwx signs, and jwx what the ring signs.
func TestAgreesWithJWX(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			r := generate(t, algorithm)
			b, err := r.Members()[0].Key.Export("jwk", true)
			if err != nil {
				t.Fatal(err)
			}
			key, err := jwk.ParseKey(b)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := jwxjws.Sign([]byte(`{"a":1}`), jwxjws.WithKey(jwxName(algorithm), key))
			if err != nil {
				t.Fatal(err)
			}
			dot := bytes.LastIndexByte(theirs, '.')
			input := theirs[:dot]
			signature, err := base64.RawURLEncoding.DecodeString(string(theirs[dot+1:]))
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := r.Check(t.Context(), 0, input, signature); !ok || err != nil {
				t.Errorf("Check of jwx's signature = %v, %v", ok, err)
			}
			for i := range signature {
				signature[i] ^= 1
				if ok, err := r.Check(t.Context(), 0, input, signature); ok || err != nil {
					t.Fatalf("Check with byte %d changed = %v, %v", i, ok, err)
				}
				signature[i] ^= 1
			}
			for _, wrong := range [][]byte{nil, signature[:len(signature)-1], append(bytes.Clone(signature), 0)} {
				if ok, err := r.Check(t.Context(), 0, input, wrong); ok || err != nil {
					t.Errorf("Check of a signature of %d bytes = %v, %v", len(wrong), ok, err)
				}
			}
			ours, err := r.Sign(t.Context(), 0, input, bytes.Repeat([]byte("e"), core.EntropyBytes))
			if err != nil {
				t.Fatal(err)
			}
			again, err := r.Sign(t.Context(), 0, input, bytes.Repeat([]byte("e"), core.EntropyBytes))
			if err != nil || !bytes.Equal(again, ours) {
				t.Errorf("the same input and entropy give another signature, %v", err)
			}
			token := append(append(bytes.Clone(input), '.'), base64.RawURLEncoding.EncodeToString(ours)...)
			with := jwxjws.WithKey(jwxName(algorithm), public(t, key))
			if _, err := jwxjws.Verify(token, with); err != nil {
				t.Errorf("jwx refuses the ring's signature: %v", err)
			}
		})
	}
}

// jwxName is what jwx calls an algorithm. Version 2 knows Ed25519 by its older name alone.
func jwxName(algorithm string) jwa.SignatureAlgorithm {
	if algorithm == "Ed25519" {
		return jwa.EdDSA
	}
	return jwa.SignatureAlgorithm(algorithm)
}

// public is the public key of a key, or the secret itself.
func public(t *testing.T, key jwk.Key) jwk.Key {
	t.Helper()
	p, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGenerate(t *testing.T) {
	if _, err := keyring.GenerateKey("none", nil); !errors.Is(err, jws.ErrUnknownAlgorithm) {
		t.Errorf("GenerateKey(none) = %v, want ErrUnknownAlgorithm", err)
	}
	for _, entropy := range []int{31, 32, 47} {
		if _, err := keyring.GenerateKey("HS256", strings.NewReader(strings.Repeat("x", entropy))); err == nil {
			t.Errorf("GenerateKey with %d bytes of entropy gives a key", entropy)
		}
	}
	for _, algorithm := range []string{"HS256", "RS256", "ES256", "EdDSA"} {
		a, err := keyring.GenerateKey(algorithm, nil)
		b, otherErr := keyring.GenerateKey(algorithm, nil)
		if err != nil || otherErr != nil {
			t.Fatal(err, otherErr)
		}
		x, _ := a.MarshalPrivate()
		y, _ := b.MarshalPrivate()
		if bytes.Equal(x, y) || a.ID() == b.ID() {
			t.Errorf("%v and %v: two keys are equal", a, b)
		}
	}
}

func TestIndexOutOfRange(t *testing.T) {
	r := generate(t, "HS256")
	for _, index := range []int{-1, 1} {
		if _, err := r.Material(index); err == nil {
			t.Errorf("Material(%d) gives a key", index)
		}
		if _, err := r.Sign(context.Background(), index, nil, nil); err == nil {
			t.Errorf("Sign(%d) signs", index)
		}
		if _, err := r.Check(context.Background(), index, nil, nil); err == nil {
			t.Errorf("Check(%d) checks", index)
		}
	}
}

func TestNeverShown(t *testing.T) {
	secret := []byte("SeCrEt-SeCrEt-SeCrEt-SeCrEt-SeCrEt")
	r, err := keyring.FromSettings("HS256", secret, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("start", "keys", r, "value", *r)
	}
	encoded, err := json.Marshal(struct{ R *keyring.Ring }{r})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{log.String(), string(encoded), r.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, r), fmt.Sprintf(verb, struct{ Keys core.Keys }{r}),
			fmt.Sprintf(verb, struct{ keys keyring.Ring }{*r}))
	}
	for _, s := range shown {
		for _, form := range []string{"SeCrEt", fmt.Sprintf("%x", secret[:6]), fmt.Sprint(secret[:6])[1:20],
			base64.StdEncoding.EncodeToString(secret)[:8]} {
			if strings.Contains(strings.ToLower(s), strings.ToLower(form)) {
				t.Errorf("the secret is shown: %s", s)
			}
		}
	}
	if !slices.Contains(shown, "keyring(HS256)") {
		t.Errorf("a ring prints as %q", shown)
	}
}

// A ring says the same of signatures when it has checked many with the key. Signatures of private keys, of public ones
// and of keys beside them are told apart.
func TestRingChecksMany(t *testing.T) {
	private := generateKey(t, "ES256")
	public, err := keyring.ParsePublic("ES256", "public", private.Public())
	if err != nil {
		t.Fatal(err)
	}
	other := generateKey(t, "ES256")
	r, err := keyring.NewRing([]keyring.Member{
		{Key: private.WithID("private"), Info: core.KeyInfo{ID: "private", Algorithm: "ES256"}},
		{Key: public, Info: core.KeyInfo{ID: "public", Algorithm: "ES256"}},
		{Key: other.WithID("other"), Info: core.KeyInfo{ID: "other", Algorithm: "ES256"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		input := fmt.Appendf(nil, "header.%d", i)
		signature, err := private.SignInput(input)
		if err != nil {
			t.Fatal(err)
		}
		for index, want := range []bool{true, true, false} {
			if good, err := r.Check(t.Context(), index, input, signature); good != want || err != nil {
				t.Fatalf("key %d, signature %d: %v, %v; want %v", index, i, good, err, want)
			}
		}
		if good, err := r.Check(t.Context(), i%2, append(input, '0'), signature); good || err != nil {
			t.Fatalf("signature %d for another input: %v, %v", i, good, err)
		}
	}
}
