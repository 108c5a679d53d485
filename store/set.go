package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
)

// Change is what Set changes of a customer. A nil field changes nothing.
type Change struct {
	Email, FirstName, LastName *string
	IsStaff, IsSuperuser       *bool
	Attributes                 json.RawMessage // a JSON object in place of the present one; "null": none
}

// Set changes a customer's names, address and flags, and returns the customer as it is now. The error is ErrExists if
// another customer has the e-mail address, ErrInvalid if a value cannot be stored.
//
// A change of the address leaves a tombstone with a cut-off under the old one, kept as long as that of Remove. With
// USER_ID_FIELD: email, tokens name the old address. They end with the change, and stay dead even if another customer
// takes the address. With USER_ID_FIELD: id, tokens and sessions go on. A customer that takes an address with a
// tombstone inherits its cut-off, which also ends the customer's own older tokens and sessions.
func (db *DB) Set(ctx context.Context, id core.CustomerID, change Change, keep time.Duration) (Customer, error) {
	if keep < 0 {
		return Customer{}, fmt.Errorf("tombstone %w: it would be kept for less than no time", ErrInvalid)
	}
	attributes := change.Attributes
	if string(attributes) == "null" {
		attributes = nil
	}
	attributes, err := checkAttributes(attributes)
	if err != nil {
		return Customer{}, err
	}
	var after Customer
	err = db.write(ctx, func(w *writer) error {
		c, cutOff, err := w.existing(id)
		if err != nil {
			return err
		}
		before := c
		change.apply(&c, attributes)
		if c.Email == "" {
			return fmt.Errorf("customer %q: e-mail address %w: it is empty", id, ErrInvalid)
		}
		if err := checkTexts(c); err != nil {
			return fmt.Errorf("customer %q: %w", id, err)
		}
		after = c
		if same(before, c) {
			return nil
		}
		if c.Email != before.Email {
			if err := w.readdress(before, c, cutOff, keep); err != nil {
				return fmt.Errorf("customer %q: %w", id, err)
			}
		}
		c.Version = w.version()
		w.put(customersBucket, idKey(id), encodeCustomer(c))
		after = c
		return nil
	})
	if err != nil { // the committer may still write after
		return Customer{}, err
	}
	return after, nil
}

// apply changes c.
func (n Change) apply(c *Customer, attributes json.RawMessage) {
	for _, f := range []struct {
		to   *string
		from *string
	}{{&c.Email, n.Email}, {&c.FirstName, n.FirstName}, {&c.LastName, n.LastName}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if n.IsStaff != nil {
		c.IsStaff = *n.IsStaff
	}
	if n.IsSuperuser != nil {
		c.IsSuperuser = *n.IsSuperuser
	}
	if n.Attributes != nil {
		c.Attributes = attributes
	}
}

// same reports whether Set changed nothing.
func same(a, b Customer) bool {
	return a.Email == b.Email && a.FirstName == b.FirstName && a.LastName == b.LastName && a.IsStaff == b.IsStaff &&
		a.IsSuperuser == b.IsSuperuser &&
		slices.Equal(a.Attributes, b.Attributes)
}

// readdress gives a customer with a cut-off another e-mail address.
func (w *writer) readdress(before, after Customer, cutOff int64, keep time.Duration) error {
	if err := w.free(after.Email, before.Email); err != nil {
		return err
	}
	tomb, buried, err := w.tombstone(emailTombstoneKey(after.Email))
	if err != nil {
		return err
	}
	key := idKey(after.ID)
	sessions, err := w.sessionsOf(key)
	if err != nil {
		return err
	}
	left, err := w.newTombstone(cutOff, keep)
	if err != nil {
		return err
	}
	w.unindex(before.Email)
	w.entombEnded(change.Address.Ends(before.ID, before.Email), left)
	w.index(after.Email, key)
	if buried {
		w.bury(grave{emailTombstoneKey(after.Email), tomb})
		if tomb.cutOff > cutOff {
			w.put(cutOffsBucket, key, encodeNumber(tomb.cutOff))
			w.endSessions(slices.DeleteFunc(sessions, func(e ending) bool { return e.started > tomb.cutOff }))
		}
	}
	return nil
}

// alone returns the text that must be unique among customers: the e-mail address, or its fold.
func (w *writer) alone(email string) string {
	if w.foldEmails {
		return Fold(email)
	}
	return email
}

// free says why a customer cannot get an e-mail address; nil: it can. own is its present address, "" for a new
// customer.
func (w *writer) free(email, own string) error {
	if w.get(emailsBucket, []byte(email)) != nil {
		return fmt.Errorf("e-mail address is %w", ErrExists)
	}
	if !w.foldEmails {
		return nil
	}
	for _, other := range w.alike(email, 2) {
		if other != own {
			return fmt.Errorf("e-mail address is %w but for upper and lower case: %q", ErrExists, other)
		}
	}
	return nil
}
