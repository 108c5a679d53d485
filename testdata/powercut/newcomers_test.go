package powercut_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// begin adds a customer, or imports it with others. gone is the moment at which its removal is asked for.
func (c *client) begin(who core.CustomerID, email string, gone func() int) error {
	add := func() error {
		_, err := c.db.Add(bg, store.NewCustomer{ID: who, Email: email, IsActive: true, PasswordHash: c.hash})
		if errors.Is(err, store.ErrExists) { // an attempt before was made after all
			return nil
		}
		return err
	}
	if who.Int%2 == 0 {
		add = func() error { return c.imports(who, email) }
	}
	if err := again(add); err != nil {
		return err
	}
	c.ledger.note("add "+email, gone, func(_ *node.Node, db *store.DB) error {
		_, err := db.Get(bg, who)
		return err
	})
	return nil
}

// batch is how many customers are imported at once.
const batch = 10

// imports imports a customer, and others of whom nobody else hears. An import is there as a whole or not at all.
func (c *client) imports(who core.CustomerID, email string) error {
	rows := []store.ImportRow{{NewCustomer: store.NewCustomer{ID: who, Email: email, IsActive: true,
		PasswordHash: c.hash}}}
	for i := range int64(batch - 1) {
		rows = append(rows, store.ImportRow{NewCustomer: store.NewCustomer{
			ID: core.Integer(1_000_000*(i+1) + who.Int), Email: fmt.Sprintf("with%d.%s", i, email), PasswordHash: "!",
		}})
	}
	there := func(db *store.DB, ok ...store.ImportStatus) error {
		list, err := db.Import(bg, rows[1:], store.ImportConfig{Dry: true})
		for _, r := range list {
			if r.Status != list[0].Status || !slices.Contains(ok, r.Status) {
				return fmt.Errorf("customer %v is %s, and %v %s: %w", r.ID, r.Status, list[0].ID, list[0].Status, r.Err)
			}
		}
		return err
	}
	c.ledger.note("all or nothing of the import of "+email, nil, func(_ *node.Node, db *store.DB) error {
		return there(db, store.ImportAdded, store.ImportUnchanged)
	})
	list, err := c.db.Import(bg, rows, store.ImportConfig{})
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Status != store.ImportAdded && r.Status != store.ImportUnchanged { // by an attempt before
			return fmt.Errorf("import of %s: customer %v is %s: %w", email, r.ID, r.Status, r.Err)
		}
	}
	c.ledger.note("import of "+email, nil, func(_ *node.Node, db *store.DB) error {
		return there(db, store.ImportUnchanged)
	})
	return nil
}
