package core

import "time"

// successor is the family of the refresh token that follows the one which is presented. A generation beyond the known
// one is of a state that was lost, such as that of a restored backup: the family goes on from it.
func (d *decision) successor() Family {
	f := d.fam
	f.Start, f.Generation = max(f.Start, familyEpoch), d.generation()+1
	return f
}

// repeat has the tokens of the current generation written as they were, where the presented refresh token was spent for
// them a moment ago: the answer may have been lost, or two requests raced (RefreshGrace). What customers and settings
// say beside the times is read anew.
func (d *decision) repeat(keys KeySet, p *Prepared) {
	if !d.s.Advances() || d.generation() >= d.req.State.Family.Generation {
		return
	}
	f := &d.req.State.Family
	d.again, d.issued = true, f.Issued
	d.fam = d.o.FamilyAt(time.UnixMicro(f.Issued))
	if key := keys.signed(f, d.req.Now); key >= 0 {
		p.Key = key
	}
}

// advance notes that the presented refresh token is spent. A foreign one has no customer in the name of its family, so
// it is spent under its own name, while its successor is of a family of the customer's.
func (d *decision) advance(keys KeySet, p *Prepared) {
	next := d.successor()
	x := Effect{
		Kind: AdvanceFamily, Family: d.recorded(), At: d.fam.Start,
		Until: d.lastsUntil(), Generation: next.Generation, Issued: d.issued,
		Access:  d.expires(AccessToken) - seconds(d.issued),
		Refresh: d.expires(RefreshToken) - seconds(d.issued),
		KeyID:   keys.Keys[p.Key].ID,
	}
	e := &p.Effects
	e.List = append(e.List, x)
	if customer := d.holder(); !d.fam.Ours && !customer.IsZero() {
		x.Family.Customer, x.At = customer, next.Start
		e.List = append(e.List, x)
	}
}

// recorded is the name under which the family of the token is recorded.
func (d *decision) recorded() FamilyKey {
	k := d.fam.Key(d.o.Issuer, d.holder())
	if d.req.State.Family.AnyStart {
		k.Start = 0
	}
	return k
}

// lastsUntil is until when a store must know the generation, in Unix seconds: when no refresh token of the family that
// was ever issued, nor an access token that it gives at its end, can be valid any more.
func (d *decision) lastsUntil() int64 {
	exp, _ := d.o.Expires()
	exp = max(exp, seconds(d.now+d.s.RefreshTokenLifetime.Microseconds())+int64(d.s.Leeway/time.Second)+1)
	follow := Lifetimes{Access: d.req.State.Longest.Raised(d.s).Access}
	return follow.RevokedUntil(d.req.Now, exp, d.fam.Start)
}
