package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// maxDrift is how far apart the clock and the last commit may be for a purge.
const maxDrift = time.Hour

// Purged says what one Purge did.
type Purged struct {
	Families   int
	Tombstones int  // of ids: those of e-mail addresses go with them
	Sessions   int  // that expired
	More       bool // the limit was reached: call again
}

// Purge removes at most limit (1 to 1000; anything else is 1000) records of families, tombstones and sessions that ended before now,
// in one short transaction.
//
// Where something is due, and now and the last commit are more than an hour apart, it removes nothing and is ErrClock: a wrong
// clock would bring revoked families back once it is set right. A store that was idle for an hour purges again after its next
// commit.
func (db *DB) Purge(ctx context.Context, now time.Time, limit int) (Purged, error) {
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	due := false
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx}
		for _, bucket := range [][]byte{expiryBucket, sessionExpiryBucket} {
			isDue, err := t.due(bucket, now)
			if err != nil {
				return err
			}
			due = due || isDue
		}
		if !due {
			return nil
		}
		own, err := decodeTally(t.get(metaBucket, tallyKey))
		if err != nil {
			return err
		}
		last := time.UnixMicro(own.committed)
		if drift := now.Sub(last); drift > maxDrift || drift < -maxDrift {
			return fmt.Errorf("purge: %w: it is %s, the last commit was at %s; set the clock, or wait for the next commit if it is right",
				ErrClock, now.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339))
		}
		return nil
	})
	if err != nil || !due {
		return Purged{}, err
	}
	var done Purged
	err = db.write(ctx, func(w *writer) (err error) {
		done, err = w.purge(now, limit)
		return err
	})
	if err != nil { // done may still be written to
		return Purged{}, err
	}
	return done, nil
}

// due reports whether the first entry of an index has ended.
func (t tables) due(bucket []byte, now time.Time) (bool, error) {
	key, _ := t.tx.Bucket(bucket).Cursor().First()
	if key == nil {
		return false, nil
	}
	if string(bucket) == string(sessionExpiryBucket) {
		expires, _, err := readSessionExpiryKey(key)
		return expires < now.UnixMicro(), err
	}
	until, _, _, err := readExpiryKey(key)
	return until < now.Unix(), err
}

// purge removes sessions first, in what is left of the limit the rest.
func (w *writer) purge(now time.Time, limit int) (Purged, error) {
	expired, more, err := w.expired(now.UnixMicro(), limit)
	if err != nil {
		return Purged{}, err
	}
	done, err := w.purgeEnded(now.Unix(), limit-len(expired))
	if err != nil {
		return Purged{}, err
	}
	w.endSessions(expired)
	done.Sessions, done.More = len(expired), done.More || more
	return done, nil
}

// expired are at most limit sessions that expired before now, in Unix microseconds, and whether there are more.
func (t tables) expired(now int64, limit int) (list []ending, more bool, err error) {
	cursor := t.tx.Bucket(sessionExpiryBucket).Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		expires, id, err := readSessionExpiryKey(k)
		if err != nil || expires >= now {
			return list, false, err
		}
		if len(list) == limit {
			return list, true, nil
		}
		s, ok, err := t.session(id)
		if err != nil {
			return nil, false, err
		}
		if !ok || s.expires != expires {
			return nil, false, corrupt("session expiry")
		}
		list = append(list, ending{id, s})
	}
	return list, false, nil
}

func (w *writer) purgeEnded(now int64, limit int) (Purged, error) {
	type entry struct {
		index, key []byte
		what       byte
		gone       bool // the record is due too, and goes with its entry
	}
	var due []entry
	more := false
	cursor := w.tx.Bucket(expiryBucket).Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		until, what, key, err := readExpiryKey(k)
		if err != nil {
			return Purged{}, err
		}
		if until >= now {
			break
		}
		if more = len(due) == limit; more {
			break
		}
		e := entry{index: bytes.Clone(k), key: bytes.Clone(key), what: what}
		switch what {
		case familyExpires:
			if value := w.get(familiesBucket, key); value != nil {
				f, err := decodeFamily(value)
				if err != nil {
					return Purged{}, err
				}
				e.gone = f.until == until
			}
		case tombstoneExpires:
			if value := w.get(tombstonesBucket, key); value != nil {
				grave, err := decodeTombstone(value)
				if err != nil {
					return Purged{}, err
				}
				e.gone = grave.until == until
			}
		}
		due = append(due, e)
	}
	done := Purged{More: more}
	for _, e := range due {
		w.remove(expiryBucket, e.index)
		if !e.gone {
			continue
		}
		if e.what == familyExpires {
			w.remove(familiesBucket, e.key)
			w.tally.families--
			done.Families++
		} else {
			w.remove(tombstonesBucket, e.key)
			if !ofEmail(e.key) {
				w.tally.tombstones--
				done.Tombstones++
			}
		}
	}
	return done, nil
}
