package store

import (
	"fmt"

	"github.com/edgetoken/edgetoken/core"
)

// newcomers are the customers that one request adds.
type newcomers struct {
	w       *writer
	highest int64
	ids     map[core.CustomerID]bool
	emails  map[string]bool
}

func (w *writer) newcomers(most int) *newcomers {
	return &newcomers{w, w.tally.highest, make(map[core.CustomerID]bool, most), make(map[string]bool, most)}
}

// place gives a new customer an id if it has none. The error is ErrExists if its id or its e-mail address is taken.
func (n *newcomers) place(c *Customer) error {
	if c.ID.IsZero() {
		if n.highest+1 < n.highest {
			return fmt.Errorf("id %w: the highest integer is taken", ErrInvalid)
		}
		c.ID = core.Integer(n.highest + 1)
	}
	if n.ids[c.ID] || n.w.get(customersBucket, idKey(c.ID)) != nil {
		return fmt.Errorf("id %v is %w", c.ID, ErrExists)
	}
	if err := n.takes(c.Email, ""); err != nil {
		return err
	}
	n.highest = max(n.highest, c.ID.Int)
	n.ids[c.ID] = true
	return nil
}

// takes says why a customer cannot get an e-mail address, and else notes that it gets it. own is its present address.
func (n *newcomers) takes(email, own string) error {
	if n.emails[n.w.alone(email)] {
		return fmt.Errorf("e-mail address is %w", ErrExists)
	}
	if err := n.w.free(email, own); err != nil {
		return err
	}
	n.emails[n.w.alone(email)] = true
	return nil
}
