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

// Fold returns an e-mail address without regard to case. It folds each code point by Unicode's simple case folding, as
// strings.EqualFold does, so the number of characters stays the same and "ß" does not become "ss". Django's iexact does
// the same in a data base that compares UPPER() of both. SQLite's LIKE finds less, since it folds only ASCII.
func Fold(email string) string { return strings.Map(foldRune, email) }

// foldRune returns the first lower-case letter among the runes that differ from r only by case, else the first of them.
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

// foldedKey is the key of an address that differs from its fold: fold | 00 | address. No address has a null character.
func foldedKey(folded, email string) []byte { return []byte(folded + "\x00" + email) }

// alike returns stored e-mail addresses that differ from one only by case, at most so many.
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

// folded returns the customer with an e-mail address, else the only customer whose address differs from it only by
// case. It is zero if there is none, or more than one.
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

// Collision is two stored e-mail addresses that differ only by case.
type Collision struct{ First, Second string }

// Collisions returns pairs of customers' e-mail addresses that differ only by case: the first ones, at most limit. With
// Query.Fold a third spelling finds neither address of a pair. Collisions looks at each address that is not its own
// fold, which takes a second for a million of them.
func (db *DB) Collisions(ctx context.Context, limit int) (list []Collision, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		var last, first string // the previous fold, and the first address with it
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
