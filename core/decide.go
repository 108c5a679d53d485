package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Writes reports whether an operation writes tokens. Those that do not are decided without any engine, by Decide.
func (op Op) Writes() bool { return op == Login || op == Refresh }

// Decide decides a request and writes nothing: all that there is to operations that write no token, and of the others
// whether they would.
//
// The order of checks is one table, since clients see it: an expired forgery is invalid, not expired; a blacklisted
// token of another type is blacklisted. First come, for every token, form, header, key and signature (Open), then the
// end of the key and the registered claims. Then:
//
//	access token in a header     exp present, id, type
//	sliding token in a header    blacklist, exp present, id, type
//	… once a class accepts       customer claim, found, active, password claim
//	refresh                      blacklist, exp present, id, type, customer
//	blacklist                    blacklist, exp present, id, type
//	verify                       exp present, id, blacklist, customer active
func Decide(s *Settings, req Request) Outcome {
	var o Outcome
	d := newDecision(s, &req)
	d.decide(&o)
	return o
}

// decide sets all of o but the tokens and the effects of those that are written.
func (d *decision) decide(o *Outcome) {
	o.Refusals = nil
	switch d.req.Op {
	case Authenticate:
		o.Refusals = d.authenticate()
	case Verify:
		o.refuse(d.verify())
	case Blacklist:
		o.refuse(first(d.refreshToken, d.own))
		if !o.Refused() {
			o.blacklist(d)
		}
	case Refresh:
		o.refuse(first(d.refreshToken, d.own, d.refreshCustomer, d.writable))
	case Login:
		o.refuse(d.credentials())
	}
	o.Effects.Node = d.s.Node
	o.reads(d)
}

func (o *Outcome) refuse(c cause.Cause) {
	if c != cause.OK {
		o.Refusals = []Refusal{{Cause: c}}
	}
}

// credentials: the password must be that of an active customer.
func (d *decision) credentials() cause.Cause {
	if c := &d.req.State.Customer; !d.req.State.PasswordGood || c.ID.IsZero() || !c.Active {
		return cause.BadCredentials
	}
	return cause.OK
}

// authenticate tries each class of AUTH_TOKEN_CLASSES; one that accepts is enough.
func (d *decision) authenticate() []Refusal {
	var refusals []Refusal
	for _, class := range d.s.AuthTokenClasses {
		c := d.inHeader(class)
		if c == cause.OK {
			if c = d.customer(); c != cause.OK {
				return []Refusal{{Cause: c}}
			}
			return nil
		}
		refusals = append(refusals, Refusal{Cause: c, Class: class})
	}
	return refusals
}

func (d *decision) inHeader(class TokenType) cause.Cause {
	is := func() cause.Cause { return d.tokenType(class) }
	if class == SlidingToken {
		return first(d.registered, d.blacklist, d.expiry, d.id, is)
	}
	if d.s.Wire == Exact {
		return first(d.registered, d.expiry, d.id, is)
	}
	return first(d.registered, d.expiry, d.id, is, d.revoked)
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
	case d.v.customerSettings && d.s.CheckRevokeToken && !d.revokeClaim(c):
		return cause.RevokeClaim
	}
	return cause.OK
}

func (d *decision) revokeClaim(c *Customer) bool {
	return d.o.Revoke.Form == strictjson.String && string(d.o.Revoke.Text(d.o.Claims)) == c.RevokeClaim
}

// verify asks the blacklist always, or on the exact wire where BLACKLIST_AFTER_ROTATION says so.
func (d *decision) verify() cause.Cause {
	c := first(d.registered, d.expiry, d.id)
	switch {
	case c != cause.OK:
		return c
	case d.s.Wire == Secure:
		return first(d.revoked, d.active)
	case d.s.BlacklistAfterRotation:
		return d.dead()
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

func (d *decision) refreshToken() cause.Cause {
	is := func() cause.Cause { return d.tokenType(RefreshToken) }
	return first(d.registered, d.blacklist, d.expiry, d.id, is)
}

// refreshCustomer: where a refresh names a customer, it must exist and be active. The reference asks from 5.4 on; the
// secure wire in every version and whatever CHECK_USER_IS_ACTIVE says, for a disabled or deleted customer gets
// nothing new.
func (d *decision) refreshCustomer() cause.Cause {
	secure := d.s.Wire == Secure
	if !d.v.refreshChecksCustomer && !secure || !truthy(d.o.Claims, d.o.Customer) {
		return cause.OK
	}
	c := &d.req.State.Customer
	if c.ID.IsZero() || !c.Active && (d.s.CheckUserIsActive || secure) {
		return cause.InactiveAccount
	}
	return cause.OK
}

// writable: the token could be written again.
func (d *decision) writable() cause.Cause {
	if f := d.o.TokenIssuer.Form; d.v.textIssuer && f != strictjson.Absent && f != strictjson.String {
		return cause.WrongIssuer
	}
	return cause.OK
}

// listed: the id is one that a blacklist can hold.
func (d *decision) listed() cause.Cause {
	if !d.fam.Listed {
		return cause.BadID
	}
	return cause.OK
}

// readable: the customer claim can be read as an id.
func (d *decision) readable() cause.Cause {
	if d.v.blacklistReadsCustomer && d.req.State.UnreadableCustomer {
		return cause.NoCustomerClaim
	}
	return cause.OK
}

// blacklist revokes the family of a refresh token until nothing of it can be valid.
func (o *Outcome) blacklist(d *decision) {
	if !d.s.BlacklistApp {
		return
	}
	if c := first(d.listed, d.writable, d.readable); c != cause.OK {
		o.refuse(c)
		return
	}
	exp, _ := d.o.Expires()
	follow := Lifetimes{Access: d.req.State.Longest.Raised(d.s).Access}
	until := follow.RevokedUntil(d.req.Now, exp, d.fam.Start)
	o.Effects.List = append(o.Effects.List, Revocation(d.s, d.fam, d.o.Issuer, d.req.State.Customer.ID, until)...)
}

// Revocation gives the effects that revoke the family of a token, which issuer's key signed and which names a customer.
// Tokens that were issued from a foreign token have a family under the customer's name: it ends too. On the secure wire
// the oldest revoked families of the customer fold.
func Revocation(s *Settings, f Family, issuer string, customer CustomerID, until int64) []Effect {
	list := []Effect{{Kind: RevokeFamily, Family: f.Key(issuer, customer), At: f.Start, Until: until}}
	if customer.IsZero() {
		return list
	}
	if !f.Ours {
		list = append(list, Effect{Kind: RevokeFamily, Family: FamilyKey{Issuer: issuer, Customer: customer,
			Bits: f.Bits}, At: max(f.Start, familyEpoch), Until: until})
	}
	if s.Wire == Secure {
		list = append(list, Effect{Kind: FoldFamilies, Customer: customer, At: MaxRevoked})
	}
	return list
}

// reads notes what the decision depends on.
func (o *Outcome) reads(d *decision) {
	r := &o.Effects.Reads
	*r = Reads{}
	r.Customer = d.req.State.Customer.ID
	r.CustomerVersion = d.req.State.Customer.Version
	r.CutOff = d.req.State.CutOff
	if d.req.Op != Login && d.fam.Listed {
		r.HasFamily = true
		r.Family = d.fam.Key(d.o.Issuer, r.Customer)
		r.FamilyVersion = d.req.State.Family.Version
	}
}
