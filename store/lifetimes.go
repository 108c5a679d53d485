package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// keptLifetimes are the lifetimes, each with its key.
func keptLifetimes(l *core.Lifetimes) []keptLifetime {
	return []keptLifetime{{longestKey, &l.Access}, {longestRefreshKey, &l.Refresh}, {longestForeignKey, &l.Foreign}}
}

type keptLifetime struct {
	key     []byte
	seconds *int64
}

// maxLifetime is the longest time.Duration, in seconds.
const maxLifetime = int64(math.MaxInt64 / time.Second)

// RaiseLifetimes raises the kept lifetimes to these, and lowers none. They are State.Longest. The error is ErrInvalid
// for a negative lifetime, or one longer than a time.Duration can be.
func (db *DB) RaiseLifetimes(ctx context.Context, l core.Lifetimes) error {
	for _, k := range keptLifetimes(&l) {
		if *k.seconds < 0 || *k.seconds > maxLifetime {
			return fmt.Errorf("longest life of a token %w: it has %d seconds, not 0 to %d", ErrInvalid, *k.seconds,
				maxLifetime)
		}
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		kept, err := w.lifetimes()
		if err != nil || l.Access <= kept.Access && l.Refresh <= kept.Refresh && l.Foreign <= kept.Foreign {
			return nil, err
		}
		return resolved{fact.Lifetimes{Access: l.Access, Refresh: l.Refresh, Foreign: l.Foreign}}, nil
	})
}

// Lifetimes are the kept lifetimes: State.Longest.
func (db *DB) Lifetimes(ctx context.Context) (l core.Lifetimes, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		l, err = tables{tx: tx}.lifetimes()
		return err
	})
	return l, err
}

// joinLifetimes keeps the longer one of each lifetime.
func (w *writer) joinLifetimes(f fact.Lifetimes) error {
	longest, err := w.lifetimes()
	if err != nil {
		return err
	}
	old := keptLifetimes(&longest)
	more := core.Lifetimes{Access: f.Access, Refresh: f.Refresh, Foreign: f.Foreign}
	for i, k := range keptLifetimes(&more) {
		if *k.seconds > *old[i].seconds {
			w.put(metaBucket, k.key, encodeNumber(*k.seconds))
		}
	}
	return nil
}

// RaiseForToken raises core.Lifetimes.Foreign to the time that a token with a good signature has left to live;
// expires is in Unix seconds. So cut-offs outlive tokens that this node did not issue, or issued under unknown
// settings. It keeps whole days, so it seldom writes. It counts from the purge clock, by which cut-offs are purged.
// By a wall clock that is ahead the time would be too short, and by one that is behind too long, for good.
func (db *DB) RaiseForToken(ctx context.Context, expires int64) error {
	expires = min(max(expires, 0), core.LastUntil) // a token may say any number
	// The purge clock never goes back, so no more is left than at an earlier look.
	if expires-db.time.purgedAt.Load() <= db.foreignLifetime.Load() {
		return nil
	}
	left := expires - seconds(db.time.look().reckoned())
	if left <= db.foreignLifetime.Load() {
		return nil
	}
	left = min((left+secondsOfDay-1)/secondsOfDay*secondsOfDay, maxLifetime)
	if err := db.RaiseLifetimes(ctx, core.Lifetimes{Foreign: left}); err != nil {
		return err
	}
	db.knowForeign(left)
	return nil
}

// knowForeign notes a durable lifetime for RaiseForToken.
func (db *DB) knowForeign(seconds int64) {
	for {
		known := db.foreignLifetime.Load()
		if seconds <= known || db.foreignLifetime.CompareAndSwap(known, seconds) {
			return
		}
	}
}

// lifetimes reads what RaiseLifetimes keeps; 0 if nothing was kept yet.
func (t tables) lifetimes() (core.Lifetimes, error) { return lifetimesIn(t.tx.Bucket(metaBucket)) }

func lifetimesIn(meta *bbolt.Bucket) (l core.Lifetimes, err error) {
	for _, k := range keptLifetimes(&l) {
		if value := meta.Get(k.key); value != nil {
			if *k.seconds, err = decodeNumber(string(k.key), value); err != nil {
				return core.Lifetimes{}, err
			}
		}
	}
	return l, nil
}
