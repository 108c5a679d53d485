package keyring

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// ErrKeyPair says that a public key is not that of the private key.
var ErrKeyPair = errors.New("is not the public key of SIGNING_KEY")

// FromPEM makes a ring of a configured SIGNING_KEY for RSA, ECDSA or EdDSA: a private key in PEM, as PKCS #8, PKCS #1 or SEC 1 has it.
// VERIFYING_KEY, its public key in PEM, may be left out; it must belong to it. Errors name the setting and never quote the key.
func FromPEM(algorithm string, signing, verifying []byte) (*Ring, error) {
	raw, err := readPEM(signing)
	if err != nil {
		return nil, fmt.Errorf("SIGNING_KEY %w", err)
	}
	private, ok := raw.(crypto.Signer)
	if !ok {
		return nil, errors.New("SIGNING_KEY is a public key, with which nothing can be signed: give the private key")
	}
	if len(bytes.TrimSpace(verifying)) > 0 {
		public, err := readPEM(verifying)
		if err != nil {
			return nil, fmt.Errorf("VERIFYING_KEY %w", err)
		}
		if s, ok := public.(crypto.Signer); ok {
			public = s.Public()
		}
		if p, ok := private.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !p.Equal(public) {
			return nil, fmt.Errorf("VERIFYING_KEY %w: leave it out, or give the one that belongs to it", ErrKeyPair)
		}
	}
	ring, err := newRing(configured(algorithm), private)
	if err != nil {
		return nil, fmt.Errorf("SIGNING_KEY: %w", err)
	}
	return ring, nil
}

// readPEM reads the one key of a PEM text.
func readPEM(text []byte) (any, error) {
	if !bytes.Contains(text, []byte("-----BEGIN ")) {
		return nil, errors.New("is no PEM text: it begins with -----BEGIN PRIVATE KEY----- or the like, with the line breaks kept")
	}
	k, err := jwk.ParseKey(bytes.TrimSpace(text), jwk.WithPEM(true))
	var raw any
	if err == nil {
		err = k.Raw(&raw)
	}
	if err != nil {
		return nil, errors.New("is no key that can be read: it must be an unencrypted RSA, EC or Ed25519 key in PEM")
	}
	return signer(raw), nil
}

// signer makes a pointer of the key structs that jwx gives as values.
func signer(raw any) any {
	switch k := raw.(type) {
	case rsa.PrivateKey:
		return &k
	case rsa.PublicKey:
		return &k
	case ecdsa.PrivateKey:
		return &k
	case ecdsa.PublicKey:
		return &k
	case *ed25519.PrivateKey:
		return *k
	case *ed25519.PublicKey:
		return *k
	}
	return raw
}
