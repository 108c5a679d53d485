package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// Lifetimes are the longest that tokens ever had, whatever the settings become, in seconds.
type Lifetimes struct {
	Access  int64 // how long an access token may be accepted after it was issued
	Refresh int64 // the same of a refresh token
	// how long a token that was shown here had left to live, whoever issued it, under whatever settings; in whole days
	Foreign int64
}

// Raised has the longer one of each lifetime and of what tokens have under settings.
func (l Lifetimes) Raised(s *core.Settings) Lifetimes {
	access, refresh := s.Lifetimes()
	l.Access, l.Refresh = max(l.Access, access), max(l.Refresh, refresh)
	return l
}

// logIn is how long tokens of one log-in can live from now on, in seconds: its refresh token, which may have been
// issued just now, or may be a foreign one, and an access token that it gives at its end.
func (l Lifetimes) logIn() int64 { return max(l.Refresh, l.Foreign) + l.Access }

// token is the longest that any token has to live.
func (l Lifetimes) token() int64 { return max(l.Access, l.Refresh, l.Foreign) }

// kept are the lifetimes, each with its key.
func (l *Lifetimes) kept() []keptLifetime {
	return []keptLifetime{{longestKey, &l.Access}, {longestRefreshKey, &l.Refresh}, {longestForeignKey, &l.Foreign}}
}

type keptLifetime struct {
	key     []byte
	seconds *int64
}

// maxLifetime is what a time.Duration can be, in seconds.
const maxLifetime = int64(math.MaxInt64 / time.Second)

// RaiseLifetimes raises the kept lifetimes to these, and lowers none: Access is for State.LongestAccess, all are for
// tombstones. ErrInvalid for less than 0 or more than a time.Duration can be.
func (db *DB) RaiseLifetimes(ctx context.Context, l Lifetimes) error {
	for _, k := range l.kept() {
		if *k.seconds < 0 || *k.seconds > maxLifetime {
			return fmt.Errorf("longest life of a token %w: it has %d seconds, not 0 to %d", ErrInvalid, *k.seconds,
				maxLifetime)
		}
	}
	return db.write(ctx, func(w *writer) error {
		longest, err := w.lifetimes()
		if err != nil {
			return err
		}
		old := longest.kept()
		for i, k := range l.kept() {
			if *k.seconds > *old[i].seconds {
				w.put(metaBucket, k.key, encodeNumber(*k.seconds))
			}
		}
		return nil
	})
}

// RaiseForToken raises Lifetimes.Foreign to what a token with a good signature has left to live, which expires at these
// Unix seconds. So tombstones outlive tokens that this node did not issue, or issued under unknown settings. It keeps
// whole days, so it seldom writes. What is left is counted from the purge clock, by which tombstones go: a wall clock
// that is ahead would make it too short, and one that is set back too long, for good.
func (db *DB) RaiseForToken(ctx context.Context, expires int64) error {
	expires = min(max(expires, 0), core.LastUntil) // what a token says may be any number
	// The purge clock never goes back: what was left at an earlier look is left at most.
	if expires-db.time.purgedAt.Load() <= db.foreignLifetime.Load() {
		return nil
	}
	left := expires - seconds(db.time.look().reckoned())
	if left <= db.foreignLifetime.Load() {
		return nil
	}
	left = min((left+secondsOfDay-1)/secondsOfDay*secondsOfDay, maxLifetime)
	if err := db.RaiseLifetimes(ctx, Lifetimes{Foreign: left}); err != nil {
		return err
	}
	db.knowForeign(left)
	return nil
}

// knowForeign notes a lifetime that is durable, for RaiseForToken.
func (db *DB) knowForeign(seconds int64) {
	for {
		known := db.foreignLifetime.Load()
		if seconds <= known || db.foreignLifetime.CompareAndSwap(known, seconds) {
			return
		}
	}
}

// RevokedUntil is until when a revocation of a whole log-in, made now under these settings, is remembered, in Unix
// seconds. expires and start are those of core.RevokedUntil.
func (db *DB) RevokedUntil(ctx context.Context, s *core.Settings, expires, start int64) (until int64, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		longest, err := tables{tx}.lifetimes()
		until = core.RevokedUntil(db.Time(), expires, start, longest.Raised(s).logIn())
		return err
	})
	return until, err
}

// lifetimes is what RaiseLifetimes keeps; 0 where nothing was kept yet.
func (t tables) lifetimes() (l Lifetimes, err error) {
	for _, k := range l.kept() {
		if value := t.get(metaBucket, k.key); value != nil {
			if *k.seconds, err = decodeNumber(string(k.key), value); err != nil {
				return Lifetimes{}, err
			}
		}
	}
	return l, nil
}
