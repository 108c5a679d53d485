package core

import (
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Writes reports whether an operation writes tokens. Those that do not are judged without any engine, by Judge.
func (op Op) Writes() bool { return op == Login || op == Refresh }

// Decide judges a request and writes nothing: all that there is to operations that write no token, and of the others
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
	j := newDecision(s, &req)
	j.decide(&o)
	return o
}

// decide sets all of o but the tokens and the effects of those that are written.
func (j *decision) decide(o *Outcome) {
	o.Refusals = nil
	switch j.req.Op {
	case Authenticate:
		o.Refusals = j.authenticate()
	case Verify:
		o.refuse(j.verify())
	case Blacklist:
		o.refuse(first(j.refreshToken, j.own))
		if !o.Refused() {
			o.blacklist(j)
		}
	case Refresh:
		o.refuse(first(j.refreshToken, j.own, j.refreshCustomer, j.writable))
	case Login:
		o.refuse(j.credentials())
	}
	o.Effects.Node = j.s.Node
	o.reads(j)
}

func (o *Outcome) refuse(c Cause) {
	if c != OK {
		o.Refusals = []Refusal{{Cause: c}}
	}
}

// credentials: the password must be that of an active customer.
func (j *decision) credentials() Cause {
	if c := &j.req.State.Customer; !j.req.State.PasswordGood || c.ID.IsZero() || !c.Active {
		return BadCredentials
	}
	return OK
}

// authenticate tries each class of AUTH_TOKEN_CLASSES; one that accepts is enough.
func (j *decision) authenticate() []Refusal {
	var refusals []Refusal
	for _, class := range j.s.AuthTokenClasses {
		c := j.inHeader(class)
		if c == OK {
			if c = j.customer(); c != OK {
				return []Refusal{{Cause: c}}
			}
			return nil
		}
		refusals = append(refusals, Refusal{Cause: c, Class: class})
	}
	return refusals
}

func (j *decision) inHeader(class TokenType) Cause {
	is := func() Cause { return j.tokenType(class) }
	if class == SlidingToken {
		return first(j.registered, j.blacklist, j.expiry, j.id, is)
	}
	if j.s.Wire == Exact {
		return first(j.registered, j.expiry, j.id, is)
	}
	return first(j.registered, j.expiry, j.id, is, j.revoked)
}

// customer judges the customer that an accepted token in a header names.
func (j *decision) customer() Cause {
	c := &j.req.State.Customer
	switch {
	case j.o.Customer.Form == strictjson.Absent:
		return NoCustomerClaim
	case c.ID.IsZero() || j.own() != OK:
		return CustomerNotFound
	case !c.Active && (j.s.CheckUserIsActive || !j.v.customerSettings):
		return CustomerInactive
	case j.v.customerSettings && j.s.CheckRevokeToken && !j.revokeClaim(c):
		return RevokeClaim
	}
	return OK
}

func (j *decision) revokeClaim(c *Customer) bool {
	return j.o.Revoke.Form == strictjson.String && string(j.o.Revoke.Text(j.o.Claims)) == c.RevokeClaim
}

// verify asks the blacklist always, or on the exact wire where BLACKLIST_AFTER_ROTATION says so.
func (j *decision) verify() Cause {
	c := first(j.registered, j.expiry, j.id)
	switch {
	case c != OK:
		return c
	case j.s.Wire == Secure:
		return first(j.revoked, j.active)
	case j.s.BlacklistAfterRotation:
		return j.dead()
	}
	return OK
}

// active: on the secure wire a token that names a customer of ours is good for verify only while that exists and is
// active. A customer who was disabled here has a cut-off, one who was imported so has none.
func (j *decision) active() Cause {
	if c := &j.req.State.Customer; j.own() == OK && truthy(j.o.Claims, j.o.Customer) && (c.ID.IsZero() || !c.Active) {
		return InactiveAccount
	}
	return OK
}

func (j *decision) refreshToken() Cause {
	is := func() Cause { return j.tokenType(RefreshToken) }
	return first(j.registered, j.blacklist, j.expiry, j.id, is)
}

// refreshCustomer: where a refresh names a customer, it must exist and be active. The reference asks from 5.4 on; the
// secure wire in every version and whatever CHECK_USER_IS_ACTIVE says, for a disabled or deleted customer gets
// nothing new.
func (j *decision) refreshCustomer() Cause {
	secure := j.s.Wire == Secure
	if !j.v.refreshChecksCustomer && !secure || !truthy(j.o.Claims, j.o.Customer) {
		return OK
	}
	c := &j.req.State.Customer
	if c.ID.IsZero() || !c.Active && (j.s.CheckUserIsActive || secure) {
		return InactiveAccount
	}
	return OK
}

// writable: the token could be written again.
func (j *decision) writable() Cause {
	if f := j.o.TokenIssuer.Form; j.v.textIssuer && f != strictjson.Absent && f != strictjson.String {
		return WrongIssuer
	}
	return OK
}

// listed: the id is one that a blacklist can hold.
func (j *decision) listed() Cause {
	if !j.fam.Listed {
		return BadID
	}
	return OK
}

// readable: the customer claim can be read as an id.
func (j *decision) readable() Cause {
	if j.v.blacklistReadsCustomer && j.req.State.UnreadableCustomer {
		return NoCustomerClaim
	}
	return OK
}

// blacklist revokes the family of a refresh token until nothing of it can be valid.
func (o *Outcome) blacklist(j *decision) {
	if !j.s.BlacklistApp {
		return
	}
	if c := first(j.listed, j.writable, j.readable); c != OK {
		o.refuse(c)
		return
	}
	exp, _ := j.o.Expires()
	access, _ := j.s.Lifetimes()
	until := RevokedUntil(j.req.Now, exp, j.fam.Start, max(access, j.req.State.LongestAccess))
	o.Effects.List = append(o.Effects.List, Revocation(j.s, j.fam, j.o.Issuer, j.req.State.Customer.ID, until)...)
}

// Revocation are the effects that revoke a family, as the token says that the key of issuer signed and that names a
// customer: what was issued from a foreign token under the customer's name ends with it. On the secure wire the oldest
// revoked families of the customer fold.
func Revocation(s *Settings, f Family, issuer string, customer CustomerID, until int64) []Effect {
	list := []Effect{{Kind: RevokeFamily, Family: f.Key(issuer, customer), At: f.Start, Until: until}}
	if customer.IsZero() {
		return list
	}
	if !f.Ours {
		list = append(list, Effect{Kind: RevokeFamily, Family: FamilyKey{Issuer: issuer, Customer: customer, Bits: f.Bits}, At: max(f.Start, familyEpoch), Until: until})
	}
	if s.Wire == Secure {
		list = append(list, Effect{Kind: FoldFamilies, Customer: customer, At: MaxRevoked})
	}
	return list
}

// reads notes what the decision rests on.
func (o *Outcome) reads(j *decision) {
	r := &o.Effects.Reads
	*r = Reads{}
	r.Customer = j.req.State.Customer.ID
	r.CustomerVersion = j.req.State.Customer.Version
	r.CutOff = j.req.State.CutOff
	if j.req.Op != Login && j.fam.Listed {
		r.HasFamily = true
		r.Family = j.fam.Key(j.o.Issuer, r.Customer)
		r.FamilyVersion = j.req.State.Family.Version
	}
}
