package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The bucket revoked says what was revoked when: a family that died, or a cut-off that rose or came to count for
// another customer. Verifiers that ask no node need to know of a revocation only while tokens live that were issued
// before it. So they get what was revoked since then: see DB.Revocations. An entry has the time at which this node
// applied the revocation, not that of a cut-off, which may be the start of a family (foldFamilies), or come late from
// another node.

// note enters that a family or a cut-off, by the key of its record, counts from now on.
func (w *writer) note(what fact.Record, key []byte) {
	w.enter(&w.revoked, expiryKey(seconds(max(w.at.known, w.tally.committed)), what, key))
}

// noteHolder enters that the cut-off of an e-mail address counts for the customer, by key, who gets it.
func (w *writer) noteHolder(email string, key []byte) {
	address, err := w.cutOff(subjectKey(fact.ByAddress(email)))
	own, ownErr := w.cutOff(key)
	if err != nil || ownErr != nil || address.at != 0 || own.at != 0 {
		w.note(fact.CutOffRecord, key)
	}
}

// Revocations are what a verifier must know that asks no node: what Load knows of tokens that were issued since a time,
// and live no longer than from then to now.
type Revocations struct {
	// Families are dead.
	Families []RevokedFamily
	// CutOffs end what began at or before them, by what a token names: the id, or the digest of the e-mail address.
	CutOffs []fact.CutOff
	// Node is the cut-off of the node, in Unix milliseconds; 0 where there is none.
	Node int64
	// GapAfter and GapUntil are the time that the store has forgotten, in Unix milliseconds: what began after GapAfter
	// and at or before GapUntil has ended. GapUntil is 0 where there is none.
	GapAfter, GapUntil int64
	// Numbers are the cut-offs of nodes, by number: that of a node ends what has its number in the bits.
	Numbers []NumberCutOff
}

// NumberCutOff ends the families that a node began, by its number in their bits, at or before At.
type NumberCutOff struct {
	Number uint16
	At     int64 // Unix milliseconds
}

// RevokedFamily names a family without its customer, as a verifier does that knows none.
type RevokedFamily struct {
	Issuer string // whose key signed its tokens; "" for our own
	Bits   uint64
	Start  int64 // Unix milliseconds; 0: it is about every start
}

// Revocations returns what was revoked since a time, in one state of the store: dead families, and the cut-offs that
// count for tokens that name customers by a field. Until of these is 0. A family may be there twice. It takes as long
// as the list that it returns, however much the store has, and is an error for more than most entries. A field other
// than FieldEmail is FieldID.
func (db *DB) Revocations(ctx context.Context, field Field, since time.Time, most int) (r Revocations, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		r = Revocations{}
		if g := db.gap.Load(); g.until >= since.UnixMilli() {
			r.GapAfter, r.GapUntil = g.after, g.until
		}
		list, err := tables{tx: tx}.members()
		if err != nil {
			return err
		}
		for _, m := range list {
			if m.CutOff >= max(since.UnixMilli(), 1) {
				r.Numbers = append(r.Numbers, NumberCutOff{m.Number, m.CutOff})
			}
		}
		return tables{tx: tx}.revocations(db.identity.ids, field, since.Unix(), most, &r)
	})
	if err != nil {
		return Revocations{}, fmt.Errorf("list revocations: %w", err)
	}
	return r, nil
}

func (t tables) revocations(kind core.IDKind, field Field, since int64, most int, r *Revocations) error {
	own, err := decodeTally(t.get(metaBucket, tallyKey))
	if err != nil {
		return err
	}
	r.Node = own.nodeCutOff()
	places := map[fact.Subject]int{} // in r.CutOffs
	cursor := t.tx.Bucket(revokedBucket).Cursor()
	for k, _ := cursor.Seek(idKey(core.Integer(since))); k != nil; k, _ = cursor.Next() {
		_, what, key, err := readExpiryKey(k)
		if err != nil {
			return err
		}
		if len(r.Families)+len(r.CutOffs) == most {
			return fmt.Errorf("there are more than %d", most)
		}
		if what == fact.FamilyRecord {
			name, ok := readFamilyKey(key)
			if !ok {
				return corrupt("revoked")
			}
			r.Families = append(r.Families, RevokedFamily{name.Issuer, name.Bits, name.Start})
			continue
		}
		s, err := readSubjectKey(kind, key)
		if err != nil {
			return err
		}
		c, err := t.cutOffFor(s, field)
		if err != nil {
			return err
		}
		if c.At == 0 {
			continue
		}
		if i, ok := places[c.Subject]; ok {
			r.CutOffs[i].At = max(r.CutOffs[i].At, c.At)
			continue
		}
		places[c.Subject] = len(r.CutOffs)
		r.CutOffs = append(r.CutOffs, c)
	}
	return nil
}

// cutOffFor is the cut-off that counts for tokens which name the customer with a subject by a field. At is 0 if no
// token names it so.
func (t tables) cutOffFor(s fact.Subject, field Field) (c fact.CutOff, err error) {
	if s.ID.IsZero() {
		if field != FieldEmail {
			return c, nil // noteHolder has entered the customer, if one has the address
		}
		own, err := t.cutOff(subjectKey(s))
		return fact.CutOff{Subject: s, At: bounded(own.at)}, err
	}
	id := s.ID
	p, _, err := t.person(idKey(id))
	if err != nil {
		return c, err
	}
	c.Subject = s
	if field == FieldEmail {
		owner, err := t.owner(id.Kind, p.email.value)
		if err != nil || owner != id {
			return c, err
		}
		c.Subject = fact.ByAddress(p.email.value)
	}
	c.At, err = t.cutOffOf(id, p.email.value)
	return c, err
}

// notAlive is the time before which no token was issued that is alive at now, whatever its type, in Unix seconds. The
// day is for clocks that differ.
func notAlive(longest core.Lifetimes, now int64) int64 {
	return now - max(longest.Access, longest.Refresh) - secondsOfDay
}

// purgeRevoked returns the facts that remove at most limit entries of the bucket revoked, and whether there are more to
// remove by now (Unix microseconds).
func (t tables) purgeRevoked(now int64, limit int) (facts resolved, more bool, err error) {
	longest, err := t.lifetimes()
	if err != nil {
		return nil, false, err
	}
	before := notAlive(longest, seconds(now))
	cursor := t.tx.Bucket(revokedBucket).Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		at, _, _, err := readExpiryKey(k)
		if err != nil || at >= before {
			return facts, false, err
		}
		if len(facts) == limit {
			return facts, true, nil
		}
		facts = append(facts, fact.Forget{Record: fact.RevokedRecord, Key: bytes.Clone(k)})
	}
	return facts, false, nil
}
