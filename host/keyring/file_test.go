package keyring_test

import (
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

// TestKeyFile: a key comes back from what Encode makes of it.
func TestKeyFile(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		again := writeAndLoad(t, generate(t, algorithm))
		if info := again.Set().Keys[0]; info.AnyID || !info.Default || info.Algorithm != algorithm {
			t.Errorf("%s: Load gives %+v", algorithm, info)
		}
	}
	r, err := keyring.Parse([]byte(ending(secretJWK, "1790000000")))
	if err != nil {
		t.Fatal(err)
	}
	again := writeAndLoad(t, r)
	if got := again.Set().Keys[0].NotAfter; got != 1790000000 {
		t.Errorf("the key ends at %d, want 1790000000", got)
	}
	if got, want := again.String(), "keyring(HS256 s until 2026-09-21T14:13:20Z)"; got != want {
		t.Errorf("it prints as %q, want %q", got, want)
	}
}

// writeAndLoad writes the key of a ring to a file and reads that.
func writeAndLoad(t *testing.T, r *keyring.Ring) *keyring.Ring {
	t.Helper()
	text, err := r.Encode()
	if err != nil {
		t.Fatalf("%v cannot be written: %v", r, err)
	}
	path := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := keyring.Load(path, 0)
	if err != nil {
		t.Fatalf("%v cannot be read again: %v", r, err)
	}
	if !again.Equal(r) {
		t.Errorf("%v comes back as %v", r, again)
	}
	return again
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

// FuzzParse: a key that is read can be written, and comes back.
func FuzzParse(f *testing.F) {
	f.Add([]byte(secretJWK))
	f.Add([]byte(`{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}`))
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(ending(privateEC, "1790000000.5")))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := keyring.Parse(text); err == nil {
			writeAndLoad(t, r)
		}
	})
}
