package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"
)

// Lifetimes are the longest that tokens ever had, whatever the settings become, in seconds.
type Lifetimes struct {
	Access  int64 // how long an access token may be accepted after it was issued
	Refresh int64 // the same of a refresh token
}

// Remember keeps the longer ones of these and those that it has: access for State.Longest, both for tombstones. ErrInvalid for less
// than 0 or more than a time.Duration can be.
func (db *DB) Remember(ctx context.Context, l Lifetimes) error {
	for _, seconds := range []int64{l.Access, l.Refresh} {
		if most := int64(math.MaxInt64 / time.Second); seconds < 0 || seconds > most {
			return fmt.Errorf("longest life of a token %w: it has %d seconds, not 0 to %d", ErrInvalid, seconds, most)
		}
	}
	return db.write(ctx, func(w *writer) error {
		longest, err := w.lifetimes()
		if err != nil {
			return err
		}
		if l.Access > longest.Access {
			w.put(metaBucket, longestKey, encodeNumber(l.Access))
		}
		if l.Refresh > longest.Refresh {
			w.put(metaBucket, longestRefreshKey, encodeNumber(l.Refresh))
		}
		return nil
	})
}

// Remembered is what Remember keeps.
func (db *DB) Remembered(ctx context.Context) (l Lifetimes, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) (err error) {
		l, err = tables{tx}.lifetimes()
		return err
	})
	return l, err
}

// lifetimes is what Remember keeps; 0 where nothing was kept yet.
func (t tables) lifetimes() (l Lifetimes, err error) {
	for _, kept := range []struct {
		key  []byte
		into *int64
	}{{longestKey, &l.Access}, {longestRefreshKey, &l.Refresh}} {
		if value := t.get(metaBucket, kept.key); value != nil {
			if *kept.into, err = decodeNumber(string(kept.key), value); err != nil {
				return Lifetimes{}, err
			}
		}
	}
	return l, nil
}
