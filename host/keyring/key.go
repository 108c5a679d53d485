package keyring

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/edgetoken/edgetoken/core/jws"
)

// Key is a key bound to an algorithm. It never changes, is safe for concurrent use, and prints as its algorithm and id
// alone.
type Key struct {
	id     string
	jws    *jws.Key
	public []byte // SubjectPublicKeyInfo; nil: symmetric
	// raw is the []byte, public key or crypto.Signer that the key was made of. It is a function since fmt ignores the
	// Format of unexported fields, and prints the address of a function.
	raw func() any

	outside *outside    // what signs elsewhere; nil: the key itself does
	signed  *signatures // what it signed last; nil where the same is always signed the same
}

// NewKeyOf makes a key of a secret ([]byte), of a public key of the standard library, or of a crypto.Signer: a private
// key, or one that is held elsewhere. Its id is its thumbprint, and a random one for a secret. Errors are those of
// jws.NewKey.
func NewKeyOf(algorithm string, raw any) (Key, error) {
	k, err := jws.NewKey(algorithm, raw)
	if err != nil {
		return Key{}, err
	}
	return newKey(k, raw, rand.Reader)
}

// maxSecret is the length of the longest secret, in bytes: Material has 16 bits for it.
const maxSecret = 1<<16 - 1

// newKey is a key with the id that it has where none is given; random is for the id of a secret.
func newKey(k *jws.Key, raw any, random io.Reader) (Key, error) {
	if secret, ok := raw.([]byte); ok {
		if len(secret) > maxSecret {
			return Key{}, fmt.Errorf("the secret has %d bytes and may have %d", len(secret), maxSecret)
		}
		secret = bytes.Clone(secret)
		id := make([]byte, 16)
		if _, err := io.ReadFull(random, id); err != nil {
			return Key{}, fmt.Errorf("read entropy: %w", err)
		}
		return Key{id: hex.EncodeToString(id), jws: k, raw: func() any { return secret }}, nil
	}
	key := Key{jws: k, raw: func() any { return raw }}
	var err error
	if key.public, err = x509.MarshalPKIXPublicKey(key.publicKey()); err != nil {
		return Key{}, jws.ErrOtherKey
	}
	if strings.HasPrefix(k.Algorithm(), "PS") {
		key.signed = newSignatures() // the salt differs each time
	}
	key.id, err = key.Thumbprint()
	return key, err
}

// ID is the kid; "" where tokens name none.
func (k Key) ID() string { return k.id }

// WithID is the same key with another id.
func (k Key) WithID(id string) Key {
	k.id = id
	return k
}

// Algorithm is the registered name, such as ES256.
func (k Key) Algorithm() string { return k.jws.Algorithm() }

// Symmetric reports whether the key is a secret, with which whoever can check can sign.
func (k Key) Symmetric() bool { return k.public == nil }

// CanSign reports whether the key is a secret, a private key, or one that signs elsewhere.
func (k Key) CanSign() bool {
	_, signer := k.raw().(crypto.Signer)
	return k.Symmetric() || signer || k.outside != nil
}

// sign makes a signature. The error is core.ErrSigner where that is made elsewhere and cannot be had.
func (k Key) sign(ctx context.Context, input, entropy []byte) ([]byte, error) {
	if k.signed == nil && k.outside == nil {
		return k.jws.Sign(input, entropy)
	}
	var of [sha256.Size]byte
	if k.signed != nil {
		of = sha256.Sum256(input)
		if signature := k.signed.find(of); signature != nil {
			return signature, nil
		}
	}
	var signature []byte
	var err error
	if k.outside != nil {
		signature, err = k.outside.signature(ctx, k, input)
	} else {
		signature, err = k.jws.Sign(input, entropy)
	}
	if err != nil || k.signed == nil {
		return signature, err
	}
	return k.signed.keep(of, signature), nil
}

// SignInput signs the input of a JWS that is no token, with a key whose algorithm needs no entropy.
func (k Key) SignInput(input []byte) ([]byte, error) { return k.sign(context.Background(), input, nil) }

// PublicMaterial is the jws.Key.Material of the public part, which a secret has not.
func (k Key) PublicMaterial() ([]byte, error) {
	public, err := jws.NewKey(k.Algorithm(), k.publicKey())
	if err != nil {
		return nil, err
	}
	return public.Material()
}

// Thumbprint is the JWK thumbprint (RFC 7638): SHA-256 in base64url. A secret has none, since a weak one could be
// guessed from it.
func (k Key) Thumbprint() (string, error) {
	if k.Symmetric() {
		return "", errors.New("a secret has no thumbprint")
	}
	j, err := jwk.FromRaw(k.publicKey())
	if err != nil {
		return "", err
	}
	sum, err := j.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// publicKey is the public key of the standard library; nil for a secret.
func (k Key) publicKey() crypto.PublicKey {
	switch raw := k.raw().(type) {
	case []byte:
		return nil
	case crypto.Signer:
		return raw.Public()
	default:
		return raw
	}
}

// Public is the public key as a SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7); nil for a secret.
func (k Key) Public() []byte { return bytes.Clone(k.public) }

// ParsePublic reads what Public returned.
func ParsePublic(algorithm, id string, spki []byte) (Key, error) {
	raw, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return Key{}, fmt.Errorf("public key: %w", err)
	}
	k, err := NewKeyOf(algorithm, raw)
	return k.WithID(id), err
}

// errNoPrivate says that a key has no private part, or that it is held elsewhere.
var errNoPrivate = errors.New("the private part of the key is not here")

// MarshalPrivate is the private part: a secret as it is, a private key as PKCS #8 in DER (RFC 5958).
func (k Key) MarshalPrivate() ([]byte, error) {
	switch raw := k.raw().(type) {
	case []byte:
		return bytes.Clone(raw), nil
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		return x509.MarshalPKCS8PrivateKey(raw)
	}
	return nil, errNoPrivate
}

// ParsePrivate reads what MarshalPrivate returned. It takes weak secrets: whether they are allowed is decided where
// they come in.
func ParsePrivate(algorithm, id string, private []byte) (Key, error) {
	if strings.HasPrefix(algorithm, "HS") {
		k, err := weakSecret(algorithm, private)
		return k.WithID(id), err
	}
	raw, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return Key{}, errors.New("the private key cannot be read") // the error could quote it
	}
	k, err := NewKeyOf(algorithm, raw)
	return k.WithID(id), err
}

// weakSecret is the key of an HMAC secret that may be shorter than the hash.
func weakSecret(algorithm string, secret []byte) (Key, error) {
	k, err := jws.NewWeakKey(algorithm, secret)
	if err != nil {
		return Key{}, err
	}
	return newKey(k, secret, rand.Reader)
}

// Equal reports whether two keys are one: with the same algorithm, id and secret or public part, and both or neither of
// them able to sign, here or elsewhere.
func (k Key) Equal(other Key) bool {
	return k.id == other.id && k.Algorithm() == other.Algorithm() && k.CanSign() == other.CanSign() &&
		(k.outside == nil) == (other.outside == nil) && k.ChecksAlike(other)
}

// ChecksAlike reports whether two keys have the same secret or public part, whatever their ids.
func (k Key) ChecksAlike(other Key) bool {
	secret, _ := k.raw().([]byte)
	otherSecret, _ := other.raw().([]byte)
	return bytes.Equal(k.public, other.public) && bytes.Equal(secret, otherSecret)
}

// String is the algorithm and the id: "ES256 NzbLsXh8…".
func (k Key) String() string {
	if k.jws == nil {
		return "no key"
	}
	return strings.TrimSpace(k.Algorithm() + " " + k.id)
}

func (k Key) GoString() string             { return k.String() }
func (k Key) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, k.String()) }
func (k Key) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
