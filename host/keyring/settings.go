package keyring

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// ErrKeyPair says that a public key is not that of the private key.
var ErrKeyPair = errors.New("is not the public key of SIGNING_KEY")

// FromSettings makes a ring of SIMPLE_JWT's SIGNING_KEY and VERIFYING_KEY, by configured: its tokens have no kid, and
// it checks tokens with any kid. With VERIFYING_KEY alone it signs nothing.
func FromSettings(algorithm string, signing, verifying []byte, allowWeak bool) (*Ring, error) {
	k, err := configured(algorithm, signing, verifying, allowWeak)
	if err != nil {
		return nil, err
	}
	return alone(k, core.KeyInfo{Algorithm: algorithm, Default: true, AnyID: true})
}

// configured reads SIMPLE_JWT's SIGNING_KEY and VERIFYING_KEY. Errors name the setting and the reason, and never quote
// the key.
//
// Where ALGORITHM is HMAC, signing is the secret, and verifying means nothing. Unless allowWeak, a secret shorter than
// the hash is a *jws.WeakKeyError (RFC 7518 §3.2); an empty one always is.
//
// Else signing is a private key in PEM, in the form of PKCS #8, PKCS #1 or SEC 1. As PyJWT does, it takes the first
// private key of the text, which may also hold a certificate or the parameters of the curve, and ignores white space: a
// key may stand on one line or be indented. verifying is the public key or a certificate, in PEM. It may be empty; if
// not, it must be that of SIGNING_KEY. It may also stand alone: then the key can check and not sign.
func configured(algorithm string, signing, verifying []byte, allowWeak bool) (Key, error) {
	if strings.HasPrefix(algorithm, "HS") {
		if allowWeak {
			return weakSecret(algorithm, signing)
		}
		return NewKeyOf(algorithm, signing)
	}
	if len(bytes.TrimSpace(signing)) == 0 && len(bytes.TrimSpace(verifying)) > 0 {
		public, err := verifyingKey(verifying)
		if err != nil {
			return Key{}, err
		}
		return bind("VERIFYING_KEY", algorithm, public)
	}
	key, err := readPEM(signing, privateLabels, publicLabels)
	if err != nil {
		return Key{}, fmt.Errorf("SIGNING_KEY %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return Key{}, errors.New("SIGNING_KEY is a public key, with which nothing can be signed: give the private key")
	}
	if len(bytes.TrimSpace(verifying)) > 0 {
		public, err := verifyingKey(verifying)
		if err != nil {
			return Key{}, err
		}
		if p, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !p.Equal(public) {
			return Key{}, fmt.Errorf("VERIFYING_KEY %w: leave it out, or give the one that belongs to it", ErrKeyPair)
		}
	}
	return bind("SIGNING_KEY", algorithm, signer)
}

// verifyingKey reads the public key of VERIFYING_KEY, which may also be the private key.
func verifyingKey(text []byte) (crypto.PublicKey, error) {
	key, err := readPEM(text, publicLabels, certificateLabels, privateLabels)
	if err != nil {
		return nil, fmt.Errorf("VERIFYING_KEY %w", err)
	}
	if s, ok := key.(crypto.Signer); ok {
		return s.Public(), nil
	}
	return key, nil
}

// bind makes a key of what a setting holds.
func bind(setting, algorithm string, raw any) (Key, error) {
	k, err := NewKeyOf(algorithm, raw)
	switch {
	case errors.Is(err, jws.ErrOtherKey):
		return Key{}, fmt.Errorf("%s: %w: it is %s", setting, err, describe(raw))
	case err != nil:
		return Key{}, fmt.Errorf("%s: %w", setting, err)
	}
	return k, nil
}

// describe says what kind of key a key is.
func describe(raw any) string {
	if s, ok := raw.(crypto.Signer); ok {
		raw = s.Public()
	}
	switch k := raw.(type) {
	case *ecdsa.PublicKey:
		return "an EC key on the curve " + k.Params().Name
	case ed25519.PublicKey:
		return "an Ed25519 key"
	case *rsa.PublicKey:
		return "an RSA key"
	}
	return "another one"
}

// sshKeys begin the public keys of OpenSSH that PyJWT refuses as a secret (jwt/utils.py is_ssh_key).
var sshKeys = []string{"ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp"}

// IsKeyPair reports whether a text is a key in PEM or of OpenSSH, public or private, and so no secret.
func IsKeyPair(text []byte) bool {
	return bytes.Contains(text, []byte("-----BEGIN ")) ||
		slices.ContainsFunc(sshKeys, func(k string) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte(k)) })
}
