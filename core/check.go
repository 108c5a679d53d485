package core

import (
	"math"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// decision is one request under check: the checks of the table are its methods. Each gives OK or the cause of the
// refusal.
type decision struct {
	s   *Settings
	v   *compat
	req *Request
	o   *Opened
	fam Family // of the token; none at a log-in
	now int64  // Unix microseconds
	// issued is the iat of the tokens that are written: now, or when they were first written. Unix microseconds.
	issued int64
	again  bool // the tokens of the current generation are written again
}

// keyEnd: a token signed by an expired key counts as unsigned, so this comes before its claims are examined. PyJWT has
// no such check.
func (d *decision) keyEnd() cause.Cause {
	if ended(d.o.KeyEnds, d.now) {
		return cause.KeyEnded
	}
	return cause.OK
}

func (d *decision) issuedAt() cause.Cause {
	if d.o.IssuedAt.Form == strictjson.Absent {
		return cause.OK
	}
	switch iat, ok := d.micros(d.o.IssuedAt); {
	case !ok || d.o.IssuedAt.Form == strictjson.String && !d.v.textIssuedAt:
		return cause.BadIssuedAt
	case iat > d.now+d.s.Leeway.Microseconds():
		return cause.NotYetIssued
	}
	return cause.OK
}

func (d *decision) notBefore() cause.Cause {
	if d.o.NotBefore.Form == strictjson.Absent {
		return cause.OK
	}
	switch nbf, ok := d.micros(d.o.NotBefore); {
	case !ok:
		return cause.BadNotBefore
	case nbf > d.now+d.s.Leeway.Microseconds():
		return cause.NotYetValid
	}
	return cause.OK
}

func (d *decision) expiresAt() cause.Cause {
	if d.o.ExpiresAt.Form == strictjson.Absent {
		return cause.OK
	}
	switch exp, ok := d.micros(d.o.ExpiresAt); {
	case !ok:
		return cause.BadExpiresAt
	case exp <= d.now-d.s.Leeway.Microseconds():
		return cause.Expired
	}
	return cause.OK
}

// subject and jwtID: sub and jti must be texts, where PyJWT asks.
func (d *decision) subject() cause.Cause {
	if f := d.o.Subject.Form; d.v.textClaims && f != strictjson.Absent && f != strictjson.String {
		return cause.BadSubject
	}
	return cause.OK
}

func (d *decision) jwtID() cause.Cause {
	if f := d.o.JWTID.Form; d.v.textClaims && f != strictjson.Absent && f != strictjson.String {
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

func (d *decision) issuer() cause.Cause {
	if d.s.Issuer == nil || d.o.TokenIssuer.Form == strictjson.String &&
		string(d.o.TokenIssuer.Text(d.o.Claims)) == *d.s.Issuer {
		return cause.OK
	}
	return cause.WrongIssuer
}

// audience: aud is a text or a list of nothing but texts, one of which is configured (RFC 7519 §4.1.3).
func (d *decision) audience() cause.Cause {
	good := d.s.Audience == nil
	switch aud := d.o.Audience; {
	case good:
	case aud.Form == strictjson.String:
		good = d.wanted(aud.Text(d.o.Claims))
	case aud.Form == strictjson.Array:
		found := false
		texts := aud.EachText(d.o.Claims, func(c strictjson.Value) {
			found = found || d.wanted(c.Text(d.o.Claims))
		})
		good = texts && found
	}
	if !good {
		return cause.WrongAudience
	}
	return cause.OK
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

// writable: the token could be written again. PyJWT from 2.10 writes no iss that is no text.
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

// ours: the id is one of ours, for a token of this type.
func (d *decision) ours() cause.Cause {
	if !d.fam.Ours {
		return cause.BadID
	}
	return cause.OK
}

// expiry: exp must be there, and be a date for Python: a number, not a text, up to the year 9999.
func (d *decision) expiry() cause.Cause {
	exp := d.o.ExpiresAt
	if exp.Form == strictjson.Absent {
		return cause.NoExpiresAt
	}
	if v, ok := pythonInt(d.o.Claims, exp); !ok || exp.Form == strictjson.String || v > maxTime {
		return cause.BadExpiresAt
	}
	return cause.OK
}

// refreshExpiry: refresh_exp must be there, be a date for Python, and not be past. Python makes a datetime of it where
// it makes an int of exp, so fractions of a second count.
func (d *decision) refreshExpiry() cause.Cause {
	claim := d.o.RefreshExpiresAt
	if claim.Form == strictjson.Absent {
		return cause.NoRefreshExp
	}
	v, ok := pythonInt(d.o.Claims, claim)
	if !ok || claim.Form == strictjson.String || v < minTime || v > maxTime {
		return cause.BadRefreshExp
	}
	at := v * 1e6
	if claim.Form == strictjson.Number {
		whole, part := math.Modf(python.Float(d.o.JSON(claim)))
		at = int64(whole)*1e6 + int64(math.RoundToEven(part*1e6))
	}
	if at <= d.now-d.s.Leeway.Microseconds() {
		return cause.RefreshExpired
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

// newDecision is a decision on a request. It is a value, so that neither leaves the stack.
func newDecision(s *Settings, req *Request) decision {
	d := newJudgement(s, req)
	if !req.Op.LogsIn() {
		d.fam = d.o.FamilyAt(req.Now)
	}
	return d
}

// newJudgement is newDecision without the family: nothing looks at it where the state knows of none and of no cut-off.
func newJudgement(s *Settings, req *Request) decision {
	now := req.Now.UnixMicro()
	return decision{s: s, v: s.Compat.compat(), req: req, o: &req.Opened, now: now, issued: now}
}
