package core

import (
	"math"
	"time"
)

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
func (w *Writer) repeat(d *decision) {
	if !d.s.Advances() || d.generation() >= d.req.State.Family.Generation {
		return
	}
	f := &d.req.State.Family
	d.again, d.issued = true, f.Issued
	d.fam = d.o.FamilyAt(time.UnixMicro(f.Issued))
	if key := w.keys.signed(f, d.req.Now); key >= 0 {
		w.prepared.Key = key
	}
}

// expires is the exp of a token of type t that is being written, in Unix seconds.
func (d *decision) expires(t TokenType) int64 {
	if d.again {
		after := d.req.State.Family.Refresh
		if t == AccessToken {
			after = d.req.State.Family.Access
		}
		return seconds(d.issued) + after
	}
	lifetime := d.s.RefreshTokenLifetime
	switch t {
	case AccessToken:
		lifetime = d.s.AccessTokenLifetime
	case SlidingToken:
		lifetime = d.s.SlidingTokenLifetime
	}
	if idle := d.s.idle(); t == RefreshToken && idle != 0 {
		lifetime = min(lifetime, idle)
	}
	end := seconds(d.now + lifetime.Microseconds())
	if d.req.Op == Refresh {
		end = min(end, d.sessionEnd())
	}
	return end
}

// sessionEnd is from when on a family that rotates gives no more tokens, in Unix seconds; math.MaxInt64: never. A
// family recorded without a start may have come from a foreign token, whose start nobody vouches for.
func (d *decision) sessionEnd() int64 {
	bound := d.s.Wire == Secure && d.s.RotateRefreshTokens && d.s.MaxSession != 0
	if !bound || !d.fam.Ours || d.req.State.Family.AnyStart {
		return math.MaxInt64
	}
	return (d.fam.Start + max(d.s.MaxSession, d.s.RefreshTokenLifetime).Milliseconds()) / 1000
}

// idle is for how long a refresh token may lie unused; 0: until it expires.
func (s *Settings) idle() time.Duration {
	if s.Wire != Secure || !s.RotateRefreshTokens {
		return 0
	}
	return s.RefreshIdle
}

// advance notes that the presented refresh token is spent. A foreign one has no customer in the name of its family, so
// it is spent under its own name, while its successor is of a family of the customer's.
func (w *Writer) advance(d *decision) {
	next := d.successor()
	x := Effect{
		Kind: AdvanceFamily, Family: d.recorded(), At: d.fam.Start,
		Until: d.lastsUntil(), Generation: next.Generation, Issued: d.issued,
		Access:  d.expires(AccessToken) - seconds(d.issued),
		Refresh: d.expires(RefreshToken) - seconds(d.issued),
		KeyID:   w.keys.Keys[w.prepared.Key].ID,
	}
	e := &w.prepared.Effects
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
