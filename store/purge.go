package store

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// Purged says what one Purge did.
type Purged struct {
	Families   int
	Tombstones int  // of ids: those of e-mail addresses go with them
	Sessions   int  // that expired
	More       bool // the limit was reached: call again
}

// Purge removes at most limit (1 to 1000; anything else is 1000) ended records of families, tombstones and sessions, in
// one short transaction. A record has ended when its end is past by both now, the wall clock, and the purge clock (R3).
// So a wrong wall clock removes nothing too early. See timekeeper.
func (db *DB) Purge(ctx context.Context, now time.Time, limit int) (Purged, error) {
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	at := db.time.look()
	if err := db.keepPurgeClock(ctx, at); err != nil {
		return Purged{}, err
	}
	ended := min(now.UnixMicro(), at.purge)
	due := false
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		for _, bucket := range [][]byte{expiryBucket, sessionExpiryBucket} {
			isDue, err := tables{tx}.due(bucket, ended)
			if err != nil {
				return err
			}
			due = due || isDue
		}
		return nil
	})
	if err != nil || !due {
		return Purged{}, err
	}
	var done Purged
	err = db.write(ctx, func(w *writer) (err error) {
		done, err = w.purge(ended, limit)
		return err
	})
	if err != nil { // the committer may still write done
		return Purged{}, err
	}
	return done, nil
}

// due reports whether the first entry of an index ends by a time in Unix microseconds.
func (t tables) due(bucket []byte, now int64) (bool, error) {
	key, _ := t.tx.Bucket(bucket).Cursor().First()
	if key == nil {
		return false, nil
	}
	if string(bucket) == string(sessionExpiryBucket) {
		expires, _, err := readSessionExpiryKey(key)
		return expires < now, err
	}
	until, _, _, err := readExpiryKey(key)
	return until < seconds(now), err
}

// purge removes sessions first, then other records within what is left of the limit.
func (w *writer) purge(now int64, limit int) (Purged, error) {
	expired, more, err := w.expired(now, limit)
	if err != nil {
		return Purged{}, err
	}
	done, err := w.purgeEnded(seconds(now), limit-len(expired))
	if err != nil {
		return Purged{}, err
	}
	w.endSessions(expired)
	done.Sessions, done.More = len(expired), done.More || more
	return done, nil
}

// expired returns at most limit sessions that expired before now (Unix microseconds), and whether there are more.
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
		gone       bool       // the record is due too, and goes with its entry
		longer     *tombstone // replaces a tombstone that is needed for longer after all
	}
	longest, err := w.lifetimes()
	if err != nil {
		return Purged{}, err
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
				grave.until = min(grave.outlives(grave.cutOff, longest), core.LastUntil)
				if e.gone && grave.until > until && grave.until >= now {
					e.longer = &grave
				}
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
		if e.longer != nil {
			w.put(tombstonesBucket, e.key, e.longer.encode())
			w.put(expiryBucket, expiryKey(e.longer.until, tombstoneExpires, e.key), []byte{recordVersion})
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

// seconds are the whole seconds of Unix microseconds.
func seconds(micros int64) int64 { return time.UnixMicro(micros).Unix() }
