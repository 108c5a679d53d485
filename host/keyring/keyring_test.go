package keyring_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
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

func generate(t testing.TB, algorithm string) *keyring.Ring {
	t.Helper()
	r, err := keyring.Generate(algorithm, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The ring checks what jwx signs, and jwx what the ring signs.
func TestAgreesWithJWX(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signing.key")
			r := generate(t, algorithm)
			if err := r.Save(path); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
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

func TestSaveAndLoad(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signing.key")
			r := generate(t, algorithm)
			if err := r.Save(path); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
				t.Errorf("mode of the file = %v, %v; want 0600", info.Mode(), err)
			}
			again, err := keyring.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			a, b := r.Set().Keys[0], again.Set().Keys[0]
			if a != b || a.AnyID || !a.Default {
				t.Errorf("Load gives %+v, Save was given %+v", b, a)
			}
			x, _ := r.Material(0)
			y, _ := again.Material(0)
			if !bytes.Equal(x, y) {
				t.Error("Load gives another secret than Save was given")
			}
			if err := generate(t, algorithm).Save(path); !errors.Is(err, fs.ErrExist) {
				t.Errorf("Save over a key = %v, want fs.ErrExist", err)
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(entries) != 1 {
				t.Errorf("the directory holds %v, %v; want the key alone", entries, err)
			}
		})
	}
}

// Save writes the end of a key that Load read.
func TestSaveKeepsEnd(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(first, []byte(ending(secretJWK, "1790000000")), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := keyring.Load(first)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Set().Keys[0].NotAfter; got != 1790000000 {
		t.Errorf("the key ends at %d, want 1790000000", got)
	}
	if got, want := r.String(), "keyring(HS256 s until 2026-09-21T14:13:20Z)"; got != want {
		t.Errorf("it prints as %q, want %q", got, want)
	}
	if err := r.Save(second); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(second); err != nil || !strings.Contains(string(b), `"exp":1790000000,`) {
		t.Errorf("the file holds no exp (%v)", err)
	}
	again, err := keyring.Load(second)
	if err != nil || again.Set().Keys[0] != r.Set().Keys[0] {
		t.Errorf("Load gives %v, %v; want %v", again, err, r)
	}
}

// A partial file, left by a crash, does not keep the next start from writing its key.
func TestSaveAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(path+".new", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := generate(t, "HS256").Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Load(path); err != nil {
		t.Error(err)
	}
}

func TestLoadRefuses(t *testing.T) {
	// RFC 7515 appendix A.1
	const secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
	short := base64.RawURLEncoding.EncodeToString([]byte("too short a secret"))
	for name, c := range map[string]struct {
		content string
		mode    fs.FileMode
		is      error
		says    string
	}{
		"readable by others": {`{"kty":"oct","kid":"a","alg":"HS256","k":"` + secret + `"}`, 0o644, keyring.ErrExposed,
			"run chmod 600 "},
		"readable by group": {`{"kty":"oct","kid":"a","alg":"HS256","k":"` + secret + `"}`, 0o640, keyring.ErrExposed,
			"run chmod 600 "},
		"empty": {``, 0o600, keyring.ErrNotKey, "no JWK"},
		"torn": {`{"kty":"oct","kid":"a","alg":"HS256","k":"` + secret, 0o600, keyring.ErrNotKey,
			"no JWK"},
		"text": {secret, 0o600, keyring.ErrNotKey, "no JWK"},
		"no kid": {`{"kty":"oct","alg":"HS256","k":"` + secret + `"}`, 0o600, keyring.ErrNotKey,
			"has no kid"},
		"no alg": {`{"kty":"oct","kid":"a","k":"` + secret + `"}`, 0o600, keyring.ErrNotKey,
			"has no alg"},
		"alg none": {`{"kty":"oct","kid":"a","alg":"none","k":"` + secret + `"}`, 0o600, keyring.ErrNotKey,
			"unknown algorithm"},
		"weak": {`{"kty":"oct","kid":"a","alg":"HS256","k":"` + short + `"}`, 0o600, keyring.ErrNotKey,
			"has 18 bytes and needs at least 32"},
		"for encryption": {`{"kty":"oct","kid":"a","alg":"HS256","use":"enc","k":"` + secret + `"}`, 0o600,
			keyring.ErrNotKey, "use is not sig"},
		"public EC key": {`{"kty":"EC","kid":"a","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`, 0o600, keyring.ErrNotKey, "is a public key"},
		"end as a text": {`{"kty":"oct","kid":"a","alg":"HS256","exp":"tomorrow","k":"` + secret + `"}`, 0o600,
			keyring.ErrNotKey, "exp is no time in Unix seconds"},
		"too long": {strings.Repeat(" ", 1<<17), 0o600, keyring.ErrNotKey, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signing.key")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := keyring.Load(path)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Load = %v, want %v with %q", err, c.is, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), secret[:8]) || strings.Contains(err.Error(), short)) {
				t.Errorf("Load shows the key: %v", err)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		if _, err := keyring.Load(filepath.Join(t.TempDir(), "signing.key")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load = %v, want fs.ErrNotExist", err)
		}
	})
	t.Run("directory", func(t *testing.T) {
		if _, err := keyring.Load(t.TempDir()); !errors.Is(err, keyring.ErrNotKey) {
			t.Errorf("Load = %v, want ErrNotKey", err)
		}
	})
}

func TestConfiguredSecret(t *testing.T) {
	for name, c := range map[string]struct {
		algorithm string
		length    int
		allowWeak bool
		want      string // of the error
	}{
		"long enough for HS256": {"HS256", 32, false, ""},
		"one byte too short":    {"HS256", 31, false, "has 31 bytes and needs at least 32"},
		"too short for HS512":   {"HS512", 63, false, "has 63 bytes and needs at least 64"},
		"short and allowed":     {"HS512", 5, true, ""},
		"empty":                 {"HS256", 0, false, "has 0 bytes"},
		"empty and allowed":     {"HS256", 0, true, "has 0 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := keyring.FromSettings(c.algorithm, bytes.Repeat([]byte("s"), c.length), nil, c.allowWeak)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Fatalf("FromSettings = %v, want %q", err, c.want)
			}
			if err != nil {
				return
			}
			if info := r.Set().Keys[0]; info != (core.KeyInfo{Algorithm: c.algorithm, Default: true, AnyID: true}) {
				t.Errorf("key = %+v, want one without id that checks any", info)
			}
		})
	}
}

func TestGenerate(t *testing.T) {
	if _, err := keyring.Generate("none", nil); !errors.Is(err, jws.ErrUnknownAlgorithm) {
		t.Errorf("Generate(none) = %v, want ErrUnknownAlgorithm", err)
	}
	if _, err := keyring.Generate("HS256", strings.NewReader("too little")); err == nil {
		t.Error("Generate with too little entropy gives a key")
	}
	a, _ := generate(t, "HS256").Material(0)
	b, _ := generate(t, "HS256").Material(0)
	if bytes.Equal(a, b) {
		t.Error("two keys are equal")
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

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"kty":"oct","kid":"a","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`))
	f.Add([]byte(`{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}`))
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(ending(secretJWK, "1790000000.5")))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		first, second := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		if err := os.WriteFile(first, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := keyring.Load(first)
		if err != nil {
			return
		}
		if err := r.Save(second); err != nil {
			t.Fatalf("a key that was read cannot be written: %v", err)
		}
		again, err := keyring.Load(second)
		if err != nil {
			t.Fatalf("a key that was written cannot be read: %v", err)
		}
		x, _ := r.Material(0)
		y, _ := again.Material(0)
		if r.Set().Keys[0] != again.Set().Keys[0] || !bytes.Equal(x, y) {
			t.Errorf("another key comes back")
		}
	})
}
