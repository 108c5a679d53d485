package store

import (
	"bytes"
	"slices"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Nodes that do not know of each other may give one e-mail address to two customers. It then belongs to the customer
// who was given it first, and only that one is found by it. The others wait in the bucket contested. When the owner
// gives the address up, the first of them gets it.

// contestedKey is the key under which a customer waits for an address: address | 00 | key of the customer.
func contestedKey(email string, key []byte) []byte { return append([]byte(email+"\x00"), key...) }

// holder reads the owner of an address; the key is nil if there is none.
func (t tables) holder(email string) (key []byte, p person, err error) {
	if key, err = t.ownerKey(email); err == nil && key != nil {
		p, _, err = t.person(key)
	}
	return key, p, err
}

// claim gives an address to the customer with a key, or has the customer wait for it. An error comes from holder,
// before anything has changed.
func (w *writer) claim(email register[string], key []byte) error {
	owner, other, err := w.holder(email.value)
	if err != nil {
		return err
	}
	w.noteHolder(email.value, key)
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

// first reports whether a claim to an address comes before another. Of two with one stamp, that of the lower key does.
func first(at fact.Stamp, key []byte, other fact.Stamp, otherKey []byte) bool {
	if order := at.Compare(other); order != 0 {
		return order < 0
	}
	return bytes.Compare(key, otherKey) < 0
}

// release ends the claim of the customer with a key to an address. If the customer owned it, the first of those who
// wait gets it.
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
	var all [][]byte
	prefix := contestedKey(email, nil)
	cursor := w.tx.Bucket(contestedBucket).Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
		waiting := slices.Clone(k[len(prefix):])
		all = append(all, waiting)
		p, _, err := w.person(waiting)
		if err != nil {
			return err
		}
		if next == nil || first(p.email.at, waiting, at, next) {
			next, at = waiting, p.email.at
		}
	}
	w.unindex(email)
	for _, waiting := range all { // the address gets a cut-off in this commit, perhaps after this
		w.note(fact.CutOffRecord, waiting)
	}
	if next != nil {
		w.uncontest(email, next)
		w.index(email, next)
	}
	return nil
}

// contest has a customer, by key, wait for an address, and uncontest ends the wait.
func (w *writer) contest(email string, key []byte) {
	w.put(contestedBucket, contestedKey(email, key), []byte{recordVersion})
	w.fleet.contested++
}

func (w *writer) uncontest(email string, key []byte) {
	if k := contestedKey(email, key); w.get(contestedBucket, k) != nil {
		w.remove(contestedBucket, k)
		w.fleet.contested--
	}
}

// index has an e-mail address lead to a customer, by key.
func (w *writer) index(email string, key []byte) {
	w.put(emailsBucket, []byte(email), encodeOwner(key))
	if folded := Fold(email); folded != email {
		w.put(foldedBucket, foldedKey(folded, email), []byte{recordVersion})
	}
}

// unindex has an e-mail address lead to nobody.
func (w *writer) unindex(email string) {
	w.remove(emailsBucket, []byte(email))
	if folded := Fold(email); folded != email {
		w.remove(foldedBucket, foldedKey(folded, email))
	}
}
