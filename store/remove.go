package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
)

const secondsOfDay = 24 * 60 * 60

// Remove removes a customer with its sessions, permissions and memberships. Tombstones of its id and of its e-mail
// address keep its cut-off for as long as its tokens could live, since tokens may name either. That is keep from now,
// or a day more than the longest lifetime that RaiseLifetimes knows, whichever is longer. Purge looks again, in case a
// longer lifetime came later. The store does not give out the id again by itself.
func (db *DB) Remove(ctx context.Context, id core.CustomerID, keep time.Duration) error {
	if keep < 0 {
		return fmt.Errorf("tombstone %w: it would be kept for less than no time", ErrInvalid)
	}
	return db.write(ctx, func(w *writer) error {
		c, cutOff, err := w.existing(id)
		if err != nil {
			return err
		}
		key := idKey(id)
		sessions, err := w.sessionsOf(key)
		if err != nil {
			return err
		}
		t, err := w.newTombstone(cutOff, keep)
		if err != nil {
			return err
		}
		w.remove(customersBucket, key)
		w.remove(lastLoginBucket, key)
		w.remove(cutOffsBucket, key)
		w.give(key, rights{})
		w.endSessions(sessions)
		w.unindex(c.Email)
		w.tally.customers--
		w.entombEnded(change.Remove.Ends(c.ID, c.Email), t)
		return nil
	})
}

// newTombstone makes the tombstone of a customer whose tokens end now. It lasts as long as any of them could live.
func (w *writer) newTombstone(cutOff int64, keep time.Duration) (tombstone, error) {
	longest, err := w.lifetimes()
	if err != nil {
		return tombstone{}, err
	}
	t := tombstone{cutOff: w.newCutOff(cutOff)}
	now := max(w.now, w.at.purge/1000, t.cutOff)
	t.until = min(max((now+keep.Milliseconds())/1000+1, t.outlives(now, longest)), core.LastUntil)
	return t, nil
}

// outlives returns the end, in Unix seconds, of a tombstone that outlives every token issued until last (Unix
// milliseconds); 0 if no lifetime is known.
func (t tombstone) outlives(last int64, longest core.Lifetimes) int64 {
	if longest == (core.Lifetimes{}) {
		return 0
	}
	return longest.Alone().RevokedUntil(time.UnixMilli(last), 0, t.cutOff) + 1 // until is in whole seconds
}

// KeepTombstone makes the tombstone of a removed customer outlive a token with a good signature. The token names the
// customer as q does; expires is in Unix seconds. Lifetimes alone do not suffice, since they know only tokens that were
// shown before. KeepTombstone does nothing if the customer exists or has no tombstone.
func (db *DB) KeepTombstone(ctx context.Context, q Query, expires int64) error {
	key := db.tombstoneOf(q)
	if key == nil {
		return nil
	}
	short := false
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		t, ok, err := tables{tx}.tombstone(key)
		short = ok && t.short(expires)
		return err
	})
	if err != nil || !short {
		return err
	}
	return db.write(ctx, func(w *writer) error {
		t, ok, err := w.tombstone(key)
		if err != nil || !ok || !t.short(expires) {
			return err
		}
		w.remove(expiryBucket, expiryKey(t.until, tombstoneExpires, key))
		t.until = core.Lifetimes{}.RevokedUntil(time.UnixMicro(w.at.reckoned()), expires, 0)
		w.put(tombstonesBucket, key, t.encode())
		w.put(expiryBucket, expiryKey(t.until, tombstoneExpires, key), []byte{recordVersion})
		return nil
	})
}

// tombstoneOf is the key of the tombstone of the id or the e-mail address that a token names; nil where it names none
// that is stored.
func (db *DB) tombstoneOf(q Query) []byte {
	switch {
	case !q.HasUser || len(q.UserID.Text) > maxText:
		return nil
	case q.Field == FieldEmail:
		return emailTombstoneKey(q.email())
	case q.UserID.Kind != db.identity.ids:
		return nil
	}
	return idKey(q.UserID)
}

// short reports whether a tombstone ends less than a day after a token expires. Clocks may differ by that day.
func (t tombstone) short(expires int64) bool {
	return min(expires, core.LastUntil-secondsOfDay) > t.until-secondsOfDay
}

// The tag of keys of tombstones of e-mail addresses. No id has such a key: a text has no null character, and the key of
// an integer has 8 bytes.
const emailTag = "\x00e"

// emailTombstoneKey is the key of the tombstone of an e-mail address: the tag and the address's SHA-256, so that the
// store does not keep the address of a removed customer.
func emailTombstoneKey(email string) []byte {
	sum := sha256.Sum256([]byte(email))
	return append([]byte(emailTag), sum[:]...)
}

// ofEmail reports whether the key of a tombstone is that of an e-mail address.
func ofEmail(key []byte) bool {
	return len(key) == len(emailTag)+sha256.Size && string(key[:len(emailTag)]) == emailTag
}

// grave is a tombstone and its key.
type grave struct {
	key []byte
	tombstone
}

// entomb makes a tombstone that does not exist yet.
func (w *writer) entomb(g grave) {
	w.put(tombstonesBucket, g.key, g.encode())
	w.put(expiryBucket, expiryKey(g.until, tombstoneExpires, g.key), []byte{recordVersion})
	if !ofEmail(g.key) {
		w.tally.tombstones++
	}
}

// entombEnded makes the tombstones of ids and e-mail addresses whose log-ins end.
func (w *writer) entombEnded(list []core.Effect, t tombstone) {
	for _, x := range list {
		switch x.Kind {
		case core.EndLogins:
			w.entomb(grave{idKey(x.Customer), t})
		case core.EndAddress:
			w.entomb(grave{emailTombstoneKey(x.Customer.Text), t})
		}
	}
}

// bury removes a tombstone.
func (w *writer) bury(g grave) {
	w.remove(tombstonesBucket, g.key)
	w.remove(expiryBucket, expiryKey(g.until, tombstoneExpires, g.key))
	if !ofEmail(g.key) {
		w.tally.tombstones--
	}
}

// tombstone reads the tombstone of an id or an e-mail address; ok is false where there is none.
func (t tables) tombstone(key []byte) (grave tombstone, ok bool, err error) {
	value := t.get(tombstonesBucket, key)
	if value == nil {
		return tombstone{}, false, nil
	}
	grave, err = decodeTombstone(value)
	return grave, err == nil, err
}
