package store

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// What a copy for an edge does not have, since it is of the hub alone: buckets, and records of the bucket meta. The
// record trimmed takes the place of the log: it says where that ended.
var (
	notForEdges = [][]byte{
		sealedBucket, outboxBucket, sessionsBucket, customerSessionsBucket, sessionExpiryBucket, headsBucket,
		waitingBucket, quarantineBucket, importsBucket, originBucket, leasesBucket, invitationsBucket, loginsBucket,
		loginExpiryBucket,
	}
	metaNotForEdges = [][]byte{membershipKey, followedKey, rootChainKey, fleetKey, pendingKey}
)

// CopyForEdge makes a copy of the store of a hub for a node that joins the fleet, or was away for longer than the log
// lasts: see Adopt. It has the form of a backup, and is made as Backup makes one. It has nothing of what is the hub's
// alone, such as sessions, but what the log came to, and where that ended. The error is ErrInvalid where this node is
// no hub.
func (db *DB) CopyForEdge(ctx context.Context) (*Backup, error) {
	if db.Membership().Role != Hub {
		return nil, fmt.Errorf("copy for an edge %w: this node is no hub of a fleet", ErrInvalid)
	}
	return db.backUp(ctx, nil, forEdge, notForEdges...)
}

// forEdge makes a copy one for an edge. from is what was copied.
func forEdge(copied, from *bbolt.Tx) error {
	meta := copied.Bucket(metaBucket)
	end, err := tables{tx: from}.logEnd()
	if err != nil {
		return err
	}
	counts, err := tables{tx: from}.fleet()
	if err != nil {
		return err
	}
	for _, key := range metaNotForEdges {
		err = errors.Join(err, meta.Delete(key))
	}
	counts = fleet{parked: counts.parked, contested: counts.contested}
	return errors.Join(err, meta.Put(fleetKey, counts.encode()), meta.Put(sessionsKey, encodeNumber(0)),
		meta.Put(loginsKey, encodeNumber(0)), meta.Put(trimmedKey, end.encode()))
}

// logEnd is the last frame of the log.
func (t tables) logEnd() (trimmedFrame, error) {
	k, raw := t.tx.Bucket(outboxBucket).Cursor().Last()
	if k == nil {
		end, err := t.trimmed()
		if err == nil && end.IsZero() {
			err = fmt.Errorf("copy for an edge %w: the hub has no log", ErrInvalid)
		}
		return end, err
	}
	f, err := fact.ParseFrame(raw)
	if err != nil {
		return trimmedFrame{}, corrupt("outbox")
	}
	return trimmedFrame{f.Position(), f.Hash()}, nil
}
