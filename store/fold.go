package store

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// Fold is an e-mail address without regard to case, code point by code point: Unicode's simple case folding, as
// strings.EqualFold compares, so that a text has the same length in characters and "ß" is no "ss". It is what
// Django's iexact does where the data base compares UPPER() of both; SQLite's LIKE, which folds ASCII only, finds
// less.
func Fold(email string) string { return strings.Map(foldRune, email) }

// foldRune is the first lower-case letter among those that differ by case only, or else the first of them.
func foldRune(r rune) rune {
	if r < unicode.MaxASCII && (r < 'A' || r > 'z') {
		return r
	}
	first, lower := r, rune(-1)
	for c := r; ; {
		first = min(first, c)
		if unicode.IsLower(c) && (lower < 0 || c < lower) {
			lower = c
		}
		if c = unicode.SimpleFold(c); c == r {
			break
		}
	}
	if lower >= 0 {
		return lower
	}
	return first
}

// foldedKey is the key by which an address is found that differs from its fold: fold | 00 | address. No address has a
// null character.
func foldedKey(folded, email string) []byte { return []byte(folded + "\x00" + email) }

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

// alike are at most so many stored e-mail addresses that are the same but for case.
func (t tables) alike(email string, most int) (list []string) {
	folded := Fold(email)
	if folded != "" && len(folded) <= maxText && t.get(emailsBucket, []byte(folded)) != nil {
		list = append(list, folded)
	}
	prefix := foldedKey(folded, "")
	cursor := t.tx.Bucket(foldedBucket).Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix) && len(list) < most; k, _ = cursor.Next() {
		list = append(list, string(k[len(prefix):]))
	}
	return list
}

// folded is the customer with an e-mail address, or else the only one whose address is the same but for case; zero
// where there is none, or more than one.
func (t tables) folded(kind core.IDKind, email string) (core.CustomerID, error) {
	if len(email) > maxText {
		return core.CustomerID{}, nil
	}
	id, err := t.owner(kind, email)
	if err != nil || !id.IsZero() {
		return id, err
	}
	if list := t.alike(email, 2); len(list) == 1 {
		return t.owner(kind, list[0])
	}
	return core.CustomerID{}, nil
}

// Collision is two stored e-mail addresses that are the same but for case.
type Collision struct{ First, Second string }

// Collisions are the first pairs of customers' e-mail addresses that are the same but for case, at most limit of
// them: with Query.Fold neither of two is found by a third spelling. It looks at each address that is not its own
// fold, which takes a second for a million of them.
func (db *DB) Collisions(ctx context.Context, limit int) (list []Collision, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx}
		var last, first string // the fold before, and the first address that has it
		cursor := tx.Bucket(foldedBucket).Cursor()
		for k, _ := cursor.First(); k != nil && len(list) < limit; k, _ = cursor.Next() {
			folded, email, ok := strings.Cut(string(k), "\x00")
			if !ok {
				return corrupt("folded e-mail")
			}
			if folded != last {
				last, first = folded, email
				if len(folded) > maxText || t.get(emailsBucket, []byte(folded)) == nil {
					continue
				}
				first = folded
			}
			list = append(list, Collision{first, email})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compare e-mail addresses: %w", err)
	}
	return list, nil
}
