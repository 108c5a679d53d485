package keyring

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/es256"
)

// Ring is a set of keys. It never changes, and is safe for concurrent use.
type Ring struct {
	set     core.KeySet
	keys    []Key      // in the order of set.Keys
	public  []*jwk.Key // of keys for ES256, in the same order; nil: another algorithm
	checker *es256.Checker
}

var (
	_ core.Keys        = (*Ring)(nil)
	_ core.KeyMaterial = (*Ring)(nil)
)

// errNoKey says that the set has no such index: a mistake of the engine that asked.
var errNoKey = errors.New("keyring: no key with this index")

// Member is a key of a ring, and what core is to know of it.
type Member struct {
	Key  Key
	Info core.KeyInfo
}

// NewRing makes a ring of keys that sign in the order of signing, by their index in members; it may have none that
// signs.
func NewRing(members []Member, signing []core.SigningKey) (*Ring, error) {
	r := &Ring{set: core.KeySet{Epoch: newEpoch(), Signing: slices.Clone(signing)}, checker: new(es256.Checker)}
	ids, defaults := map[string]bool{}, 0
	for _, m := range members {
		switch {
		case m.Info.Algorithm != m.Key.Algorithm():
			return nil, fmt.Errorf("key %q is for %s, and its description says %s", m.Info.ID, m.Key.Algorithm(),
				m.Info.Algorithm)
		case ids[m.Info.ID]:
			return nil, fmt.Errorf("two keys have the kid %q", m.Info.ID)
		}
		ids[m.Info.ID] = true
		if m.Info.Default {
			defaults++
		}
		public, err := es256Key(m.Key)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", m.Info.ID, err)
		}
		r.set.Keys = append(r.set.Keys, m.Info)
		r.keys = append(r.keys, m.Key)
		r.public = append(r.public, public)
	}
	if defaults > 1 {
		return nil, fmt.Errorf("%d keys check tokens without kid, and one may", defaults)
	}
	if err := r.set.Validate(); err != nil {
		return nil, err
	}
	for _, s := range signing {
		if !r.keys[s.Key].CanSign() {
			return nil, fmt.Errorf("key %q is to sign, and its private part is not here", r.set.Keys[s.Key].ID)
		}
	}
	return r, nil
}

// es256Key is a key as an es256.Checker takes it; nil if it is for another algorithm.
func es256Key(k Key) (*jwk.Key, error) {
	if k.Algorithm() != "ES256" {
		return nil, nil
	}
	material, err := k.PublicMaterial()
	if err != nil {
		return nil, err
	}
	public, err := jws.ReadKey("ES256", material)
	return &jwk.Key{ID: k.id, Algorithm: "ES256", Material: material, Key: public}, err
}

// Generate makes a ring of one new key, as GenerateKey makes it.
func Generate(algorithm string, random io.Reader) (*Ring, error) {
	k, err := GenerateKey(algorithm, random)
	if err != nil {
		return nil, err
	}
	return alone(k, core.KeyInfo{ID: k.ID(), Algorithm: algorithm, Default: true})
}

// alone makes a ring of one key, which signs if it can.
func alone(k Key, info core.KeyInfo) (*Ring, error) {
	var signing []core.SigningKey
	if k.CanSign() {
		signing = []core.SigningKey{{Key: 0}}
	}
	return NewRing([]Member{{k, info}}, signing)
}

// Members are the keys of the ring.
func (r *Ring) Members() []Member {
	members := make([]Member, len(r.keys))
	for i, k := range r.keys {
		members[i] = Member{k, r.set.Keys[i]}
	}
	return members
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
	if public := r.public[index]; public != nil {
		return r.checker.Check(public, input, signature), nil
	}
	return r.keys[index].jws.Check(input, signature), nil
}

// Sign implements core.Keys.
func (r *Ring) Sign(ctx context.Context, index int, input, entropy []byte) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	return r.keys[index].sign(ctx, input, entropy)
}

// Material implements core.KeyMaterial.
func (r *Ring) Material(index int) ([]byte, error) {
	if index < 0 || index >= len(r.keys) {
		return nil, errNoKey
	}
	if k := r.keys[index]; k.outside == nil {
		return k.jws.Material()
	}
	return nil, errors.New("the key signs elsewhere, and no module can hold it: set engine to wasm or native")
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
