package keys

import (
	"context"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// Root is the key that signs trust bundles, and no token.
type Root struct {
	Key   keyring.Key
	Chain []string // statements of succession that lead to it, the oldest first
}

// JWK is the public part, which verifiers pin.
func (r Root) JWK() (string, error) {
	material, err := r.Key.PublicMaterial()
	return jwk.Public(r.Key.ID(), r.Key.Algorithm(), material), err
}

// Sign signs the input of a JWS.
func (r Root) Sign(input []byte) ([]byte, error) { return r.Key.SignInput(input) }

// rootAlgorithm is that of roots.
const rootAlgorithm = "ES256"

// Root gives the root, and makes it if there is none that can sign: at first, and after a restore without private keys.
// Then no statement leads to it, and verifiers must pin it.
func (m *Manager) Root(ctx context.Context) (Root, error) {
	have, err := m.cfg.Store.Roots(ctx)
	if err != nil {
		return Root{}, err
	}
	if err := m.onlyHub("has the root of trust bundles"); err != nil {
		return Root{}, err
	}
	if i := signs(have); i >= 0 {
		key, err := m.key(ctx, &have.Keys[i])
		return Root{key, have.Chain}, err
	}
	key, k, sealed, err := m.newRoot(ctx)
	if err != nil {
		return Root{}, err
	}
	made := false
	err = m.cfg.Store.UpdateRoots(ctx, func(now store.Roots) (u store.KeyUpdate, chain []string, err error) {
		if made = signs(now) < 0; !made {
			return u, now.Chain, nil // another call made one
		}
		return store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{k.ID: sealed}}, nil, nil
	})
	switch {
	case err != nil:
		return Root{}, err
	case !made:
		return m.Root(ctx)
	}
	m.cfg.Log.Info("made the root key of trust bundles: edgetoken bundle root shows what verifiers pin", "kid", k.ID)
	return Root{Key: key}, nil
}

// RotateRoot makes another root, which the present one names as its successor and then ends.
func (m *Manager) RotateRoot(ctx context.Context) (Root, error) {
	old, err := m.Root(ctx)
	if err != nil {
		return Root{}, err
	}
	key, k, sealed, err := m.newRoot(ctx)
	if err != nil {
		return Root{}, err
	}
	next := Root{Key: key}
	public, err := next.JWK()
	if err != nil {
		return Root{}, err
	}
	statement, err := bundle.SignSuccessor(public, old.Key.ID(), old.Key.Algorithm(), old.Sign)
	if err != nil {
		return Root{}, err
	}
	next.Chain = append(slices.Clone(old.Chain), statement)
	// Whoever pins a root from before the longest chain must pin a new one.
	next.Chain = next.Chain[max(0, len(next.Chain)-bundle.MaxChain):]
	err = m.cfg.Store.UpdateRoots(ctx, func(now store.Roots) (u store.KeyUpdate, chain []string, err error) {
		i := signs(now)
		if i < 0 || now.Keys[i].ID != old.Key.ID() {
			return u, now.Chain, fmt.Errorf("%w: the root was rotated meanwhile", ErrRefused)
		}
		was := now.Keys[i]
		was.Ends, was.Retired = max(m.now(), 1), true
		return store.KeyUpdate{Put: []store.Key{was, k}, Unseal: []string{was.ID},
			Seal: map[string][]byte{k.ID: sealed}}, next.Chain, nil
	})
	if err != nil {
		return Root{}, err
	}
	m.forget(old.Key.ID())
	m.cfg.Log.Info("rotated the root key of trust bundles", "kid", k.ID, "before", old.Key.ID())
	return next, nil
}

// signs is the index of the root that signs; -1: none can.
func signs(have store.Roots) int {
	for i := len(have.Keys) - 1; i >= 0; i-- {
		if k := &have.Keys[i]; k.Sealed && !k.Retired {
			return i
		}
	}
	return -1
}

func (m *Manager) newRoot(ctx context.Context) (key keyring.Key, k store.Key, sealed []byte, err error) {
	if key, err = newKey(rootAlgorithm); err == nil {
		k, sealed, err = m.record(ctx, key, store.Key{Origin: store.KeyBundleRoot})
	}
	return key, k, sealed, err
}
