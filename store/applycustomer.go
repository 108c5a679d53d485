package store

import (
	"bytes"
	"math"

	"github.com/edgetoken/edgetoken/store/fact"
)

// An id belongs to the first customer who was made under it since it was last removed. If nodes that do not know of
// each other make two, the later one is parked: the store keeps and reports it, and gives it the id once that is
// free. A customer is parked, too, while the fact that makes it has not come yet and only later facts have.

// joinCustomer joins a fact to the customer that it is about, who may hold the id, be parked, or be new.
func (w *writer) joinCustomer(f fact.Customer) error {
	key := idKey(f.ID)
	gone, err := w.removal(key)
	if err != nil || !f.Made.After(gone.at) {
		return err
	}
	present, held, err := w.person(key)
	if err != nil {
		return err
	}
	if held && present.made == f.Made {
		return w.change(key, present, f)
	}
	place := parkedKey(key, f.Made)
	p := person{made: f.Made}
	value := w.get(parkedBucket, place)
	if value != nil {
		if p, err = decodePerson(value); err != nil {
			return err
		}
	}
	if !p.join(f) {
		return nil
	}
	if !p.whole() || held && !present.made.After(p.made) {
		w.park(key, p)
		return nil
	}
	if held {
		if _, _, err := w.holder(p.email.value); err != nil { // before anything changes
			return err
		}
		if err := w.vacate(key, present); err != nil {
			return err
		}
		w.park(key, present)
	}
	if value != nil {
		w.unpark(place)
	}
	return w.occupy(key, p)
}

// change joins a fact to the customer who holds the id.
func (w *writer) change(key []byte, p person, f fact.Customer) error {
	before, hash := p.email, p.password.value.hash
	if !p.join(f) {
		return nil
	}
	if p.email != before {
		if _, _, err := w.holder(p.email.value); err != nil { // before anything changes
			return err
		}
		if err := w.release(before.value, key); err != nil {
			return err
		}
		if err := w.claim(p.email, key); err != nil {
			return err
		}
		if p.email.value != before.value {
			w.leaveAddress(key, before.value)
		}
	}
	w.keep(key, hash, p)
	return nil
}

// keep writes the record of the customer who holds an id, under a new version. old is the hash in the present record;
// "" if there is none.
func (w *writer) keep(key []byte, old string, p person) {
	before := w.at.purge - remembered
	p.permissions.prune(before)
	p.groups.prune(before)
	p.version = w.version()
	w.countHash(old, p.password.value.hash)
	w.put(customersBucket, key, p.encode())
}

// park writes the record of a customer who does not hold its id, under a new version.
func (w *writer) park(key []byte, p person) {
	p.version = w.version()
	place := parkedKey(key, p.made)
	if w.get(parkedBucket, place) == nil {
		w.fleet.parked++
	}
	w.put(parkedBucket, place, p.encode())
}

// unpark removes the record of a parked customer, by its key.
func (w *writer) unpark(place []byte) {
	w.remove(parkedBucket, place)
	w.fleet.parked--
}

// occupy gives a customer the id, which is free.
func (w *writer) occupy(key []byte, p person) error {
	if err := w.claim(p.email, key); err != nil {
		return err
	}
	id, err := readIDKey(w.ids, key)
	if err != nil {
		return err
	}
	w.tally.highest = max(w.tally.highest, id.Int)
	w.tally.customers++
	w.keep(key, "", p)
	return nil
}

// vacate takes id, address, sessions and listed log-ins from the customer who holds the id.
func (w *writer) vacate(key []byte, p person) error {
	sessions, err := w.sessionsOf(key)
	if err != nil {
		return err
	}
	if err := w.release(p.email.value, key); err != nil {
		return err
	}
	w.remove(customersBucket, key)
	w.countHash(p.password.value.hash, "")
	w.endSessions(sessions)
	w.unlistEnded(key, math.MaxInt64)
	w.tally.customers--
	return nil
}

// removeCustomer removes all customers who were made under an id before a stamp. If one parked there was made later, it
// gets the id. Everything is read before anything changes, so that a damaged record keeps the whole fact out.
func (w *writer) removeCustomer(f fact.RemoveCustomer) error {
	key := idKey(f.ID)
	gone, err := w.removal(key)
	if err != nil || !f.Stamp.After(gone.at) && f.Until <= gone.until {
		return err
	}
	last, err := w.lastLogin(key)
	if err != nil {
		return err
	}
	present, held, err := w.person(key)
	if err != nil {
		return err
	}
	next, place, drop, err := w.successor(key, f.Stamp)
	if err != nil {
		return err
	}
	if _, _, err := w.holder(next.email.value); err != nil {
		return err
	}
	if held && !present.made.After(f.Stamp) {
		if err := w.vacate(key, present); err != nil {
			return err
		}
		w.leaveAddress(key, present.email.value)
		w.disown(key)
		held = false
	}
	if err := w.joinRemoval(key, f.Stamp, f.Until); err != nil {
		return err
	}
	if !last.made.IsZero() && !last.made.After(f.Stamp) {
		w.remove(lastLoginBucket, key)
	}
	for _, k := range drop {
		w.unpark(k)
	}
	if held || place == nil {
		return nil
	}
	w.unpark(place)
	return w.occupy(key, next)
}

// successor returns who gets an id after a removal: of those parked there who are whole and were made after its stamp,
// the one made first. place is the key of that record, nil if there is none. drop has the keys of those made before.
func (w *writer) successor(key []byte, at fact.Stamp) (next person, place []byte, drop [][]byte, err error) {
	prefix := parkedPrefix(key)
	cursor := w.tx.Bucket(parkedBucket).Cursor()
	for k, v := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = cursor.Next() {
		p, err := decodePerson(v)
		if err != nil {
			return person{}, nil, nil, err
		}
		if !p.made.After(at) {
			drop = append(drop, bytes.Clone(k))
		} else if p.whole() && (place == nil || next.made.After(p.made)) {
			next, place = p, bytes.Clone(k)
		}
	}
	return next, place, drop, nil
}

// joinLastLogin keeps the latest log-in. A record has the making of its customer: of two customers of one id, that of
// the later one stays.
func (w *writer) joinLastLogin(f fact.LastLogin) error {
	key := idKey(f.ID)
	gone, err := w.removal(key)
	if err != nil || !f.Made.After(gone.at) {
		return err
	}
	last, err := w.lastLogin(key)
	if err != nil || last.made.After(f.Made) || last.made == f.Made && last.at >= f.At {
		return err
	}
	w.put(lastLoginBucket, key, lastLogin{f.Made, f.At}.encode())
	return nil
}

// joinRehash replaces the hash of a password by another hash of the same password.
func (w *writer) joinRehash(f fact.Rehash) error {
	key := idKey(f.ID)
	p, held, err := w.person(key)
	old := p.password.value.hash
	if err != nil || !held || !p.rehash(f) {
		return err
	}
	w.keep(key, old, p)
	return nil
}
