package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/store/fact"
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
// A change of the address gives the old one a cut-off, kept as long as that of Remove. With USER_ID_FIELD: email,
// tokens name the old address. They end with the change, and stay dead even if another customer takes the address.
// With USER_ID_FIELD: id, tokens and sessions go on. If the new address has a cut-off, that also ends the customer's
// own older tokens and sessions.
func (db *DB) Set(ctx context.Context, id core.CustomerID, changes Change, keep time.Duration) (Customer, error) {
	if keep < 0 {
		return Customer{}, fmt.Errorf("tombstone %w: it would be kept for less than no time", ErrInvalid)
	}
	attributes := changes.Attributes
	if string(attributes) == "null" {
		attributes = nil
	}
	attributes, err := checkAttributes(attributes)
	if err != nil {
		return Customer{}, err
	}
	var after Customer
	err = db.writeThen(ctx, func(w *writer) (resolved, error) {
		p, cutOff, err := w.existing(id)
		if err != nil {
			return nil, err
		}
		before := p.customer(id)
		after = before
		changes.apply(&after, attributes)
		if after.Email == "" {
			return nil, fmt.Errorf("customer %q: e-mail address %w: it is empty", id, ErrInvalid)
		}
		if err := checkTexts(after); err != nil {
			return nil, named(id, err)
		}
		f := fact.Customer{ID: id, Made: p.made, Set: differing(before, after), Email: after.Email,
			FirstName: after.FirstName, LastName: after.LastName, Staff: after.IsStaff, Superuser: after.IsSuperuser,
			Attributes: after.Attributes}
		if f.Set == 0 {
			return nil, nil
		}
		var facts resolved
		if f.Set&fact.Email != 0 {
			if facts, err = w.readdress(before, after, cutOff, keep); err != nil {
				return nil, named(id, err)
			}
		}
		f.Stamp = w.stamp()
		return append(facts, f), nil
	}, func(w *writer) (err error) {
		after, _, err = w.customer(id)
		return err
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

// differing are the fields in which two customers differ, of those that Set can change.
func differing(a, b Customer) (set fact.Fields) {
	for _, f := range []struct {
		field fact.Fields
		same  bool
	}{
		{fact.Email, a.Email == b.Email}, {fact.FirstName, a.FirstName == b.FirstName},
		{fact.LastName, a.LastName == b.LastName}, {fact.Staff, a.IsStaff == b.IsStaff},
		{fact.Superuser, a.IsSuperuser == b.IsSuperuser}, {fact.Attributes, slices.Equal(a.Attributes, b.Attributes)},
	} {
		if !f.same {
			set |= f.field
		}
	}
	return set
}

// readdress returns the cut-offs that go with another e-mail address. The old address gets one. The cut-off of the new
// address is kept for good. What the cut-off of either address has ended stays ended by a cut-off of the id.
func (w *writer) readdress(before, after Customer, existing int64, keep time.Duration) (resolved, error) {
	if err := w.free(after.Email, before.Email); err != nil {
		return nil, err
	}
	next, err := w.cutOff(subjectKey(fact.ByAddress(after.Email)))
	if err != nil {
		return nil, err
	}
	own, err := w.cutOff(idKey(after.ID))
	if err != nil {
		return nil, err
	}
	last, err := w.lastCutOff(existing, keep)
	if err != nil {
		return nil, err
	}
	facts := append(next.hold(fact.ByAddress(after.Email)),
		cutOffs(change.Address.Ends(before.ID, before.Email), last)...)
	if ended := max(existing, next.at); ended > own.at {
		facts = append(facts, fact.CutOff{Subject: fact.ByID(after.ID), At: ended})
	}
	return facts, nil
}

// alone returns the text that only one of several new customers may have: the e-mail address, or its fold.
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
