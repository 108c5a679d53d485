package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// The bucket quarantine has the facts and frames of other nodes that cannot be applied here: a newer program wrote
// them, or they meet a damaged record. The next Open tries again.

// maxRetried bounds how many facts of the quarantine share a request.
const maxRetried = 1000

// joinQuarantine keeps a fact or frame under its digest. What the authority sent is not judged, whoever else sends it.
func (w *writer) joinQuarantine(q fact.Quarantine) {
	digest := sha256.Sum256(q.Raw)
	if value := w.get(quarantineBucket, digest[:]); value != nil && q.Judge {
		if old, err := decodeQuarantine(value); err == nil && !old.Judge {
			return
		}
	}
	value := fact.Append(nil, q)
	w.leave(digest)
	w.put(quarantineBucket, digest[:], value)
	w.fleet.quarantined.add(value)
}

// isQuarantined reports whether a fact or frame is there already.
func (t tables) isQuarantined(raw []byte) bool {
	digest := sha256.Sum256(raw)
	return t.get(quarantineBucket, digest[:]) != nil
}

// quarantinedOf is how many bytes of a node are in quarantine.
func (t tables) quarantinedOf(node uint16) (n int64) {
	cursor := t.tx.Bucket(quarantineBucket).Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		if q, err := decodeQuarantine(v); err == nil && q.Node == node {
			n += int64(len(v))
		}
	}
	return n
}

// leave takes a fact or frame out of the quarantine, if it is there.
func (w *writer) leave(digest [sha256.Size]byte) {
	if value := w.get(quarantineBucket, digest[:]); value != nil {
		w.fleet.quarantined.take(value)
		w.remove(quarantineBucket, digest[:])
	}
}

// decodeQuarantine reads a record of the quarantine: the encoding of a fact.Quarantine.
func decodeQuarantine(value []byte) (fact.Quarantine, error) {
	return decodeFact[fact.Quarantine]("quarantine", value)
}

// readable reports whether this program can read what is in quarantine.
func readable(q fact.Quarantine) bool {
	var err error
	if q.IsFrame {
		_, err = fact.ParseFrame(q.Raw)
	} else {
		_, err = fact.Decode(q.Raw)
	}
	return err == nil
}

// reread applies what is in quarantine and can be read by now, since a newer program has opened the file or a damaged
// record is gone. What still cannot be applied stays there.
func (db *DB) reread(ctx context.Context) error {
	var list []fact.Quarantine
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(quarantineBucket).ForEach(func(_, v []byte) error {
			if q, err := decodeQuarantine(v); err == nil && readable(q) {
				list = append(list, q)
			}
			return nil
		})
	})
	if errors.Is(err, ErrCorrupt) { // a damaged page, which Check names, must not keep the store from opening
		return nil
	}
	for len(list) > 0 && err == nil {
		n := 1
		for !list[0].IsFrame && n < min(len(list), maxRetried) && !list[n].IsFrame && list[n].Judge == list[0].Judge {
			n++
		}
		if err = db.retry(ctx, list[:n]); !errors.Is(err, ErrUnavailable) {
			err = nil
		}
		list = list[n:]
	}
	return err
}

// retry applies facts of the quarantine that are all judged or all not, or one frame.
func (db *DB) retry(ctx context.Context, list []fact.Quarantine) error {
	c := courier{}
	if list[0].Judge {
		c.judge = db.judge
	}
	return db.await(ctx, &request{foreign: true, unshared: c.judge == nil, done: make(chan struct{}),
		resolve: func(w *writer) (resolved, error) {
			c.begin(w)
			for _, q := range list {
				// The release comes first: a fact that still meets a damaged record is quarantined again.
				c.facts = append(c.facts, fact.Release{Digest: sha256.Sum256(q.Raw)})
				c.sender = q.Node
				if err := c.retake(q); err != nil {
					return nil, err
				}
			}
			if err := c.finish(); err != nil {
				return nil, err
			}
			if c.done.Dropped > 0 {
				return nil, fmt.Errorf("no room for a frame to wait: %w", ErrQuarantineFull)
			}
			return c.facts, nil
		}})
}

// retake takes a fact or frame that was in quarantine.
func (c *courier) retake(q fact.Quarantine) error {
	if q.IsFrame {
		return c.take(q.Raw)
	}
	x, err := fact.Decode(q.Raw)
	if err != nil {
		return err
	}
	return c.takeFact(q.Node, q.Position, x)
}
