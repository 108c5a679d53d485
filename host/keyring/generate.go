package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"strings"

	"github.com/edgetoken/edgetoken/core/jws"
)

// GenerateKey makes a new key. random is the source of secrets and of their ids, nil for crypto/rand; private keys
// always come from crypto/rand.
func GenerateKey(algorithm string, random io.Reader) (Key, error) {
	if random == nil {
		random = rand.Reader
	}
	raw, err := generate(algorithm, random)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	k, err := jws.NewKey(algorithm, raw)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	key, err := newKey(k, raw, random)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return key, nil
}

// generate makes a secret as long as the hash (RFC 7518 §3.2), an RSA key of 2048 bits (§3.3), a key on the algorithm's
// curve (§3.4), or an Ed25519 key.
func generate(algorithm string, random io.Reader) (any, error) {
	switch algorithm {
	case "HS256", "HS384", "HS512":
		secret := make([]byte, map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}[algorithm])
		if _, err := io.ReadFull(random, secret); err != nil {
			return nil, fmt.Errorf("read entropy: %w", err)
		}
		return secret, nil
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA", "Ed25519":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	known := strings.Join(jws.Algorithms(), ", ")
	return nil, fmt.Errorf("%w %q; use one of %s", jws.ErrUnknownAlgorithm, algorithm, known)
}
