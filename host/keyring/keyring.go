// Package keyring holds the keys of a node: it reads and writes them as JWK (RFC 7517) and signs and checks with them.
//
// There is one type, Ring, an immutable set of keys that is a core.Keys and a core.KeyMaterial. A node's first key comes from
// Generate and lives in a file of its own, which Save writes and Load reads:
//
//	{"alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg","kid":"0d5f…","kty":"oct"}
//
// FromSecret makes a ring of a configured SIGNING_KEY, as Django's shops have it. The one rule: a key is never shown. Rings print as
// the algorithms and ids of their keys, and no error quotes what a key file holds.
//
// This is the one package that knows jwx; what it reads there it hands to core/jws, which computes.
package keyring

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// Ring is a set of keys. It is safe for concurrent use.
type Ring struct {
	set  core.KeySet
	keys []key // in the order of set.Keys
}

// key is one key: what signs and checks, and the material that it was made of.
type key struct {
	*jws.Key
	// material is a function since fmt asks unexported fields for no Format: of a function it prints the address.
	material func() []byte
}

var (
	_ core.Keys        = (*Ring)(nil)
	_ core.KeyMaterial = (*Ring)(nil)
)

// errNoKey says that an index is none of the set's: a mistake of the engine that asked.
var errNoKey = errors.New("keyring: no key with this index")

// Generate makes a ring of one new key with a random kid of 32 hex digits. The kid is no thumbprint, since that of
// a weak secret could be guessed at leisure. random nil: crypto/rand.
func Generate(algorithm string, random io.Reader) (*Ring, error) {
	size, ok := secretBytes[algorithm]
	if !ok {
		return nil, fmt.Errorf("make a key for %q: %w; use one of %s", algorithm, jws.ErrUnknownAlgorithm, strings.Join(jws.Algorithms(), ", "))
	}
	if random == nil {
		random = rand.Reader
	}
	b := make([]byte, size+16)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("make a key: read entropy: %w", err)
	}
	return newRing(core.KeyInfo{ID: hex.EncodeToString(b[size:]), Algorithm: algorithm, Default: true}, b[:size])
}

// secretBytes is the length of a new secret, that of the hash (RFC 7518 §3.2).
var secretBytes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

// FromSecret makes a ring of a configured secret. Its tokens name no kid, and it checks tokens with any kid. A secret shorter than the hash is a
// *jws.WeakKeyError unless allowWeak (RFC 7518 §3.2); an empty one is always an error.
func FromSecret(algorithm string, secret []byte, allowWeak bool) (*Ring, error) {
	info := core.KeyInfo{Algorithm: algorithm, Default: true, AnyID: true}
	if !allowWeak {
		return newRing(info, secret)
	}
	k, err := jws.NewWeakKey(algorithm, secret)
	if err != nil {
		return nil, err
	}
	return ringOf(info, k, secret), nil
}

// newRing is the ring of one key that is strong enough.
func newRing(info core.KeyInfo, secret []byte) (*Ring, error) {
	k, err := jws.NewKey(info.Algorithm, secret)
	if err != nil {
		return nil, err
	}
	return ringOf(info, k, secret), nil
}

func ringOf(info core.KeyInfo, k *jws.Key, material []byte) *Ring {
	material = slices.Clone(material)
	return &Ring{
		// A ring never changes, and a node has one in its life: one epoch is enough.
		set:  core.KeySet{Epoch: 1, Keys: []core.KeyInfo{info}, Signing: 0},
		keys: []key{{Key: k, material: func() []byte { return material }}},
	}
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

// Sign signs input with a key.
func (r *Ring) Sign(_ context.Context, index int, input []byte) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return r.keys[index].Sign(input)
}

// Material gives a copy of a key's secret, for a guest that signs by itself.
func (r *Ring) Material(index int) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return slices.Clone(r.keys[index].material()), nil
}

// Algorithm is the algorithm of the key that signs.
func (r *Ring) Algorithm() string { return r.set.Keys[r.set.Signing].Algorithm }

// String names algorithms and ids: "keyring(HS256 0d5f…)".
func (r Ring) String() string {
	var b strings.Builder
	b.WriteString("keyring(")
	for i, k := range r.set.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(k.Algorithm + " " + k.ID))
	}
	return b.String() + ")"
}

func (r Ring) GoString() string             { return r.String() }
func (r Ring) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, r.String()) }
func (r Ring) LogValue() slog.Value         { return slog.StringValue(r.String()) }
func (r Ring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
