package store

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// maxPage bounds a page of List.
const maxPage = 1000

// Get returns the customer with an id of the store's kind; ErrNotFound if there is none.
func (db *DB) Get(ctx context.Context, id core.CustomerID) (Customer, error) {
	return db.get(ctx, func(tables) (core.CustomerID, error) { return id, nil }, id.String())
}

// GetByEmail returns the customer with an e-mail address; ErrNotFound if there is none.
func (db *DB) GetByEmail(ctx context.Context, email string) (Customer, error) {
	return db.get(ctx, func(t tables) (core.CustomerID, error) { return t.owner(db.identity.ids, email) }, email)
}

func (db *DB) get(ctx context.Context, find func(tables) (core.CustomerID, error), name string) (c Customer,
	err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
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

// List returns a page of at most limit customers (1 to 1000; anything else is 1000), sorted by id: integers as numbers,
// texts by their bytes. The page begins behind the id after; zero: at the first customer. The page after the last is
// empty.
func (db *DB) List(ctx context.Context, after core.CustomerID, limit int) (page []Customer, err error) {
	err = db.list(ctx, after, limit, func(_ tables, c Customer) (bool, error) {
		page = append(page, c)
		return true, nil
	})
	return page, err
}

// list is List with a function that takes each customer, and says whether it takes more.
func (db *DB) list(
	ctx context.Context, after core.CustomerID, limit int, take func(tables, Customer) (more bool, err error),
) error {
	if !after.IsZero() && after.Kind != db.identity.ids {
		return fmt.Errorf("list customers: id %w: the store holds %s", ErrInvalid, kindName(db.identity.ids))
	}
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		cursor := t.tx.Bucket(customersBucket).Cursor()
		var last []byte
		if !after.IsZero() {
			last = idKey(after)
		}
		key, _ := seekBehind(cursor, last)
		for more := true; key != nil && limit > 0 && more; key, _ = cursor.Next() {
			id, err := readIDKey(db.identity.ids, key)
			if err != nil {
				return err
			}
			c, _, err := t.customer(id)
			if err == nil {
				more, err = take(t, c)
			}
			if err != nil {
				return fmt.Errorf("customer %q: %w", id, err)
			}
			limit--
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list customers: %w", err)
	}
	return nil
}

// Count returns the number of customers. It takes equally long for any number.
func (db *DB) Count(ctx context.Context) (int, error) {
	s, err := db.Stats(ctx)
	return s.Customers, err
}
