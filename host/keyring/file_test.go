package keyring_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

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
			again, err := keyring.Load(path, 0)
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
			if err := r.Save(path); !errors.Is(err, fs.ErrExist) {
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
	r, err := keyring.Load(first, 0)
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
	again, err := keyring.Load(second, 0)
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
	if _, err := keyring.Load(path, 0); err != nil {
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
			_, err := keyring.Load(path, 0)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Load = %v, want %v with %q", err, c.is, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), secret[:8]) || strings.Contains(err.Error(), short)) {
				t.Errorf("Load shows the key: %v", err)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		if _, err := keyring.Load(filepath.Join(t.TempDir(), "signing.key"), 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load = %v, want fs.ErrNotExist", err)
		}
	})
	t.Run("directory", func(t *testing.T) {
		if _, err := keyring.Load(t.TempDir(), 0); !errors.Is(err, keyring.ErrNotKey) {
			t.Errorf("Load = %v, want ErrNotKey", err)
		}
	})
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
		r, err := keyring.Load(first, 0)
		if err != nil {
			return
		}
		if err := r.Save(second); err != nil {
			t.Fatalf("a key that was read cannot be written: %v", err)
		}
		again, err := keyring.Load(second, 0)
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
