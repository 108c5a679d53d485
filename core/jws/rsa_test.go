package jws_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
)

// A modulus with the fingerprint of the ROCA generator is refused; others are not.
func TestROCA(t *testing.T) {
	// It has 2049 bits, and is a power of 65537 modulo every prime.
	fingerprint := new(big.Int).Exp(big.NewInt(65537), big.NewInt(128), nil)
	fresh, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		modulus *big.Int
		refused bool
	}{
		{"fingerprint", fingerprint, true},
		{"beside it", new(big.Int).Add(fingerprint, big.NewInt(2)), false},
		{"a fresh key", fresh.N, false},
	} {
		_, err := jws.NewKey("RS256", &rsa.PublicKey{N: c.modulus, E: 65537})
		var weak *jws.WeakKeyError
		if refused := errors.As(err, &weak) && strings.Contains(weak.Reason, "CVE-2017-15361"); refused != c.refused {
			t.Errorf("%s: NewKey = %v, want refused %v", c.name, err, c.refused)
		}
	}
}
