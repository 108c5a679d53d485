//go:build !verify

package jws

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
)

// privateRSA makes a private key from d and the primes.
func privateRSA(public rsa.PublicKey, numbers [][]byte) (any, error) {
	key := &rsa.PrivateKey{PublicKey: public, D: new(big.Int).SetBytes(numbers[0])}
	for _, prime := range numbers[1:] {
		key.Primes = append(key.Primes, new(big.Int).SetBytes(prime))
	}
	key.Precompute()
	return key, key.Validate()
}

func privateECDSA(curve elliptic.Curve, scalar []byte) (any, error) {
	return ecdsa.ParseRawPrivateKey(curve, scalar)
}

func privateEd25519(seed []byte) (any, error) { return ed25519.NewKeyFromSeed(seed), nil }
