package store

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// A root signs the trust bundles of this node, and no token. It is kept as the other keys are, and sealed, backed up
// and restored with them. But it is none of Keys, and UpdateKeys does not see it: nobody takes it for a key of
// tokens.

// Roots are the roots of trust bundles.
type Roots struct {
	Keys  []Key    // in the order in which they were added
	Chain []string // the statements by which each root names the next one, the oldest first
}

// Roots returns the roots that the store knows.
func (db *DB) Roots(ctx context.Context) (r Roots, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		r, err = tables{tx: tx}.roots()
		return err
	})
	if err != nil {
		return Roots{}, fmt.Errorf("list roots of trust bundles: %w", err)
	}
	return r, nil
}

// UpdateRoots is UpdateKeys for roots. It also replaces the chain.
func (db *DB) UpdateRoots(ctx context.Context, change func(have Roots) (u KeyUpdate, chain []string, err error)) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		have, err := w.roots()
		if err != nil {
			return nil, err
		}
		u, chain, err := change(have)
		if err != nil {
			return nil, err
		}
		facts, err := w.updateKeys(u)
		if err != nil || slices.Equal(chain, have.Chain) {
			return facts, err
		}
		return append(facts, fact.RootChain{Statements: slices.Clone(chain)}), nil
	})
}

// SealedKeys returns all keys whose private parts are here: those of tokens and roots.
func (db *DB) SealedKeys(ctx context.Context) (list []Key, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		all, err := tables{tx: tx}.allKeys()
		list = slices.DeleteFunc(all, func(k Key) bool { return !k.Sealed })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sealed keys: %w", err)
	}
	return list, nil
}

func isRoot(k Key) bool { return k.Origin == KeyBundleRoot }

func (t tables) roots() (r Roots, err error) {
	all, err := t.allKeys()
	if err != nil {
		return Roots{}, err
	}
	r.Keys = slices.DeleteFunc(all, func(k Key) bool { return !isRoot(k) })
	if value := t.get(metaBucket, rootChainKey); value != nil {
		r.Chain, err = decodeRootChain(value)
	}
	return r, err
}

// encodeRootChain: version 1 | u16 count | statements.
func encodeRootChain(statements []string) []byte {
	return codec.Texts([]byte{recordVersion}, statements)
}

func decodeRootChain(value []byte) (statements []string, err error) {
	r := begin(value)
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		statements = append(statements, r.text())
	}
	if !r.Done() {
		return nil, corrupt("root chain")
	}
	return statements, nil
}
