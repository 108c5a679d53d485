package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/password"
)

// The store counts what it costs to check its customers' passwords, so that a stranger's first try tells nothing: an
// unknown customer costs what one of those costs who are here. The key of each count is a decoy, a hash with those
// costs that no password has.

// maxCosts bounds how many different costs are counted. Customers whose hash has others are not drawn.
const maxCosts = 256

// countHash counts a hash in place of another one. "" is none.
func (w *writer) countHash(old, hash string) {
	if old == hash {
		return
	}
	from, had := password.Decoy(old)
	to, has := password.Decoy(hash)
	if from == to && had == has {
		return
	}
	bucket := w.tx.Bucket(hashesBucket)
	if had {
		switch n := costCount(bucket.Get([]byte(from))); {
		case n > 1:
			w.put(hashesBucket, []byte(from), encodeCount(n-1))
		case n == 1:
			w.remove(hashesBucket, []byte(from))
		}
	}
	if !has {
		return
	}
	n := costCount(bucket.Get([]byte(to)))
	if n > 0 || w.count(hashesBucket, maxCosts) < maxCosts {
		w.put(hashesBucket, []byte(to), encodeCount(n+1))
	}
}

// encodeCount: version 1 | u64.
func encodeCount(n uint64) []byte { return codec.U64([]byte{recordVersion}, n) }

// costCount is a count, 0 where there is none or it cannot be read.
func costCount(value []byte) uint64 {
	if len(value) != 9 || value[0] != recordVersion {
		return 0
	}
	return binary.LittleEndian.Uint64(value[1:])
}

// upgradeHash counts the hash of a customer in an upgrade.
func upgradeHash(tx *bbolt.Tx, _, value []byte) error {
	if p, err := decodePerson(value); err == nil { // a damaged record is the business of Check
		w := writer{tables: tables{tx: tx}}
		w.countHash("", p.password.value.hash)
	}
	return nil
}

// Decoy draws from the hashes of all customers, and returns one with the same costs that no password has; "" if no
// customer has a hash that can be checked. One draw gives one answer until the mix of hashes changes, and one
// customer's change moves the answer of few draws.
func (db *DB) Decoy(ctx context.Context, draw uint64) (encoded string, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		var total uint64
		cursor := tx.Bucket(hashesBucket).Cursor()
		for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
			total += costCount(v)
		}
		place, _ := bits.Mul64(draw, total)
		for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
			n := costCount(v)
			if place < n {
				encoded = string(k)
				return nil
			}
			place -= n
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("draw a hash: %w", err)
	}
	return encoded, nil
}
