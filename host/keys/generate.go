package keys

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// Bounds of the keys of a store that are not gone. Instances of the sandbox hold all of them, which have 256 KiB for
// them and the settings. With more keys a node would not start.
const (
	maxKeys   = 1000
	maxRoom   = 224 << 10 // bytes, as size counts them
	maxSecret = 4 << 10   // of a secret that is imported
)

// Generate is what is asked of a new key.
type Generate struct {
	Algorithm string    // "": ALGORITHM, or else that of the key that signs if it has a public part, or else ES256
	ID        string    // kid; "": the thumbprint (RFC 7638), of a secret 32 random hex digits
	Activate  bool      // it signs at once
	SignsFrom time.Time // it signs from then on; zero: not by itself
}

// Changed is what a change did to a key.
type Changed struct {
	Key      Key
	Warnings []string
}

// Generate makes a key.
func (m *Manager) Generate(ctx context.Context, g Generate) (Changed, error) {
	if g.Activate || !g.SignsFrom.IsZero() {
		if err := m.managed(); err != nil {
			return Changed{}, err
		}
	}
	algorithm := g.Algorithm
	if algorithm == "" {
		var err error
		if algorithm, err = m.usual(ctx); err != nil {
			return Changed{}, err
		}
	}
	key, err := newKey(algorithm)
	if err != nil {
		return Changed{}, err
	}
	if g.ID != "" {
		key = key.WithID(g.ID)
	}
	return m.add(ctx, key, store.Key{Origin: store.KeyGenerated}, schedule{now: g.Activate, at: g.SignsFrom})
}

// usual is the algorithm of new keys where none is asked for.
func (m *Manager) usual(ctx context.Context) (string, error) {
	if m.cfg.Algorithm != "" {
		return m.cfg.Algorithm, nil
	}
	have, err := m.stored(ctx)
	if err != nil {
		return "", err
	}
	if i := have.life().SigningAt(m.cfg.Now()); i >= 0 && have.list[i].Public != nil {
		return have.list[i].Algorithm, nil
	}
	return "ES256", nil
}

// newKey makes a key whose kid can be given to a command: a thumbprint that begins with "-" would be read as a flag.
func newKey(algorithm string) (keyring.Key, error) {
	for {
		key, err := keyring.GenerateKey(algorithm, nil)
		if err != nil || !strings.HasPrefix(key.ID(), "-") {
			return key, err
		}
	}
}

// add stores a key with its private part, if it has one, and puts it in force. k has what is not known from the key.
func (m *Manager) add(ctx context.Context, key keyring.Key, k store.Key, when schedule) (Changed, error) {
	k, sealed, err := m.record(ctx, key, k)
	if err != nil {
		return Changed{}, err
	}
	var c Changed
	err = m.update(ctx, func(have *records) (store.KeyUpdate, error) {
		k.Node = have.number
		if have.number != 0 && k.Public == nil {
			return store.KeyUpdate{}, fmt.Errorf("%w: a key for %s is a secret, and in a fleet only key pairs sign",
				ErrRefused, k.Algorithm)
		}
		if err := have.room(m.cfg.Now(), k); err != nil {
			return store.KeyUpdate{}, err
		}
		if have.index(k.ID) >= 0 {
			return store.KeyUpdate{}, fmt.Errorf("%w: there is a key with the kid %s already", ErrRefused, k.ID)
		}
		u := store.KeyUpdate{Put: []store.Key{k}}
		if sealed != nil {
			u.Seal = map[string][]byte{k.ID: sealed}
		}
		have.list = append(have.list, k)
		if when.now || !when.at.IsZero() {
			put, warnings, err := m.schedule(have, len(have.list)-1, when)
			if err != nil {
				return store.KeyUpdate{}, err
			}
			u.Put, c.Warnings = put, warnings
		}
		return u, nil
	})
	if err != nil {
		return Changed{}, err
	}
	c.Key, err = m.show(ctx, k.ID)
	return c, err
}

// described adds to a record what its key says.
func (m *Manager) described(key keyring.Key, k store.Key) store.Key {
	k.ID, k.Algorithm, k.Public, k.Added = key.ID(), key.Algorithm(), key.Public(), m.now()
	return k
}

// record is a key as the store keeps it, and its sealed private part; nil where it has none.
func (m *Manager) record(ctx context.Context, key keyring.Key, k store.Key) (store.Key, []byte, error) {
	k = m.described(key, k)
	if !key.CanSign() {
		return k, nil, nil
	}
	k.Longest, k.Sealed = max(k.Longest, m.longest()), true
	sealed, err := m.seal(ctx, key)
	if k.Public == nil && len(sealed) > maxSecret {
		return k, nil, fmt.Errorf("%w: the secret has more than %d bytes", ErrRefused, maxSecret)
	}
	return k, sealed, err
}

// room refuses more keys than there may be.
func (r *records) room(now time.Time, more ...store.Key) error {
	n, bytes, life := len(more), 0, r.life()
	for i := range more {
		bytes += size(&more[i])
	}
	for i := range r.list {
		if life.State(i, now) != core.KeyGone {
			n++
			bytes += size(&r.list[i])
		}
	}
	switch {
	case n > maxKeys:
		return fmt.Errorf("%w: there would be more than %d keys: retire some first", ErrRefused, maxKeys)
	case bytes > maxRoom:
		return fmt.Errorf("%w: the keys would take more than %d KiB: retire some first", ErrRefused, maxRoom>>10)
	}
	return nil
}

// size is about how many bytes an instance of the sandbox needs for a key at most.
func size(k *store.Key) int {
	n := 64 + len(k.ID) + len(k.Public)
	switch {
	case k.Public == nil && k.Origin == store.KeyGenerated:
		n += 64
	case k.Public == nil:
		n += maxSecret
	case k.Sealed:
		n += 2 * len(k.Public) // RSA needs the most
	}
	return n
}

// show describes the key with a kid.
func (m *Manager) show(ctx context.Context, id string) (Key, error) {
	have, err := m.stored(ctx)
	if err != nil {
		return Key{}, err
	}
	if i := have.index(id); i >= 0 {
		return m.describe(have, have.life(), i, m.cfg.Now()), nil
	}
	return Key{}, fmt.Errorf("%w: %s", ErrNoKey, id)
}
