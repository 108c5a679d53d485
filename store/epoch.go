package store

import (
	"context"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// EpochMark is the high-water mark of the epochs of trust bundles, in Unix milliseconds: none was ever given that is
// higher. It is 0 before the first ReserveEpochs.
func (db *DB) EpochMark(ctx context.Context) (mark int64, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		mark, err = tables{tx: tx}.epochMark()
		return err
	})
	return mark, err
}

// ReserveEpochs raises the mark of EpochMark to upTo, and lowers it never. The mark is durable when ReserveEpochs
// returns. A backup may have an older mark than the store from which it was made, so Restore raises it, too.
func (db *DB) ReserveEpochs(ctx context.Context, upTo int64) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		return resolved{fact.ReserveEpoch{At: upTo}}, nil
	})
}

func (t tables) epochMark() (int64, error) {
	if value := t.get(metaBucket, epochKey); value != nil {
		return decodeNumber("epoch", value)
	}
	return 0, nil
}

// reserveEpoch raises the mark.
func (w *writer) reserveEpoch(f fact.ReserveEpoch) error {
	mark, err := w.epochMark()
	if err == nil && f.At > mark {
		w.put(metaBucket, epochKey, encodeNumber(f.At))
	}
	return err
}
