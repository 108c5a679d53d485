package core

import "time"

// successor is the family of the refresh token that follows the one which is presented. A generation beyond the known
// one is of a state that was lost, such as that of a restored backup: the family goes on from it.
func (d *decision) successor() Family {
	f := d.fam
	f.Start, f.Generation = max(f.Start, familyEpoch), d.generation()+1
	return f
}

// advance notes that the presented refresh token is spent. A foreign one has no customer in the name of its family, so
// it is spent under its own name, while its successor is of a family of the customer's.
func (w *Writer) advance(d *decision) {
	next := d.successor()
	at := &w.keys.Keys[w.prepared.Key]
	x := Effect{
		Kind: AdvanceFamily, Family: d.fam.Key(d.o.Issuer, d.req.State.Customer.ID), At: d.fam.Start,
		Until: d.lastsUntil(), Generation: next.Generation, Issued: d.now,
		Access:  int64(d.s.AccessTokenLifetime / time.Second),
		Refresh: int64(d.s.RefreshTokenLifetime / time.Second),
		KeyID:   at.ID,
	}
	e := &w.prepared.Effects
	e.List = append(e.List, x)
	if !d.fam.Ours && !d.req.State.Customer.ID.IsZero() {
		x.Family.Customer, x.At = d.req.State.Customer.ID, next.Start
		e.List = append(e.List, x)
	}
}

// lastsUntil is until when a store must know the generation, in Unix seconds: when no refresh token of the family that
// was ever issued, nor an access token that it gives at its end, can be valid any more.
func (d *decision) lastsUntil() int64 {
	exp, _ := d.o.Expires()
	exp = max(exp, seconds(d.now+d.s.RefreshTokenLifetime.Microseconds())+int64(d.s.Leeway/time.Second)+1)
	follow := Lifetimes{Access: d.req.State.Longest.Raised(d.s).Access}
	return follow.RevokedUntil(d.req.Now, exp, d.fam.Start)
}
