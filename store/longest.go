package store

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Remember keeps how long an access token may be accepted after it was issued, in seconds, for State.Longest: the longest that it
// was ever given, whatever the settings become. ErrInvalid for less than 0 or more than a time.Duration can be.
func (db *DB) Remember(ctx context.Context, seconds int64) error {
	if most := int64(math.MaxInt64 / time.Second); seconds < 0 || seconds > most {
		return fmt.Errorf("longest life of an access token %w: it has %d seconds, not 0 to %d", ErrInvalid, seconds, most)
	}
	return db.write(ctx, func(w *writer) error {
		longest, err := w.longest()
		if err == nil && seconds > longest {
			w.put(metaBucket, longestKey, encodeNumber(seconds))
		}
		return err
	})
}

// longest is what Remember keeps, in seconds; 0 where nothing was kept yet.
func (t tables) longest() (int64, error) {
	value := t.get(metaBucket, longestKey)
	if value == nil {
		return 0, nil
	}
	return decodeNumber("longest", value)
}
