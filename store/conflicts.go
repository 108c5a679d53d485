package store

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Conflict is an id or an e-mail address that nodes which did not know of each other gave to two customers. The one who
// was given it first has it. The other waits until it is given up.
type Conflict struct {
	Email      string // the address; "": it is an id
	Has, Waits Claim
}

// Claim is a customer of a Conflict.
type Claim struct {
	ID    core.CustomerID
	Made  fact.Stamp
	Email string
}

// Conflicts returns at most most conflicts, those about addresses first.
func (db *DB) Conflicts(ctx context.Context, most int) (list []Conflict, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		list, err = t.conflicts(db.identity.ids, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list conflicts: %w", err)
	}
	return list, nil
}

func (t tables) conflicts(kind core.IDKind, most int) (list []Conflict, err error) {
	cursor := t.tx.Bucket(contestedBucket).Cursor()
	for k, _ := cursor.First(); k != nil && len(list) < most; k, _ = cursor.Next() {
		email, key, _ := strings.Cut(string(k), "\x00")
		owner, err := t.ownerKey(email)
		if err != nil {
			return nil, err
		}
		c := Conflict{Email: email}
		if c.Has, err = t.claimant(kind, owner); err == nil {
			c.Waits, err = t.claimant(kind, []byte(key))
		}
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	cursor = t.tx.Bucket(parkedBucket).Cursor()
	for k, v := cursor.First(); k != nil && len(list) < most; k, v = cursor.Next() {
		p, err := decodePerson(v)
		if err != nil {
			return nil, err
		}
		if !p.whole() { // the fact that makes it has yet to come
			continue
		}
		c := Conflict{}
		key := bytes.TrimSuffix(k[2:], p.made.Append(nil))
		if c.Has, err = t.claimant(kind, key); err != nil {
			return nil, err
		}
		c.Waits = Claim{ID: c.Has.ID, Made: p.made, Email: p.email.value}
		list = append(list, c)
	}
	return list, nil
}

// claimant is the customer who holds an id, by key.
func (t tables) claimant(kind core.IDKind, key []byte) (Claim, error) {
	id, err := readIDKey(kind, key)
	if err != nil {
		return Claim{}, err
	}
	p, _, err := t.person(key)
	return Claim{ID: id, Made: p.made, Email: p.email.value}, err
}
