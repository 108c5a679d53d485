package store

import (
	"bytes"
	"slices"

	"github.com/edgetoken/edgetoken/store/fact"
)

// An e-mail address that two customers have, since nodes that do not know of each other gave it to both, belongs to the
// one who had it first: it alone is found by the address. The bucket contested has the others, and gives one the
// address when its owner lets go.

// contestedKey is the key of a customer, by key, who has an address that belongs to another.
func contestedKey(email string, key []byte) []byte { return append([]byte(email+"\x00"), key...) }

// owner reads who has an address; a nil key: nobody.
func (t tables) holder(email string) (key []byte, p person, err error) {
	if key, err = t.ownerKey(email); err == nil && key != nil {
		p, _, err = t.person(key)
	}
	return key, p, err
}

// claim gives an address to the customer with a key, or notes that it has to wait. An error is that of holder, and
// changes nothing.
func (w *writer) claim(email register[string], key []byte) error {
	owner, other, err := w.holder(email.value)
	if err != nil {
		return err
	}
	if owner == nil {
		w.index(email.value, key)
		return nil
	}
	if !first(email.at, key, other.email.at, owner) {
		w.contest(email.value, key)
		return nil
	}
	w.contest(email.value, owner)
	w.index(email.value, key)
	return nil
}

// first reports whether the first of two claims counts.
func first(at fact.Stamp, key []byte, other fact.Stamp, otherKey []byte) bool {
	if order := at.Compare(other); order != 0 {
		return order < 0
	}
	return bytes.Compare(key, otherKey) < 0
}

// release takes an address from the customer with a key, and gives it to the first of those who wait.
func (w *writer) release(email string, key []byte) error {
	owner, err := w.ownerKey(email)
	if err != nil {
		return err
	}
	if !bytes.Equal(owner, key) {
		w.uncontest(email, key)
		return nil
	}
	var next []byte
	var at fact.Stamp
	prefix := contestedKey(email, nil)
	cursor := w.tx.Bucket(contestedBucket).Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
		waiting := k[len(prefix):]
		p, _, err := w.person(waiting)
		if err != nil {
			return err
		}
		if next == nil || first(p.email.at, waiting, at, next) {
			next, at = slices.Clone(waiting), p.email.at
		}
	}
	w.unindex(email)
	if next != nil {
		w.uncontest(email, next)
		w.index(email, next)
	}
	return nil
}

// contest notes that a customer, by key, waits for an address, and uncontest that it does no longer.
func (w *writer) contest(email string, key []byte) {
	w.put(contestedBucket, contestedKey(email, key), []byte{recordVersion})
	w.fleet.contested++
}

func (w *writer) uncontest(email string, key []byte) {
	w.remove(contestedBucket, contestedKey(email, key))
	w.fleet.contested--
}

// index gives an e-mail address to a customer, by key.
func (w *writer) index(email string, key []byte) {
	w.put(emailsBucket, []byte(email), encodeOwner(key))
	if folded := Fold(email); folded != email {
		w.put(foldedBucket, foldedKey(folded, email), []byte{recordVersion})
	}
}

// unindex takes an e-mail address from its customer.
func (w *writer) unindex(email string) {
	w.remove(emailsBucket, []byte(email))
	if folded := Fold(email); folded != email {
		w.remove(foldedBucket, foldedKey(folded, email))
	}
}
