package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// credentials: the password must be that of an active customer.
func (d *decision) credentials() cause.Cause {
	if c := &d.req.State.Customer; !d.req.State.PasswordGood || c.ID.IsZero() || !c.Active {
		return cause.BadCredentials
	}
	return cause.OK
}

// customer checks the customer that an accepted token in a header names.
func (d *decision) customer() cause.Cause {
	c := &d.req.State.Customer
	switch {
	case d.o.Customer.Form == strictjson.Absent:
		return cause.NoCustomerClaim
	case c.ID.IsZero() || d.own() != cause.OK:
		return cause.CustomerNotFound
	case !c.Active && (d.s.CheckUserIsActive || !d.v.customerSettings):
		return cause.CustomerInactive
	}
	return cause.OK
}

// password: the token must have been issued for the present password of the customer.
func (d *decision) password() cause.Cause {
	if d.v.customerSettings && d.s.CheckRevokeToken && (d.o.Revoke.Form != strictjson.String ||
		string(d.o.Revoke.Text(d.o.Claims)) != d.req.State.Customer.RevokeClaim) {
		return cause.RevokeClaim
	}
	return cause.OK
}

// found: the customer that the token names must exist.
func (d *decision) found() cause.Cause {
	if d.req.State.Customer.ID.IsZero() {
		return cause.CustomerNotFound
	}
	return cause.OK
}

// active: on the secure wire a token that names a customer of ours is good for verify only while that exists and is
// active. A customer who was disabled here has a cut-off, one who was imported so has none.
func (d *decision) active() cause.Cause {
	if c := &d.req.State.Customer; d.own() == cause.OK && truthy(d.o.Claims, d.o.Customer) &&
		(c.ID.IsZero() || !c.Active) {
		return cause.InactiveAccount
	}
	return cause.OK
}

// refreshCustomer: where a refresh names a customer, it must exist and be active. On the secure wire it must be active
// whatever CHECK_USER_IS_ACTIVE says: a disabled customer gets nothing new.
func (d *decision) refreshCustomer() cause.Cause {
	if !truthy(d.o.Claims, d.o.Customer) {
		return cause.OK
	}
	c := &d.req.State.Customer
	if c.ID.IsZero() || !c.Active && (d.s.CheckUserIsActive || d.s.Wire == Secure) {
		return cause.InactiveAccount
	}
	return cause.OK
}

// readable: the customer claim can be read as an id.
func (d *decision) readable() cause.Cause {
	if d.req.State.UnreadableCustomer {
		return cause.NoCustomerClaim
	}
	return cause.OK
}
