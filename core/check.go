package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// decision is one request under check: the checks of the table in decide.go are its methods. Each gives OK or the
// cause of the refusal.
type decision struct {
	s   *Settings
	v   *compat
	req *Request
	o   *Opened
	fam Family // of the token; none at a log-in
	now int64  // Unix microseconds
}

// registered are PyJWT's checks of the registered claims, in its order (RFC 7519 §4.1). The key's own expiry comes
// first (PyJWT has none): a token signed by an expired key counts as unsigned, so its claims are not examined.
func (d *decision) registered() cause.Cause {
	if d.o.Cause != cause.OK {
		return d.o.Cause
	}
	if ended(d.o.KeyEnds, d.now) {
		return cause.KeyEnded
	}
	leeway := d.s.Leeway.Microseconds()
	if d.o.IssuedAt.Form != strictjson.Absent {
		switch iat, ok := d.micros(d.o.IssuedAt); {
		case !ok || d.o.IssuedAt.Form == strictjson.String && !d.v.textIssuedAt:
			return cause.BadIssuedAt
		case iat > d.now+leeway:
			return cause.NotYetIssued
		}
	}
	if d.o.NotBefore.Form != strictjson.Absent {
		switch nbf, ok := d.micros(d.o.NotBefore); {
		case !ok:
			return cause.BadNotBefore
		case nbf > d.now+leeway:
			return cause.NotYetValid
		}
	}
	if d.o.ExpiresAt.Form != strictjson.Absent {
		switch exp, ok := d.micros(d.o.ExpiresAt); {
		case !ok:
			return cause.BadExpiresAt
		case exp <= d.now-leeway:
			return cause.Expired
		}
	}
	if !d.issuer() {
		return cause.WrongIssuer
	}
	if !d.audience() {
		return cause.WrongAudience
	}
	if d.v.textClaims && d.o.Subject.Form != strictjson.Absent && d.o.Subject.Form != strictjson.String {
		return cause.BadSubject
	}
	if d.v.textClaims && d.o.JWTID.Form != strictjson.Absent && d.o.JWTID.Form != strictjson.String {
		return cause.BadID
	}
	return cause.OK
}

// micros is a NumericDate in Unix microseconds, whole seconds as Python's int() makes them, held within the years
// that Python has.
func (d *decision) micros(c strictjson.Value) (int64, bool) {
	v, ok := pythonInt(d.o.Claims, c)
	return max(-maxTime, min(v, maxTime+1)) * 1e6, ok
}

func (d *decision) issuer() bool {
	return d.s.Issuer == nil || d.o.TokenIssuer.Form == strictjson.String &&
		string(d.o.TokenIssuer.Text(d.o.Claims)) == *d.s.Issuer
}

// audience: aud is a text or a list of nothing but texts, one of which is configured (RFC 7519 §4.1.3).
func (d *decision) audience() bool {
	if d.s.Audience == nil {
		return true
	}
	switch d.o.Audience.Form {
	case strictjson.String:
		return d.wanted(d.o.Audience.Text(d.o.Claims))
	case strictjson.Array:
		found := false
		texts := d.o.Audience.EachText(d.o.Claims, func(c strictjson.Value) {
			found = found || d.wanted(c.Text(d.o.Claims))
		})
		return texts && found
	}
	return false
}

func (d *decision) wanted(audience []byte) bool {
	for _, a := range d.s.Audience {
		if a == string(audience) {
			return true
		}
	}
	return false
}

// own: a token of another issuer names none of our customers, and is neither refreshed nor blacklisted here (R11).
func (d *decision) own() cause.Cause {
	if d.o.Issuer != "" {
		return cause.WrongIssuer
	}
	return cause.OK
}

// expiry: exp must be there, and be a date for Python: a number, not a text, up to the year 9999.
func (d *decision) expiry() cause.Cause { return d.date(d.o.ExpiresAt, cause.NoExpiresAt) }

func (d *decision) date(c strictjson.Value, absent cause.Cause) cause.Cause {
	if c.Form == strictjson.Absent {
		return absent
	}
	v, ok := pythonInt(d.o.Claims, c)
	if !ok || c.Form == strictjson.String || v > maxTime {
		return cause.BadExpiresAt
	}
	return cause.OK
}

// id: the id must be there, whatever it is.
func (d *decision) id() cause.Cause {
	if d.s.IDClaim != "" && d.o.TokenID.Form == strictjson.Absent {
		return cause.NoID
	}
	return cause.OK
}

// tokenType: the token must be of the given type.
func (d *decision) tokenType(want TokenType) cause.Cause {
	switch {
	case d.s.TokenTypeClaim == "":
		return cause.OK
	case d.o.Type.Form == strictjson.Absent:
		return cause.NoType
	case d.o.Type.Form != strictjson.String || string(d.o.Type.Text(d.o.Claims)) != string(want):
		return cause.WrongType
	}
	return cause.OK
}

// blacklist: the family must not have been revoked, where there is a blacklist. A token without an id is in no
// blacklist, but where the reference asks the blacklist it needs the id; so id comes first.
func (d *decision) blacklist() cause.Cause {
	if !d.s.BlacklistApp {
		return d.cutOff()
	}
	return first(d.id, d.revoked)
}

// revoked: neither was the family revoked nor did it begin before a cut-off.
func (d *decision) revoked() cause.Cause { return first(d.dead, d.cutOff) }

// dead: the family must not have been revoked. On the exact wire an access token of ours is good to its end.
func (d *decision) dead() cause.Cause {
	exempt := d.s.Wire == Exact && d.fam.Access()
	if d.s.BlacklistApp && d.fam.Listed && !exempt && d.req.State.Family.Dead {
		return cause.Blacklisted
	}
	return cause.OK
}

func (d *decision) cutOff() cause.Cause {
	if d.req.State.CutOff != 0 && d.fam.Start <= d.req.State.CutOff {
		return cause.CutOff
	}
	return cause.OK
}

// first is the first refusal among checks.
func first(checks ...func() cause.Cause) cause.Cause {
	for _, check := range checks {
		if c := check(); c != cause.OK {
			return c
		}
	}
	return cause.OK
}

// newDecision is a decision on a request. It is a value, so that neither leaves the stack.
func newDecision(s *Settings, req *Request) decision {
	d := decision{s: s, v: s.Compat.compat(), req: req, o: &req.Opened, now: req.Now.UnixMicro()}
	if req.Op != Login {
		d.fam = d.o.FamilyAt(req.Now)
	}
	return d
}
