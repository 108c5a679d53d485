package store

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/edgetoken/edgetoken/core"
)

// revoked is the record of a revoked family whose start is known, and its key.
type revoked struct {
	key []byte
	family
}

// revokedOf returns a customer's revoked families of known start. It skips records that cannot be read.
func (t tables) revokedOf(customer core.CustomerID) (list []revoked) {
	first, _ := familyKey(core.FamilyKey{Customer: customer})
	prefix := first[:len(first)-bitsLength]
	cursor := t.tx.Bucket(familiesBucket).Cursor()
	for k, v := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = cursor.Next() {
		if f, err := decodeFamily(v); err == nil && f.dead && f.start != 0 {
			list = append(list, revoked{k, f})
		}
	}
	return list
}

// foldFamilies replaces a customer's oldest revoked families by a cut-off, and leaves at most most families of known
// start. The cut-off also ends every family and session that began no later. A customer that does not exist has no
// cut-off, so its records stay until they end.
//
// Families of foreign ids have no customer in their names, so they are not folded. Each such record takes a validly
// signed token of Django's.
func (w *writer) foldFamilies(customer core.CustomerID, most int) {
	list := w.revokedOf(customer)
	if len(list) <= most {
		return
	}
	// Nothing below may fail, since other requests share the commit. Records that cannot be read stay.
	_, cutOff, err := w.existing(customer)
	if err != nil {
		return
	}
	sessions, err := w.sessionsOf(idKey(customer))
	if err != nil {
		return
	}
	slices.SortFunc(list, func(a, b revoked) int { return cmp.Compare(a.start, b.start) })
	list = slices.Clone(list[:len(list)-most])
	for i := range list {
		list[i].key = bytes.Clone(list[i].key)
	}
	folded := min(list[len(list)-1].start, core.LastStart)
	for _, f := range list {
		if f.start > folded {
			break
		}
		w.remove(familiesBucket, f.key)
		w.remove(expiryBucket, expiryKey(f.until, familyExpires, f.key))
		w.tally.families--
	}
	if folded > cutOff {
		w.put(cutOffsBucket, idKey(customer), encodeNumber(folded))
		w.endSessions(slices.DeleteFunc(sessions, func(e ending) bool { return e.started > folded }))
	}
}
