package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

const secondsOfDay = 24 * 60 * 60

// removal says that all customers of an id, or all groups of a name, that were made before a stamp were removed.
type removal struct {
	at    fact.Stamp
	until int64 // Unix seconds; purged after it
}

// removalVersion is the first byte of the record of a removal. The tombstones of schemas 1 to 3 had version 1.
const removalVersion = 2

// encode: version 2 | stamp | i64 until.
func (r removal) encode() []byte { return codec.I64(r.at.Append([]byte{removalVersion}), r.until) }

func decodeRemoval(value []byte) (removal, error) {
	r := beginVersion(value, removalVersion)
	gone := removal{at: fact.ReadStamp(&r.Reader), until: r.I64()}
	if !r.Done() || gone.at.IsZero() {
		return removal{}, corrupt("tombstone")
	}
	return gone, nil
}

// groupTag begins the key of the removal of a group; see addressTag.
const groupTag = "\x00g"

// removedGroupKey is the key of the removal of a group: the tag and the SHA-256 of its name.
func removedGroupKey(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return append([]byte(groupTag), sum[:]...)
}

// ofGroup reports whether a key is that of the removal of a group.
func ofGroup(key []byte) bool {
	return len(key) == len(groupTag)+sha256.Size && string(key[:len(groupTag)]) == groupTag
}

// removal reads the removal of a customer or a group; the zero value if there is none.
func (t tables) removal(key []byte) (removal, error) {
	value := t.get(tombstonesBucket, key)
	if value == nil {
		return removal{}, nil
	}
	return decodeRemoval(value)
}

// joinRemoval keeps the later stamp and the later end.
func (w *writer) joinRemoval(key []byte, at fact.Stamp, until int64) error {
	old, err := w.removal(key)
	if err != nil {
		return err
	}
	after := removal{at: old.at, until: max(old.until, until)}
	if at.After(old.at) {
		after.at = at
	}
	if after == old {
		return nil
	}
	if old.at.IsZero() && !ofGroup(key) {
		w.tally.tombstones++
	}
	w.put(tombstonesBucket, key, after.encode())
	w.expire(fact.RemovalRecord, key, old.until, after.until)
	return nil
}

// rememberedUntil is how long a removal is kept for facts of other nodes that come late, in Unix seconds.
func (w *writer) rememberedUntil() int64 {
	return min((w.at.reckoned()+remembered)/1e6, core.LastUntil)
}

// Remove removes a customer with its sessions, permissions and memberships. Its id and its e-mail address each get a
// cut-off, since tokens may name either. The cut-offs are kept as long as its tokens could live: for keep, or a day
// longer than the longest lifetime that RaiseLifetimes knows, whichever is longer. Purge looks again, in case a longer
// lifetime was raised since. The store does not give out the id again by itself.
func (db *DB) Remove(ctx context.Context, id core.CustomerID, keep time.Duration) error {
	if keep < 0 {
		return fmt.Errorf("tombstone %w: it would be kept for less than no time", ErrInvalid)
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		p, existing, err := w.existing(id)
		if err != nil {
			return nil, err
		}
		last, err := w.lastCutOff(existing, keep)
		if err != nil {
			return nil, err
		}
		until := last.until
		if w.outbox {
			until = max(until, w.rememberedUntil())
		}
		facts := resolved{fact.RemoveCustomer{ID: id, Stamp: w.stamp(), Until: until}}
		return append(facts, cutOffs(change.Remove.Ends(id, p.email.value), last)...), nil
	})
}
