package store

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Purged says what one Purge did.
type Purged struct {
	Families   int
	Tombstones int  // of ids: those of e-mail addresses go with them
	Sessions   int  // that expired
	Logins     int  // that were listed, and ended
	Keys       int  // and private parts of keys
	More       bool // the limit was reached: call again
}

// Purge removes at most limit (1 to 1000; anything else is 1000) ended records of families, tombstones, sessions,
// listed log-ins and keys, and of what was revoked when, in one short transaction. A record has ended when its end is
// past by both now, the wall clock, and the purge clock (R3). So a wrong wall clock removes nothing too early. See
// timekeeper. The private part of a key goes when the key is gone, and what else is known of it 366 days later.
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
		for _, bucket := range [][]byte{expiryBucket, sessionExpiryBucket, loginExpiryBucket} {
			isDue, err := tables{tx: tx}.due(bucket, ended)
			if err != nil {
				return err
			}
			due = due || isDue
		}
		entries, _, err := tables{tx: tx}.purgeRevoked(ended, 1)
		if err != nil {
			return err
		}
		keys, _, err := tables{tx: tx}.purgeKeys(ended, 1)
		due = due || len(entries) > 0 || len(keys) > 0
		return err
	})
	if err != nil || !due {
		return Purged{}, err
	}
	var done Purged
	err = db.write(ctx, func(w *writer) (facts resolved, err error) {
		done, facts, err = w.purge(ended, limit)
		return facts, err
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
	switch string(bucket) {
	case string(sessionExpiryBucket):
		expires, _, err := readSessionExpiryKey(key)
		return expires < now, err
	case string(loginExpiryBucket):
		until, _, err := readLoginExpiryKey(key)
		return until < seconds(now), err
	}
	until, _, _, err := readExpiryKey(key)
	return until < seconds(now), err
}

// purge resolves a Purge: expired sessions first, then records that have ended, entries of the bucket revoked, keys,
// and listed log-ins, within what is left of the limit.
func (w *writer) purge(now int64, limit int) (Purged, resolved, error) {
	expired, more, err := w.expired(now, limit)
	if err != nil {
		return Purged{}, nil, err
	}
	done, facts, err := w.purgeEnded(seconds(now), limit-len(expired))
	if err != nil {
		return Purged{}, nil, err
	}
	entries, moreEntries, err := w.purgeRevoked(now, limit-len(expired)-len(facts))
	if err != nil {
		return Purged{}, nil, err
	}
	facts = append(facts, entries...)
	keys, moreKeys, err := w.purgeKeys(now, limit-len(expired)-len(facts))
	if err != nil {
		return Purged{}, nil, err
	}
	facts = append(append(facts, endings(expired)...), keys...)
	logins, moreLogins, err := w.endedLogins(seconds(now), limit-len(facts))
	if err != nil {
		return Purged{}, nil, err
	}
	done.Sessions, done.Keys, done.Logins = len(expired), len(keys), len(logins)
	done.More = done.More || more || moreEntries || moreKeys || moreLogins
	return done, append(facts, logins...), nil
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

// endedLogins resolves the removal of at most limit listed log-ins that ended before now (Unix seconds), and reports
// whether there are more.
func (t tables) endedLogins(now int64, limit int) (facts resolved, more bool, err error) {
	cursor := t.tx.Bucket(loginExpiryBucket).Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		until, key, err := readLoginExpiryKey(k)
		if err != nil || until >= now {
			return facts, false, err
		}
		if len(facts) == limit {
			return facts, true, nil
		}
		facts = append(facts, fact.Forget{Record: fact.LoginRecord, Key: bytes.Clone(key), Until: until})
	}
	return facts, false, nil
}

// purgeEnded resolves the removal of at most limit records that ended before now (Unix seconds). A cut-off that
// tokens may still outlive gets a later end instead, since longer lifetimes were raised meanwhile.
func (w *writer) purgeEnded(now int64, limit int) (done Purged, facts resolved, err error) {
	longest, err := w.lifetimes()
	if err != nil {
		return Purged{}, nil, err
	}
	cursor := w.tx.Bucket(expiryBucket).Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		until, kind, key, err := readExpiryKey(k)
		if err != nil {
			return Purged{}, nil, err
		}
		if until >= now {
			break
		}
		if len(facts) == limit {
			done.More = true
			break
		}
		value := w.get(recordBucket(kind), key)
		is := value != nil
		if is {
			recorded, err := ends(kind, value)
			if err != nil {
				return Purged{}, nil, err
			}
			is = recorded == until
		}
		f := fact.Fact(fact.Forget{Record: kind, Key: bytes.Clone(key), Until: until})
		switch {
		case !is:
		case kind == fact.FamilyRecord:
			done.Families++
		case kind == fact.RemovalRecord && !ofGroup(key):
			done.Tombstones++
		case kind == fact.CutOffRecord:
			c, _ := decodeCutOff(value)
			longer := min(outlives(c.at, c.at, longest), core.LastUntil)
			if longer > until && longer >= now {
				subject, err := readSubjectKey(w.ids, key)
				if err != nil {
					return Purged{}, nil, err
				}
				f = fact.KeepCutOff{Subject: subject, Until: longer}
			}
		}
		facts = append(facts, f)
	}
	return done, facts, nil
}

// seconds are the whole seconds of Unix microseconds.
func seconds(micros int64) int64 { return time.UnixMicro(micros).Unix() }
