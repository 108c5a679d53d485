package store

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// keyRecord is what all facts about a key come to: one fact that says all of it, and the earliest retirement.
type keyRecord struct {
	fact.Key
	retired int64 // Unix seconds; 0: it was not retired
}

// encode: version 1 | i64 retired | the fact.
func (k keyRecord) encode() []byte {
	return fact.Append(codec.I64([]byte{recordVersion}, k.retired), k.Key)
}

// decodeKey reads the record under an id.
func decodeKey(id, value []byte) (keyRecord, error) {
	r := begin(value)
	retired := r.I64()
	f, err := fact.Decode(r.Rest)
	k, ok := f.(fact.Key)
	if r.Bad || err != nil || !ok || k.ID != string(id) || retired < 0 {
		return keyRecord{}, corrupt("key")
	}
	return keyRecord{k, retired}, nil
}

// key is the record for callers.
func (k keyRecord) key(sealed bool) Key {
	return Key{ID: k.ID, Algorithm: k.Algorithm, Public: k.Public, Origin: KeyOrigin(k.Origin), Added: k.Added,
		Node: k.Node, NoKID: k.NoKID, RefreshOnly: k.RefreshOnly, SignsFrom: k.SignsFrom,
		Ends: k.ends(), Longest: k.Longest, Retired: k.ForGood, Sealed: sealed}
}

// ends is the end that was set, or that of the retirement where it is earlier, in Unix seconds; 0: there is none.
func (k keyRecord) ends() int64 { return earlier(k.Ends, k.retired) }

// earlier is the earlier one of two ends; 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// join joins a fact about the key, and reports whether it says anything new. Of two that make one id, the last counts:
// the id of a key that was forgotten may be used again. Within one making, the latest stamp counts for what can change,
// the longest life, and the earliest retirement: no other end takes that back, whatever its stamp, since whoever writes
// it may not know yet that the key was retired. ForGood is for good.
func (k *keyRecord) join(f fact.Key) (changed bool) {
	old := k.encode()
	switch order := f.Made.Compare(k.Made); {
	case order < 0:
		return false
	case order > 0:
		*k = keyRecord{f, f.Retired()}
	default:
		at, longest, forGood := k.Key, max(k.Longest, f.Longest), k.ForGood || f.ForGood
		if order := f.Stamp.Compare(k.Stamp); order > 0 || order == 0 && wins(f, k.Key) {
			at = f
		}
		at.Longest = longest
		at.ForGood = forGood
		*k = keyRecord{at, earlier(k.retired, f.Retired())}
	}
	return !bytes.Equal(k.encode(), old)
}

// wins decides between facts with equal stamps, which no sound node makes, without regard to what only grows.
func wins(f, old fact.Key) bool {
	f.Longest, f.ForGood = old.Longest, old.ForGood
	return bytes.Compare(fact.Append(nil, f), fact.Append(nil, old)) > 0
}

// joinKey joins a fact to its key.
func (w *writer) joinKey(f fact.Key) error {
	k, found, err := w.key(f.ID)
	if err != nil {
		return err
	}
	if !found || k.join(f) {
		if !found {
			k = keyRecord{f, f.Retired()}
		}
		w.put(keysBucket, []byte(f.ID), k.encode())
		w.keysChanged = true
	}
	return nil
}

// sealKey keeps the private part of a key, while the key is known.
func (w *writer) sealKey(f fact.SealKey) {
	if w.get(keysBucket, []byte(f.ID)) != nil {
		w.put(sealedBucket, []byte(f.ID), append([]byte{recordVersion}, f.Sealed...))
		w.keysChanged = true
	}
}

// unsealKey drops the private part of a key, if it is here.
func (w *writer) unsealKey(id string) {
	if w.get(sealedBucket, []byte(id)) != nil {
		w.remove(sealedBucket, []byte(id))
		w.keysChanged = true
	}
}

// forgetKey removes a key that was made at a time, and its private part.
func (w *writer) forgetKey(f fact.ForgetKey) error {
	k, found, err := w.key(f.ID)
	if err != nil || !found || k.Made != f.Made {
		return err
	}
	w.remove(keysBucket, []byte(f.ID))
	w.unsealKey(f.ID)
	w.keysChanged = true
	return nil
}

// keyRecords reads the records of all keys, in the order in which these were added.
func (t tables) keyRecords() (list []keyRecord, err error) {
	err = t.tx.Bucket(keysBucket).ForEach(func(id, value []byte) error {
		k, err := decodeKey(id, value)
		list = append(list, k)
		return err
	})
	slices.SortFunc(list, func(a, b keyRecord) int {
		return cmp.Or(cmp.Compare(a.Added, b.Added), a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// key reads the record of a key; found is false if there is none.
func (t tables) key(id string) (k keyRecord, found bool, err error) {
	value := t.get(keysBucket, []byte(id))
	if value == nil {
		return keyRecord{}, false, nil
	}
	if k, err = decodeKey([]byte(id), value); err != nil {
		return keyRecord{}, false, fmt.Errorf("key %q: %w", id, err)
	}
	return k, true, nil
}

// sealedKey reads the private part of a key; nil if it is not here.
func (t tables) sealedKey(id string) ([]byte, error) {
	value := t.get(sealedBucket, []byte(id))
	if value == nil {
		return nil, nil
	}
	sealed, err := decodeSealed(value)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", id, err)
	}
	return sealed, nil
}

// decodeSealed reads the record of a private part: version 1 | the bytes that seal it.
func decodeSealed(value []byte) ([]byte, error) {
	r := begin(value)
	if sealed := r.rest(); r.Done() {
		return sealed, nil
	}
	return nil, corrupt("private part")
}
