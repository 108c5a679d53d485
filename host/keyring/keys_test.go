package keyring_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
)

var update = flag.Bool("update", false, "write what is refused, and why, into testdata/keys.json")

// keyCase is a key as a Django site may have it, made with openssl and ssh-keygen. testdata/interop/keys.py compares
// "pyjwt" with real ones.
type keyCase struct {
	Name      string            `json:"name"`
	Algorithm string            `json:"algorithm"`
	Signing   keyText           `json:"signing"`
	Verifying *keyText          `json:"verifying,omitempty"`
	PyJWT     map[string]string `json:"pyjwt"`
	Signature []byte            `json:"signature,omitempty"` // PyJWT's over "x"
	Refused   string            `json:"refused"`             // "": the key is read
	Why       string            `json:"why,omitempty"`       // where it is not as PyJWT has it
}

type keyText struct {
	Text   string `json:"text,omitempty"`
	Base64 string `json:"base64,omitempty"`
}

func (k *keyText) bytes(t testing.TB) []byte {
	t.Helper()
	if k == nil {
		return nil
	}
	if k.Base64 == "" {
		return []byte(k.Text)
	}
	b, err := base64.StdEncoding.DecodeString(k.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var keysFile = filepath.Join("testdata", "keys.json")

func keyCases(t testing.TB) (cases []keyCase) {
	t.Helper()
	b, err := os.ReadFile(keysFile)
	if err == nil {
		err = json.Unmarshal(b, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestKeysAsPyJWTReadsThem: what PyJWT reads is read and makes the same signatures, and what is refused has its exact
// reason. Where the two differ the table says why.
func TestKeysAsPyJWTReadsThem(t *testing.T) {
	cases := keyCases(t)
	for i := range cases {
		c := &cases[i]
		ring, err := keyring.FromSettings(c.Algorithm, c.Signing.bytes(t), c.Verifying.bytes(t), false)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if *update {
			c.Refused = got
		} else if got != c.Refused {
			t.Errorf("%s: FromSettings says %q, want %q", c.Name, got, c.Refused)
		}
		// Of 5.2 alone PyJWT signs with any curve (RFC 7518 §3.4 has one for each algorithm).
		if reads := c.PyJWT["5.5"] == "reads"; reads != (got == "") && c.Why == "" {
			t.Errorf("%s: PyJWT %s it, FromSettings says %q, and the table does not say why they differ", c.Name,
				c.PyJWT["5.5"], got)
		}
		if err != nil {
			continue
		}
		signature, err := ring.Sign(t.Context(), 0, []byte("x"), make([]byte, core.EntropyBytes))
		if err != nil {
			t.Errorf("%s: Sign = %v", c.Name, err)
		} else if good, err := ring.Check(t.Context(), 0, []byte("x"), signature); err != nil || !good {
			t.Errorf("%s: Check of its own signature = %v, %v", c.Name, good, err)
		}
		good, err := ring.Check(t.Context(), 0, []byte("x"), c.Signature)
		if err != nil || c.Signature != nil && !good {
			t.Errorf("%s: Check of PyJWT's signature = %v, %v: another key was read", c.Name, good, err)
		}
	}
	if len(cases) < 100 {
		t.Errorf("the table has %d keys", len(cases))
	}
	if *update {
		b, err := json.MarshalIndent(cases, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(keysFile, append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzFromSettings: whatever a key is made of, it is refused, or signs what it finds good.
func FuzzFromSettings(f *testing.F) {
	for _, c := range keyCases(f) {
		if c.Algorithm == "ES256" && c.Signing.Text != "" {
			f.Add(c.Signing.Text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		ring, err := keyring.FromSettings("ES256", []byte(text), []byte(text), false)
		if err != nil {
			return
		}
		signature, err := ring.Sign(t.Context(), 0, []byte("x"), make([]byte, core.EntropyBytes))
		if err != nil {
			t.Fatal(err)
		}
		if good, err := ring.Check(t.Context(), 0, []byte("x"), signature); err != nil || !good {
			t.Errorf("Check of its own signature = %v, %v", good, err)
		}
	})
}
