package core

import (
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Judge says whether a token that was opened is good at the given time, or why not: it makes the checks of
// Authenticate but for those of the customer, whom only a node knows. It takes a token of any of the types, whatever
// AUTH_TOKEN_CLASSES says. The cause is that of the token's own type if this is among them, else that of the first.
// Each required claim must be there, and not null; this is asked last.
func Judge(s *Settings, o *Opened, st State, types []TokenType, required []string, now time.Time) cause.Cause {
	req := Request{Op: Authenticate, Opened: *o, State: st, Now: now}
	d := newJudgement(s, &req)
	// What the checks of a header ask a family for; its id is not hashed in vain.
	if st.Family.Dead || st.Family.Generation != 0 || st.CutOff != 0 {
		d.fam = o.FamilyAt(now)
	}
	_, c := d.class(types)
	if c == cause.OK && !o.has(required) {
		return cause.MissingClaim
	}
	return c
}

// class is the first of some types that accepts the token in a header, before its customer is asked. If none does it is
// the token's own type, or else the first of them, with the cause for which it refuses.
func (d *decision) class(types []TokenType) (class TokenType, refused cause.Cause) {
	refused = cause.WrongType // there is no type
	for i, t := range types {
		list := d.order(t)
		at, c := d.walk(list, t)
		if c == cause.OK || list[at].ofCustomer() {
			return t, cause.OK
		}
		if i == 0 || string(d.o.Type.Text(d.o.Claims)) == string(t) {
			class, refused = t, c
		}
	}
	return class, refused
}

// has reports whether all of some claims are there, and not null.
func (o *Opened) has(names []string) bool {
	if len(names) == 0 {
		return true
	}
	found := 0
	strictjson.EachName(o.Claims, func(name strictjson.Value, value byte) {
		if value == 'n' {
			return
		}
		for _, wanted := range names {
			if string(name.Text(o.Claims)) == wanted {
				found++
			}
		}
	})
	return found == len(names)
}
