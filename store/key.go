package store

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Key is a key that signs or verifies tokens, without its private part.
type Key struct {
	ID string // kid, 1 to 255 bytes
	// Algorithm, Public, Origin, Added and Node never change.
	Algorithm string // alg
	Public    []byte // SubjectPublicKeyInfo, DER; nil: the key is symmetric
	Origin    KeyOrigin
	Added     int64  // Unix seconds: it is published from then on
	Node      uint16 // number in the fleet of the node that signs with it; 0: it never joined a fleet

	NoKID       bool  // it verifies tokens that name no key
	RefreshOnly bool  // it verifies nothing but refresh tokens
	SignsFrom   int64 // Unix seconds; 0: it is not scheduled
	// Ends is when it verifies nothing any more, in Unix seconds; 0: no end was set. An end that has come when it is
	// written is a retirement, which nothing takes back.
	Ends    int64
	Longest int64 // longest life of the tokens that it may have signed, seconds
	Retired bool  // it ended for good, whatever the clock says of Ends
	Sealed  bool  // its private part is here; UpdateKeys ignores it
}

// ScheduleOf is the node in whose schedule the keys of a node are: its own, in which they take over from one another.
// Those that a node had before it founded a fleet, as node 0, go on in that of the hub, node 1.
func ScheduleOf(node uint16) uint16 { return max(node, 1) }

// KeyOrigin says where a key comes from.
type KeyOrigin string

const (
	KeyGenerated   KeyOrigin = "generated"
	KeyImported    KeyOrigin = "imported"
	KeyFromFile    KeyOrigin = "signing.key" // of the data directory of an earlier version
	KeyFromSetting KeyOrigin = "SIGNING_KEY"
	KeyFromDjango  KeyOrigin = "SECRET_KEY"
	KeyFromSigner  KeyOrigin = "signer"      // it signs outside
	KeyBundleRoot  KeyOrigin = "bundle_root" // it signs trust bundles: see Roots
)

// KeyUpdate is what UpdateKeys changes.
type KeyUpdate struct {
	Put    []Key             // keys to add or to change, by ID
	Seal   map[string][]byte // private parts to keep, by ID: 1 byte to 64 KiB, encrypted by the caller
	Unseal []string          // IDs of keys whose private parts are dropped, before those in Seal are kept
}

// maxKeys bounds the keys of a store. With another key every hour, and a memory of 366 days, there are fewer.
const maxKeys = 10_000

// Keys returns all keys of tokens in the order in which they were added.
func (db *DB) Keys(ctx context.Context) (list []Key, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		list, err = tables{tx: tx}.keys()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return list, nil
}

// SealedKey returns the private part of a key as UpdateKeys took it; nil if it is not here.
func (db *DB) SealedKey(ctx context.Context, id string) (sealed []byte, err error) {
	if checkKeyID(id) != nil {
		return nil, nil
	}
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		sealed, err = tables{tx: tx}.sealedKey(id)
		return err
	})
	return sealed, err
}

// KeysVersion grows with each change of keys or private parts, be it by UpdateKeys, by a delivery or by Purge. Read it
// before Keys: as long as it is the same, those keys are the latest. It begins anew when the store is opened.
func (db *DB) KeysVersion() uint64 { return db.keysVersion.Load() }

// UpdateKeys calls change with all keys of tokens, and makes the changes that it returns in the same transaction: all
// of them or, after an error, none. They are durable when UpdateKeys returns. The goroutine that writes calls change,
// perhaps more than once, so change must be quick and must not use the store. An error of change is returned as it
// is. The error is ErrInvalid for a key that cannot be kept, a change of what never changes, an end later than a
// retirement, and a private part of no key. Longest is never lowered, and no key that is Retired comes back.
func (db *DB) UpdateKeys(ctx context.Context, change func(have []Key) (KeyUpdate, error)) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		have, err := w.keys()
		if err != nil {
			return nil, err
		}
		update, err := change(have)
		if err != nil {
			return nil, err
		}
		return w.updateKeys(update)
	})
}

// updateKeys resolves an update.
func (w *writer) updateKeys(u KeyUpdate) (facts resolved, err error) {
	put, count := map[string]bool{}, w.count(keysBucket, maxKeys)
	for _, k := range u.Put {
		if err := k.check(); err != nil {
			return nil, err
		}
		if put[k.ID] {
			return nil, fmt.Errorf("key %q %w: it is there twice", k.ID, ErrInvalid)
		}
		put[k.ID] = true
		old, found, err := w.key(k.ID)
		if err != nil {
			return nil, err
		}
		if !found {
			if count++; count > maxKeys {
				return nil, fmt.Errorf("key %q %w: there are %d keys, which is the most", k.ID, ErrInvalid, maxKeys)
			}
			at := w.stamp()
			facts = append(facts, k.fact(at, at))
			continue
		}
		f, err := old.changed(k, w)
		if err != nil {
			return nil, err
		}
		facts = append(facts, f...)
	}
	for _, id := range u.Unseal {
		if checkKeyID(id) == nil && w.get(sealedBucket, []byte(id)) != nil {
			facts = append(facts, fact.UnsealKey{ID: id})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(u.Seal)) {
		if err := checkSealed(id, u.Seal[id]); err != nil {
			return nil, err
		}
		if !put[id] && (checkKeyID(id) != nil || w.get(keysBucket, []byte(id)) == nil) {
			return nil, fmt.Errorf("private part of key %q %w: there is no such key", id, ErrInvalid)
		}
		facts = append(facts, fact.SealKey{ID: id, Sealed: bytes.Clone(u.Seal[id])})
	}
	return facts, nil
}

// changed resolves a change of a key that is there; no facts if nothing changes.
func (k keyRecord) changed(to Key, w *writer) (resolved, error) {
	is := k.key(false)
	longest := max(is.Longest, to.Longest)
	to.Retired = to.Retired || is.Retired
	if to.Algorithm != is.Algorithm || !bytes.Equal(to.Public, is.Public) || to.Origin != is.Origin ||
		to.Added != is.Added || to.Node != is.Node {
		return nil, fmt.Errorf("key %q %w: its algorithm, public key, origin, node and time of adding never change",
			to.ID, ErrInvalid)
	}
	if k.retired != 0 && (to.Ends == 0 || to.Ends > k.retired) {
		return nil, fmt.Errorf("key %q %w: it is retired for good", to.ID, ErrInvalid)
	}
	if to.NoKID != is.NoKID || to.RefreshOnly != is.RefreshOnly || to.SignsFrom != is.SignsFrom ||
		to.Ends != is.Ends || to.Retired != is.Retired {
		to.Longest = longest
		return resolved{to.fact(k.Made, w.stamp())}, nil
	}
	return k.raised(longest), nil
}

// raised resolves a longer life of the tokens of a key. What it says of the rest is not new, and has its old stamp.
func (k keyRecord) raised(longest int64) resolved {
	if longest <= k.Longest {
		return nil
	}
	f := k.Key
	f.Longest = longest
	return resolved{f}
}

// keys reads the keys of tokens: see DB.Keys.
func (t tables) keys() ([]Key, error) {
	all, err := t.allKeys()
	return slices.DeleteFunc(all, isRoot), err
}

// allKeys reads those of tokens and roots.
func (t tables) allKeys() ([]Key, error) {
	records, err := t.keyRecords()
	if err != nil {
		return nil, err
	}
	list := make([]Key, len(records))
	for i, k := range records {
		list[i] = k.key(t.get(sealedBucket, []byte(k.ID)) != nil)
	}
	return list, nil
}

// fact is what makes or changes the key.
func (k Key) fact(made, at fact.Stamp) fact.Key {
	return fact.Key{ID: k.ID, Made: made, Stamp: at, Algorithm: k.Algorithm, Public: bytes.Clone(k.Public),
		Origin: string(k.Origin), Added: k.Added, Node: k.Node, NoKID: k.NoKID, RefreshOnly: k.RefreshOnly,
		SignsFrom: k.SignsFrom, Ends: k.Ends, Longest: k.Longest, ForGood: k.Retired}
}

// check says why a key cannot be kept.
func (k Key) check() error {
	if err := checkKeyID(k.ID); err != nil {
		return err
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("key %q %w: %s", k.ID, ErrInvalid, fmt.Sprintf(format, args...))
	}
	origins := []KeyOrigin{KeyGenerated, KeyImported, KeyFromFile, KeyFromSetting, KeyFromDjango, KeyFromSigner,
		KeyBundleRoot}
	switch {
	case k.Algorithm == "" || checkText("", k.Algorithm) != nil:
		return wrong("its algorithm has no name")
	case len(k.Public) > fact.MaxPublicKey:
		return wrong("its public key has %d bytes, the most is %d", len(k.Public), fact.MaxPublicKey)
	case !slices.Contains(origins, k.Origin):
		return wrong("nobody knows its origin")
	case k.Node > fact.MaxNumber:
		return wrong("there is no node %d", k.Node)
	case k.Longest < 0 || k.Longest > maxLifetime:
		return wrong("the longest life of its tokens has %d seconds, not 0 to %d", k.Longest, maxLifetime)
	}
	for _, at := range []int64{k.Added, k.SignsFrom, k.Ends} {
		if at < 0 || at > core.LastUntil {
			return wrong("it has a time of %d, not 0 to %d", at, int64(core.LastUntil))
		}
	}
	return nil
}

// checkSealed says why the private part of a key cannot be kept.
func checkSealed(id string, sealed []byte) error {
	if len(sealed) < 1 || len(sealed) > fact.MaxSealedKey {
		return fmt.Errorf("private part of key %q %w: it has %d bytes, not 1 to %d", id, ErrInvalid, len(sealed),
			fact.MaxSealedKey)
	}
	return nil
}

// checkKeyID says why a text cannot be the ID of a key.
func checkKeyID(id string) error {
	if id == "" || len(id) > fact.MaxKeyID {
		return fmt.Errorf("id of a key %w: it has %d bytes, not 1 to %d", ErrInvalid, len(id), fact.MaxKeyID)
	}
	return checkText("id of a key", id)
}
