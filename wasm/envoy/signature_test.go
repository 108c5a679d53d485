package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"
)

// TestKeysInDER compares the keys that Envoy is given with those of crypto/x509.
func TestKeysInDER(t *testing.T) {
	compare := func(algorithm string, public crypto.PublicKey, numbers ...[]byte) {
		t.Helper()
		want, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		n := natives[algorithm]
		if got := n.publicKey(numbers); !bytes.Equal(got, want) {
			t.Errorf("%s: the key in DER is %x, want %x", algorithm, got, want)
		}
	}
	for algorithm, curve := range map[string]elliptic.Curve{
		"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521(),
	} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		compare(algorithm, &key.PublicKey, point)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	compare("RS256", &key.PublicKey, key.N.Bytes(), []byte{1, 0, 1})
}

// TestSignaturesInDER has crypto/ecdsa check what a signature of a JWS becomes, with short numbers among them.
func TestSignaturesInDER(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n := natives["ES256"]
	digest := make([]byte, 32)
	for range 600 {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			t.Fatal(err)
		}
		jose := make([]byte, 64)
		r.FillBytes(jose[:32])
		s.FillBytes(jose[32:])
		if !ecdsa.VerifyASN1(&key.PublicKey, digest, n.signature(jose)) {
			t.Fatalf("the signature %x becomes %x", jose, n.signature(jose))
		}
	}
	for _, size := range []int{0, 63, 65, 128} {
		if n.signature(make([]byte, size)) != nil {
			t.Errorf("a signature of %d bytes is taken", size)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name        string
		answer      string
		good, known bool
	}{
		{"good", "\x08\x01", true, true},
		{"bad", "\x12\x26Failed to verify digest. Error code: 0", false, true},
		{"no such hash", "\x12\x17sha3-256 is not supported.", false, false},
		{"a key of another kind", "\x12\x23Failed to initialize digest verify.", false, false},
		{"empty", "", false, false},
	} {
		if good, known := readAnswer([]byte(tt.answer)); good != tt.good || known != tt.known {
			t.Errorf("%s: %t, %t, want %t, %t", tt.name, good, known, tt.good, tt.known)
		}
	}
}
