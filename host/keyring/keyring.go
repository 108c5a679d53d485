// Package keyring holds the keys of a node: it reads and writes them as JWK (RFC 7517) and signs and checks with them.
//
// There is one type, Ring, an immutable set of keys that is a core.Keys and a core.KeyMaterial. A node's first key comes from
// Generate and lives in a file of its own, which Save writes and Load reads:
//
//	{"alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg","kid":"0d5f…","kty":"oct"}
//
// A member "exp":1790000000 beside these, wherever a JWK is read, ends the key at that Unix second: core refuses what it signed from then on.
//
// FromSecret and FromPEM make a ring of a configured SIGNING_KEY, as Django's shops have it; FromJWK makes one of a JWK or a JWK Set. The one rule:
// a key is never shown. Rings print as the algorithms and ids of their keys, and no error quotes what a key file holds.
//
// This is the one package that knows jwx; what it reads there it hands to core/jws, which computes.
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

// key is one key: what signs and checks, and the key of the standard library that it was made of.
type key struct {
	*jws.Key
	// raw is a function since fmt asks unexported fields for no Format: of a function it prints the address.
	raw func() any
}

var (
	_ core.Keys        = (*Ring)(nil)
	_ core.KeyMaterial = (*Ring)(nil)
)

// errNoKey says that an index is none of the set's: a mistake of the engine that asked.
var errNoKey = errors.New("keyring: no key with this index")

// Generate makes a ring of one new key with a random kid of 32 hex digits. The kid is no thumbprint, since that of
// a weak secret could be guessed at leisure. random nil: crypto/rand; keys other than secrets are always made with that.
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

// newKey makes a key for an algorithm: a secret as long as the hash (RFC 7518 §3.2), RSA of 2048 bits (§3.3), a key on the curve (§3.4), or Ed25519.
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
	case "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("%w %q; use one of %s", jws.ErrUnknownAlgorithm, algorithm, strings.Join(jws.Algorithms(), ", "))
}

// configured describes a key of SIGNING_KEY: its tokens name no kid, and it checks tokens with any kid.
func configured(algorithm string) core.KeyInfo {
	return core.KeyInfo{Algorithm: algorithm, Default: true, AnyID: true}
}

// FromSettings makes a ring of SIGNING_KEY and VERIFYING_KEY as SIMPLE_JWT has them for ALGORITHM: FromSecret for HMAC, where
// VERIFYING_KEY has no meaning, else FromPEM.
func FromSettings(algorithm string, signing, verifying []byte, allowWeak bool) (*Ring, error) {
	if strings.HasPrefix(algorithm, "HS") {
		return FromSecret(algorithm, signing, allowWeak)
	}
	return FromPEM(algorithm, signing, verifying)
}

// FromSecret makes a ring of a configured HMAC secret. A secret shorter than the hash is a *jws.WeakKeyError unless allowWeak (RFC 7518 §3.2); an
// empty one is always an error.
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

// newRing is the ring of one key that is strong enough.
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

// add adds a key to a ring that nobody else has yet.
func (r *Ring) add(info core.KeyInfo, k *jws.Key, raw any) {
	r.set.Keys = append(r.set.Keys, info)
	r.keys = append(r.keys, key{Key: k, raw: func() any { return raw }})
}

// newEpoch names a set of keys. A ring never changes, and its epoch is drawn, so that no other ring has it.
func newEpoch() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// Set describes the keys.
func (r *Ring) Set() core.KeySet { return r.set }

// Check reports whether signature is that of a key over input.
func (r *Ring) Check(_ context.Context, index int, input, signature []byte) (bool, error) {
	if index < 0 || index >= len(r.keys) {
		return false, errNoKey
	}
	return r.keys[index].Check(input, signature), nil
}

// Sign signs input with a key; entropy makes the salt of RSASSA-PSS.
func (r *Ring) Sign(_ context.Context, index int, input, entropy []byte) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return r.keys[index].Sign(input, entropy)
}

// Material gives a key as it enters a guest that signs by itself.
func (r *Ring) Material(index int) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return r.keys[index].Material()
}

// String names algorithms, ids and ends: "keyring(HS256 0d5f…)", "keyring(ES256 2026-11 until 2027-01-01T00:00:00Z)".
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
