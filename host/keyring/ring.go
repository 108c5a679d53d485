// Package keyring holds the keys of a node: it reads and writes them, and signs and checks with them.
//
// There are two types. A Ring is an immutable set of keys; it implements core.Keys and core.KeyMaterial. A Source gives
// a running node its Ring, which is exchanged for another one while requests are answered.
//
// Generate makes a node's first key. It has a file of its own, a JWK (RFC 7517), which Save writes and Load reads:
//
//	{"alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg","kid":"0d5f…","kty":"oct"}
//
// The member "exp":1790000000, in any JWK, ends the key at that Unix second: from then on core refuses what it signed.
//
// FromSecret and FromPEM make a ring from a configured SIGNING_KEY, FromJWK from a JWK or a JWK Set.
//
// The one rule: a key is never shown. A Ring prints as the algorithms and ids of its keys, and no error quotes a key.
// No other package knows jwx, which reads the formats; core/jws computes the signatures.
package keyring

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// Ring is a set of keys. It is safe for concurrent use.
type Ring struct {
	set  core.KeySet
	keys []key // in the order of set.Keys
}

// key is one key: what signs and checks, and the key of the standard library that it was made from.
type key struct {
	*jws.Key
	// raw is a function since fmt ignores the Format of unexported fields. Of a function it prints the address.
	raw func() any
}

var (
	_ core.Keys        = (*Ring)(nil)
	_ core.KeyMaterial = (*Ring)(nil)
)

// errNoKey says that the set has no such index: a mistake of the engine that asked.
var errNoKey = errors.New("keyring: no key with this index")

// Generate makes a ring of one new key with a random kid of 32 hex digits. The kid is no thumbprint, from which a weak
// secret could be guessed. random is the source of the kid and of secrets, nil for crypto/rand; other keys always come
// from crypto/rand.
func Generate(algorithm string, random io.Reader) (*Ring, error) {
	if random == nil {
		random = rand.Reader
	}
	raw, err := newKey(algorithm, random)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	id := make([]byte, 16)
	if _, err := io.ReadFull(random, id); err != nil {
		return nil, fmt.Errorf("make a key: read entropy: %w", err)
	}
	return newRing(core.KeyInfo{ID: hex.EncodeToString(id), Algorithm: algorithm, Default: true}, raw)
}

// newKey makes a key for an algorithm: a secret as long as the hash (RFC 7518 §3.2), an RSA key of 2048 bits (§3.3), a
// key on the algorithm's curve (§3.4), or an Ed25519 key.
func newKey(algorithm string, random io.Reader) (any, error) {
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

// configured describes SIGNING_KEY: its tokens have no kid, and it checks tokens with any kid.
func configured(algorithm string) core.KeyInfo {
	return core.KeyInfo{Algorithm: algorithm, Default: true, AnyID: true}
}

// FromSettings makes a ring from SIMPLE_JWT's SIGNING_KEY and VERIFYING_KEY: by FromSecret where ALGORITHM is HMAC,
// which ignores VERIFYING_KEY, else by FromPEM.
func FromSettings(algorithm string, signing, verifying []byte, allowWeak bool) (*Ring, error) {
	if strings.HasPrefix(algorithm, "HS") {
		return FromSecret(algorithm, signing, allowWeak)
	}
	return FromPEM(algorithm, signing, verifying)
}

// FromSecret makes a ring from a configured HMAC secret. Unless allowWeak, a secret shorter than the hash is a
// *jws.WeakKeyError (RFC 7518 §3.2). An empty one always is.
func FromSecret(algorithm string, secret []byte, allowWeak bool) (*Ring, error) {
	if !allowWeak {
		return newRing(configured(algorithm), slices.Clone(secret))
	}
	k, err := jws.NewWeakKey(algorithm, secret)
	if err != nil {
		return nil, err
	}
	return ringOf(configured(algorithm), k, slices.Clone(secret)), nil
}

// newRing makes a ring of one key, which must be strong enough.
func newRing(info core.KeyInfo, raw any) (*Ring, error) {
	k, err := jws.NewKey(info.Algorithm, raw)
	if err != nil {
		return nil, err
	}
	return ringOf(info, k, raw), nil
}

func ringOf(info core.KeyInfo, k *jws.Key, raw any) *Ring {
	r := &Ring{set: core.KeySet{Epoch: newEpoch(), Signing: []core.SigningKey{{}}}}
	r.add(info, k, raw)
	return r
}

// add adds a key to a ring that is still being made.
func (r *Ring) add(info core.KeyInfo, k *jws.Key, raw any) {
	r.set.Keys = append(r.set.Keys, info)
	r.keys = append(r.keys, key{Key: k, raw: func() any { return raw }})
}

// newEpoch draws the epoch of a ring, which no other ring has.
func newEpoch() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// Set implements core.Keys.
func (r *Ring) Set() core.KeySet { return r.set }

// Check implements core.Keys.
func (r *Ring) Check(_ context.Context, index int, input, signature []byte) (bool, error) {
	if index < 0 || index >= len(r.keys) {
		return false, errNoKey
	}
	return r.keys[index].Check(input, signature), nil
}

// Sign implements core.Keys.
func (r *Ring) Sign(_ context.Context, index int, input, entropy []byte) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return r.keys[index].Sign(input, entropy)
}

// Material implements core.KeyMaterial.
func (r *Ring) Material(index int) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return r.keys[index].Material()
}

// String has the algorithm, the id and the end of each key: "keyring(HS256 0d5f…)", "keyring(ES256 2026-11 until
// 2027-01-01T00:00:00Z)".
func (r Ring) String() string {
	var b strings.Builder
	b.WriteString("keyring(")
	for i, k := range r.set.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(k.Algorithm + " " + k.ID))
		if k.NotAfter != 0 {
			b.WriteString(" until " + time.Unix(k.NotAfter, 0).UTC().Format(time.RFC3339))
		}
	}
	return b.String() + ")"
}

func (r Ring) GoString() string             { return r.String() }
func (r Ring) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, r.String()) }
func (r Ring) LogValue() slog.Value         { return slog.StringValue(r.String()) }
func (r Ring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
