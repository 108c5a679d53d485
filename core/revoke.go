package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// revoke gives the effects of an operation that ends a log-in, or that is refused since its refresh token was used
// again: the family is dead until nothing of it can be valid. Without a blacklist there are none.
//
// Tokens that were issued from a foreign token have a family under the customer's name: it ends too, as it does where a
// family is given by its name alone, which fits both. On the secure wire the oldest revoked families of the customer
// fold.
func (o *Outcome) revoke(d *decision) {
	if (d.req.Op.revokes() || o.Refused()) && d.s.BlacklistApp {
		o.Effects.List = append(o.Effects.List, d.revocation()...)
	}
}

// revokes reports whether an operation ends a log-in.
func (op Op) revokes() bool { return op == Blacklist || op == Logout || op == Revoke }

func (d *decision) revocation() []Effect {
	follow := d.req.State.Longest.Raised(d.s)
	if d.req.Op == Blacklist && !d.s.RotateRefreshTokens && d.req.State.Family.Generation == 0 {
		// No refresh token follows, so that the end is known but for access tokens.
		follow = Lifetimes{Access: follow.Access}
	}
	f, customer := d.fam, d.holder()
	exp, _ := d.o.Expires()
	until := follow.RevokedUntil(d.req.Now, exp, f.Start)
	list := []Effect{{Kind: RevokeFamily, Family: d.recorded(), At: f.Start, Until: until}}
	if customer.IsZero() {
		return list
	}
	if !f.Ours {
		own := Effect{Kind: RevokeFamily, Family: FamilyKey{Issuer: d.o.Issuer, Customer: customer, Bits: f.Bits},
			At: max(f.Start, familyEpoch), Until: until}
		if d.o.TokenID.Form == strictjson.Absent { // a name alone does not say when the family began
			own.At = 0
		}
		list = append(list, own)
	}
	if d.s.Wire == Secure && !d.req.State.Customer.ID.IsZero() {
		list = append(list, Effect{Kind: FoldFamilies, Customer: customer, At: MaxRevoked})
	}
	return list
}

// Ended reports whether the token of a request has ended before it expires: its log-in was revoked or cut off, or a
// later refresh token has taken its place.
func Ended(s *Settings, req Request) bool {
	d := newDecision(s, &req)
	return d.dead() != cause.OK || d.cutOff() != cause.OK
}
