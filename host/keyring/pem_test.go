package keyring_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// recordedKeys are the keys of the recorded exchanges, in PEM.
func recordedKeys(t *testing.T) map[string]map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "conformance", "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	keys := map[string]map[string]string{}
	for name, members := range raw {
		keys[name] = map[string]string{}
		for member, value := range members {
			if text, ok := value.(string); ok {
				keys[name][member] = text
			}
		}
	}
	return keys
}

func encodePEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestFromSettings(t *testing.T) {
	keys := recordedKeys(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ec)
	sec1PEM := encodePEM(t, "EC PRIVATE KEY", sec1, err)
	pkcs1PEM := encodePEM(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), nil)
	for _, c := range []struct{ name, algorithm, signing, verifying string }{
		{"RS256", "RS256", keys["rs256"]["private_pem"], keys["rs256"]["public_pem"]},
		{"PS512 with the same key", "PS512", keys["rs256"]["private_pem"], ""},
		{"ES256", "ES256", keys["es256"]["private_pem"], keys["es256"]["public_pem"]},
		{"ES256 in SEC 1", "ES256", sec1PEM, ""},
		{"RS256 in PKCS #1", "RS256", pkcs1PEM, ""},
		{"EdDSA", "EdDSA", keys["ed25519"]["private_pem"], keys["ed25519"]["public_pem"]},
		{"Ed25519", "Ed25519", keys["ed25519"]["private_pem"], keys["ed25519"]["public_pem"]},
		{"the private key given twice", "ES256", sec1PEM, sec1PEM},
		{"white space around", "ES256", "\n " + sec1PEM + "\n\n", " \n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := keyring.FromSettings(c.algorithm, []byte(c.signing), []byte(c.verifying), false)
			if err != nil {
				t.Fatal(err)
			}
			signature, err := r.Sign(t.Context(), 0, []byte("x"), make([]byte, core.EntropyBytes))
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := r.Check(t.Context(), 0, []byte("x"), signature); !ok || err != nil {
				t.Errorf("Check of its own signature = %v, %v", ok, err)
			}
			if _, err := r.Material(0); err != nil {
				t.Errorf("Material = %v", err)
			}
		})
	}
}

func TestFromSettingsRefuses(t *testing.T) {
	keys := recordedKeys(t)
	private := func(key crypto.Signer) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return encodePEM(t, "PRIVATE KEY", der, err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 1}
	one.N.SetBit(one.N, 0, 1)
	oneDER, err := x509.MarshalPKIXPublicKey(one)
	exponentOne := encodePEM(t, "PUBLIC KEY", oneDER, err)
	for _, c := range []struct{ name, algorithm, signing, verifying, want string }{
		{"no PEM", "RS256", "hunter2 is a secret", "", "SIGNING_KEY is no PEM text"},
		{"empty", "RS256", "", "", "SIGNING_KEY is no PEM text"},
		{"broken PEM", "RS256", "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n", "",
			"SIGNING_KEY is no key that can be read"},
		{"public key", "RS256", keys["rs256"]["public_pem"], "", "SIGNING_KEY is a public key"},
		{"another kind of key", "RS256", private(other), "", "not one for this algorithm"},
		{"another curve", "ES384", private(other), "", "not one for this algorithm"},
		{"RSA key for EdDSA", "EdDSA", keys["rs256"]["private_pem"], "", "not one for this algorithm"},
		{"RSA key for Ed25519", "Ed25519", keys["rs256"]["private_pem"], "", "not one for this algorithm"},
		{"RSA of 1024 bits", "RS256", private(small), "", "1024 bits and needs at least 2048"},
		{"another's public key", "ES256", keys["es256"]["private_pem"], private(other),
			"VERIFYING_KEY is not the public key of SIGNING_KEY"},
		{"exponent 1 as public key", "RS256", keys["rs256"]["private_pem"], exponentOne, "VERIFYING_KEY"},
		{"broken public key", "ES256", keys["es256"]["private_pem"], "hunter2", "VERIFYING_KEY is no PEM text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := keyring.FromSettings(c.algorithm, []byte(c.signing), []byte(c.verifying), false)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("FromSettings = %v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "aHVudGVyMg") {
				t.Errorf("the error quotes the key: %v", err)
			}
			if want := c.name == "another's public key"; errors.Is(err, keyring.ErrKeyPair) != want &&
				c.name != "exponent 1 as public key" {
				t.Errorf("errors.Is(%v, ErrKeyPair) is not %v", err, want)
			}
		})
	}
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
