package store

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// maxPage bounds a page of List.
const maxPage = 1000

// Get is the customer with an id, of the store's kind; ErrNotFound where there is none.
func (db *DB) Get(ctx context.Context, id core.CustomerID) (Customer, error) {
	return db.get(ctx, func(tables) (core.CustomerID, error) { return id, nil }, id.String())
}

// GetByEmail is the customer with an e-mail address; ErrNotFound where there is none.
func (db *DB) GetByEmail(ctx context.Context, email string) (Customer, error) {
	return db.get(ctx, func(t tables) (core.CustomerID, error) { return t.owner(db.identity.ids, email) }, email)
}

func (db *DB) get(ctx context.Context, find func(tables) (core.CustomerID, error), name string) (c Customer,
	err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx}
		id, err := find(t)
		found := false
		if err == nil && id.Kind == db.identity.ids {
			c, found, err = t.customer(id)
		}
		if err == nil && !found {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return Customer{}, fmt.Errorf("customer %q: %w", name, err)
	}
	return c, nil
}

// List is a page of at most limit customers (1 to 1000; anything else is 1000) in the order of their ids, from the
// one that follows after; zero: from the first. Integers are ordered as numbers, texts by their bytes. The page after
// the last is empty.
func (db *DB) List(ctx context.Context, after core.CustomerID, limit int) (page []Customer, err error) {
	if !after.IsZero() && after.Kind != db.identity.ids {
		return nil, fmt.Errorf("list customers: id %w: the store holds %s", ErrInvalid, kindName(db.identity.ids))
	}
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx}
		cursor := t.tx.Bucket(customersBucket).Cursor()
		key, _ := cursor.First()
		if !after.IsZero() {
			last := idKey(after)
			if key, _ = cursor.Seek(last); string(key) == string(last) {
				key, _ = cursor.Next()
			}
		}
		for ; key != nil && len(page) < limit; key, _ = cursor.Next() {
			id, err := readIDKey(db.identity.ids, key)
			if err != nil {
				return err
			}
			c, _, err := t.customer(id)
			if err != nil {
				return fmt.Errorf("customer %q: %w", id, err)
			}
			page = append(page, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	return page, nil
}

// Count is the number of customers; it takes no longer with more of them.
func (db *DB) Count(ctx context.Context) (int, error) {
	s, err := db.Stats(ctx)
	return s.Customers, err
}
