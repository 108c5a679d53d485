package store

import (
	"context"
	"fmt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Reseal replaces each private part by what reseal makes of it, all in one commit, and then compacts the file, so that
// nothing of the old ones is left in it. The file system may still have the blocks of the old file. reseal is called by
// the goroutine that writes, perhaps more than once, and must not use the store; an error of it is returned as it is,
// and changes nothing. An error of the compaction says so: then all private parts are sealed anew, and Reseal or
// Compact removes the old ones later.
func (db *DB) Reseal(ctx context.Context, reseal func(id string, sealed []byte) ([]byte, error)) error {
	err := db.write(ctx, func(w *writer) (facts resolved, err error) {
		err = w.tx.Bucket(sealedBucket).ForEach(func(id, value []byte) error {
			sealed, err := decodeSealed(value)
			if err != nil {
				return fmt.Errorf("key %q: %w", id, err)
			}
			again, err := reseal(string(id), sealed)
			if err == nil {
				err = checkSealed(string(id), again)
			}
			facts = append(facts, fact.SealKey{ID: string(id), Sealed: again})
			return err
		})
		return facts, err
	})
	if err != nil {
		return err
	}
	if _, err := db.Compact(context.WithoutCancel(ctx), nil); err != nil {
		return fmt.Errorf("all private parts are sealed anew, but the old ones may still be in the file: %w", err)
	}
	return nil
}
