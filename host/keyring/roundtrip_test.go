package keyring_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// exportAndRead exports a key in each form that it has, reads it, and returns the last one: the private JWK of a key
// that can sign.
func exportAndRead(t *testing.T, k keyring.Key) (last keyring.Key) {
	t.Helper()
	for _, private := range []bool{false, true} {
		for _, format := range []string{"pem", "der", "jwk"} {
			text, err := k.Export(format, private)
			none := private && !k.CanSign() || k.Symmetric() && (!private || format != "jwk")
			if (err != nil) != none {
				t.Fatalf("Export of %v as %s, private %v: %v", k, format, private, err)
			}
			if none {
				continue
			}
			found, err := keyring.Read(text, k.Algorithm())
			if err != nil || len(found.Keys) != 1 || len(found.Skipped) != 0 {
				t.Fatalf("Read of %v as %s = %s, %v", k, format, describe(found), err)
			}
			last = found.Keys[0].Key
			if last.Algorithm() != k.Algorithm() || last.CanSign() != private ||
				!bytes.Equal(last.Public(), k.Public()) || format == "jwk" && last.ID() != k.ID() {
				t.Errorf("%v comes back from %s as %v, which can sign: %v", k, format, last, last.CanSign())
			}
		}
	}
	return last
}

func TestExport(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			k := generateKey(t, algorithm)
			again := exportAndRead(t, k)
			check(t, again, []byte("x"), sign(t, k, []byte("x")))
			check(t, k, []byte("x"), sign(t, again, []byte("x")))
		})
	}
	if text, err := generateKey(t, "ES256").Export("xml", true); err == nil {
		t.Errorf("Export as xml = %s", text)
	}
}

// TestExportForOpenSSL: openssl reads what is exported, and finds the same public key in the private one.
func TestExportForOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip(err)
	}
	openssl := func(in []byte, args ...string) []byte {
		c := exec.Command("openssl", args...)
		c.Stdin = bytes.NewReader(in)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	for _, algorithm := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		k := generateKey(t, algorithm)
		for _, form := range []string{"pem", "der"} {
			private, err := k.Export(form, true)
			if err != nil {
				t.Fatal(err)
			}
			public, err := k.Export(form, false)
			if err != nil {
				t.Fatal(err)
			}
			got := openssl(private, "pkey", "-inform", form, "-outform", form, "-pubout")
			if !bytes.Equal(got, public) {
				t.Errorf("%s: openssl finds another public key than\n%s\nit is\n%s", k, public, got)
			}
			openssl(public, "pkey", "-pubin", "-inform", form, "-noout")
		}
	}
}

// TestJWKS: the public keys, and nothing else.
func TestJWKS(t *testing.T) {
	var keys []keyring.Key
	for _, algorithm := range jws.Algorithms() {
		keys = append(keys, generateKey(t, algorithm).WithID("of "+algorithm))
	}
	text := keyring.JWKS(keys)
	found, err := keyring.Read(text, "")
	if err != nil || len(found.Keys) != 11 || len(found.Skipped) != 0 {
		t.Fatalf("Read = %s, %v", describe(found), err)
	}
	for i, k := range found.Keys {
		at := slices.IndexFunc(keys, func(o keyring.Key) bool { return o.ID() == k.ID() })
		if at < 0 || keys[at].Algorithm() != k.Algorithm() || k.CanSign() || i > 0 && k.ID() < found.Keys[i-1].ID() {
			t.Errorf("%v stands in the set", k)
		}
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	members := map[string]bool{"kty": true, "alg": true, "kid": true, "use": true, "n": true, "e": true, "crv": true,
		"x": true, "y": true}
	for _, k := range set.Keys {
		for name := range k {
			if !members[name] {
				t.Errorf("%v has the member %s", k["kid"], name)
			}
		}
		if k["use"] != "sig" || k["alg"] == nil || k["kid"] == nil {
			t.Errorf("a key lacks a member: %v", k)
		}
	}
	slices.Reverse(keys)
	if again := keyring.JWKS(keys); !bytes.Equal(again, text) {
		t.Errorf("the same keys in another order give\n%s\nand not\n%s", again, text)
	}
	if text := string(keyring.JWKS(nil)); text != `{"keys":[]}`+"\n" {
		t.Errorf("no keys give %s", text)
	}
}
