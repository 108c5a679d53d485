package store

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// cutOff is the record of a cut-off, which belongs to an id or to an e-mail address, whoever has that.
type cutOff struct {
	at    int64 // Unix milliseconds
	until int64 // Unix seconds: purged after it, unless a customer holds the id then; 0: no end is known yet
}

// endingVersion is the first byte of the record of a cut-off with an end. One without an end has version 1.
const endingVersion = 2

// encode: version 1 | i64 at. With an end: version 2 | i64 at | i64 until.
func (c cutOff) encode() []byte {
	if c.until == 0 {
		return encodeNumber(c.at)
	}
	return codec.I64(codec.I64([]byte{endingVersion}, c.at), c.until)
}

func decodeCutOff(value []byte) (cutOff, error) {
	r := reader{codec.Reader{Rest: value}}
	version := r.U8()
	c := cutOff{at: r.I64()}
	if version == endingVersion {
		c.until = r.I64()
		r.Bad = r.Bad || c.until == 0
	}
	if !r.Done() || version != recordVersion && version != endingVersion {
		return cutOff{}, corrupt("cut-off")
	}
	return c, nil
}

// addressTag begins the key of the cut-off of an e-mail address. No id has such a key: a text has no null character,
// and the key of an integer has 8 bytes.
const addressTag = "\x00e"

// subjectKey is the key of a cut-off: that of the customer's id, or a tag and the digest of the address.
func subjectKey(s fact.Subject) []byte {
	if !s.ID.IsZero() {
		return idKey(s.ID)
	}
	return append([]byte(addressTag), s.Address[:]...)
}

// readSubjectKey reads what subjectKey made for a store that holds ids of the given kind.
func readSubjectKey(kind core.IDKind, key []byte) (s fact.Subject, err error) {
	if ofAddress(key) {
		copy(s.Address[:], key[len(addressTag):])
		return s, nil
	}
	s.ID, err = readIDKey(kind, key)
	return s, err
}

// ofAddress reports whether a key is that of the cut-off of an address.
func ofAddress(key []byte) bool {
	return len(key) == len(addressTag)+len(fact.Digest{}) && string(key[:len(addressTag)]) == addressTag
}

// cutOff reads a cut-off; the zero value if there is none.
func (t tables) cutOff(key []byte) (cutOff, error) { return cutOffIn(t.tx.Bucket(cutOffsBucket), key) }

func cutOffIn(bucket *bbolt.Bucket, key []byte) (cutOff, error) {
	value := bucket.Get(key)
	if value == nil {
		return cutOff{}, nil
	}
	return decodeCutOff(value)
}

// cutOffHere is cutOffOf, or the cut-off of the node where that is later.
func (t tables) cutOffHere(id core.CustomerID, email string) (int64, error) {
	own, err := decodeTally(t.get(metaBucket, tallyKey))
	if err != nil {
		return 0, err
	}
	cutOff, err := t.cutOffOf(id, email)
	return max(own.nodeCutOff(), cutOff), err
}

// cutOffOf returns the cut-off of an id and an e-mail address, the later of both; 0 if there is none. Either may be
// empty.
func (t tables) cutOffOf(id core.CustomerID, email string) (int64, error) {
	if id.IsZero() && email == "" {
		return 0, nil
	}
	var own, address cutOff
	var err error
	bucket := t.tx.Bucket(cutOffsBucket)
	if !id.IsZero() {
		own, err = cutOffIn(bucket, idKey(id))
	}
	if err == nil && email != "" && len(email) <= MaxEmail {
		address, err = cutOffIn(bucket, subjectKey(fact.ByAddress(email)))
	}
	return bounded(max(own.at, address.at)), err
}

// joinCutOff raises a cut-off to that of a fact, as it stands. It removes the sessions that the cut-off of an id ends;
// those that the cut-off of an address ends are dead, and go when they expire. The same holds for listed log-ins.
func (w *writer) joinCutOff(f fact.CutOff) error {
	if f.Subject.Everybody() {
		w.endAll(f.At)
		return nil
	}
	key := subjectKey(f.Subject)
	old, err := w.cutOff(key)
	if err != nil {
		return err
	}
	after := cutOff{at: max(bounded(old.at), f.At), until: max(old.until, f.Until)}
	if after == old {
		return nil
	}
	var ends []ending
	if !f.Subject.ID.IsZero() {
		if ends, err = w.begunBy(key, after.at); err != nil {
			return err
		}
	}
	w.put(cutOffsBucket, key, after.encode())
	w.expire(fact.CutOffRecord, key, old.until, after.until)
	if after.at != old.at {
		w.note(fact.CutOffRecord, key)
	}
	w.endSessions(ends)
	if !f.Subject.ID.IsZero() {
		w.unlistEnded(key, after.at)
	}
	return nil
}

// endAll raises the cut-off of all log-ins.
func (w *writer) endAll(at int64) {
	w.tally.cutOff = max(w.tally.nodeCutOff(), at)
	w.touch(metaBucket, nodeCutOff)
	w.puts++
}

// keepCutOff gives a cut-off that has an end a later one.
func (w *writer) keepCutOff(f fact.KeepCutOff) error {
	key := subjectKey(f.Subject)
	old, err := w.cutOff(key)
	if err != nil || old.until == 0 || old.until >= f.Until {
		return err
	}
	after := cutOff{old.at, f.Until}
	w.put(cutOffsBucket, key, after.encode())
	w.expire(fact.CutOffRecord, key, old.until, after.until)
	return nil
}

// hold returns the fact that keeps the cut-off of an e-mail address for good; nil if none is needed. It is for a
// customer who takes the address: the cut-off is stored under a digest, which does not tell Purge that somebody has
// the address.
func (c cutOff) hold(s fact.Subject) resolved {
	if c.until == 0 || c.until == core.LastUntil {
		return nil
	}
	return resolved{fact.CutOff{Subject: s, At: c.at, Until: core.LastUntil}}
}

// KeepCutOff makes the cut-off of a removed customer, or of an e-mail address, outlive a token with a good signature.
// The token names the customer as q does; expires is in Unix seconds. Lifetimes alone do not suffice, since they know
// only tokens that were shown before. KeepCutOff does nothing if there is no such cut-off.
func (db *DB) KeepCutOff(ctx context.Context, q Query, expires int64) error {
	subject, ok := db.subjectOf(q)
	if !ok {
		return nil
	}
	key, short := subjectKey(subject), false
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		c, err := tables{tx: tx}.cutOff(key)
		short = c.short(expires)
		return err
	})
	if err != nil || !short {
		return err
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		c, err := w.cutOff(key)
		if err != nil || !c.short(expires) {
			return nil, err
		}
		until := core.Lifetimes{}.RevokedUntil(time.UnixMicro(w.at.reckoned()), expires, 0)
		return resolved{fact.KeepCutOff{Subject: subject, Until: until}}, nil
	})
}

// subjectOf is the id or the e-mail address that a token names; ok is false where it names none that is stored.
func (db *DB) subjectOf(q Query) (s fact.Subject, ok bool) {
	switch {
	case !q.HasUser || len(q.UserID.Text) > maxText:
		return s, false
	case q.Field == FieldEmail:
		return fact.ByAddress(q.email()), true
	}
	return fact.ByID(q.UserID), q.UserID.Kind == db.identity.ids
}

// short reports whether a cut-off ends less than a day after a token expires. Clocks may differ by that day.
func (c cutOff) short(expires int64) bool {
	return c.until != 0 && min(expires, core.LastUntil-secondsOfDay) > c.until-secondsOfDay
}

// outlives returns the end, in Unix seconds, of a cut-off that outlives every token issued until last (Unix
// milliseconds); 0 if no lifetime is known.
func outlives(last, cutOff int64, longest core.Lifetimes) int64 {
	if longest == (core.Lifetimes{}) {
		return 0
	}
	return longest.Alone().RevokedUntil(time.UnixMilli(last), 0, cutOff) + 1 // until is in whole seconds
}

// cutOffs turns the effects of a change into cut-offs at a time, of ids, addresses or the node.
func cutOffs(ends []core.Effect, c cutOff) (facts resolved) {
	for _, x := range ends {
		switch x.Kind {
		case core.EndLogins:
			facts = append(facts, fact.CutOff{Subject: fact.ByID(x.Customer), At: c.at, Until: c.until})
		case core.EndAddress:
			facts = append(facts, fact.CutOff{Subject: fact.ByAddress(x.Customer.Text), At: c.at, Until: c.until})
		case core.EndAll:
			facts = append(facts, fact.NodeCutOff{At: c.at})
		}
	}
	return facts
}

// lastCutOff is a cut-off, with its end, for what a customer gives up: an id or an address. It ends after keep, or
// once no token can be alive any more, whichever is later.
func (w *writer) lastCutOff(existing int64, keep time.Duration) (cutOff, error) {
	longest, err := w.lifetimes()
	if err != nil {
		return cutOff{}, err
	}
	c := cutOff{at: w.newCutOff(existing)}
	now := max(w.now, w.at.purge/1000, c.at)
	c.until = min(max((now+keep.Milliseconds())/1000+1, outlives(now, c.at, longest)), core.LastUntil)
	return c, nil
}
