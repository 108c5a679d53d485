package core

import (
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// decision is one request under check: the checks of the table in decide.go are its methods. Each gives OK or the cause of the refusal.
type decision struct {
	s   *Settings
	v   *compat
	req *Request
	o   *Opened
	fam Family // of the token; none at a log-in
	now int64  // Unix microseconds
}

// registered are PyJWT's checks of the registered claims, in its order (RFC 7519 §4.1). Before them comes the end of the key, which PyJWT does not know:
// what a key says after its end is nobody's word, so that nothing of it is judged.
func (j *decision) registered() Cause {
	if j.o.Cause != OK {
		return j.o.Cause
	}
	if ended(j.o.KeyEnds, j.now) {
		return KeyEnded
	}
	leeway := j.s.Leeway.Microseconds()
	if j.o.IssuedAt.Form != strictjson.Absent {
		switch iat, ok := j.micros(j.o.IssuedAt); {
		case !ok || j.o.IssuedAt.Form == strictjson.String && !j.v.textIssuedAt:
			return BadIssuedAt
		case iat > j.now+leeway:
			return NotYetIssued
		}
	}
	if j.o.NotBefore.Form != strictjson.Absent {
		switch nbf, ok := j.micros(j.o.NotBefore); {
		case !ok:
			return BadNotBefore
		case nbf > j.now+leeway:
			return NotYetValid
		}
	}
	if j.o.ExpiresAt.Form != strictjson.Absent {
		switch exp, ok := j.micros(j.o.ExpiresAt); {
		case !ok:
			return BadExpiresAt
		case exp <= j.now-leeway:
			return Expired
		}
	}
	if !j.issuer() {
		return WrongIssuer
	}
	if !j.audience() {
		return WrongAudience
	}
	if j.v.textClaims && j.o.Subject.Form != strictjson.Absent && j.o.Subject.Form != strictjson.String {
		return BadSubject
	}
	if j.v.textClaims && j.o.JWTID.Form != strictjson.Absent && j.o.JWTID.Form != strictjson.String {
		return BadID
	}
	return OK
}

// micros is a NumericDate in Unix microseconds, whole seconds as Python's int() makes them, held within the years that Python has.
func (j *decision) micros(c strictjson.Value) (int64, bool) {
	v, ok := pythonInt(j.o.Claims, c)
	return max(-maxTime, min(v, maxTime+1)) * 1e6, ok
}

func (j *decision) issuer() bool {
	return j.s.Issuer == nil || j.o.TokenIssuer.Form == strictjson.String && string(j.o.TokenIssuer.Text(j.o.Claims)) == *j.s.Issuer
}

// audience: aud is a text or a list of nothing but texts, one of which is configured (RFC 7519 §4.1.3).
func (j *decision) audience() bool {
	if j.s.Audience == nil {
		return true
	}
	switch j.o.Audience.Form {
	case strictjson.String:
		return j.wanted(j.o.Audience.Text(j.o.Claims))
	case strictjson.Array:
		found := false
		texts := j.o.Audience.EachText(j.o.Claims, func(c strictjson.Value) {
			found = found || j.wanted(c.Text(j.o.Claims))
		})
		return texts && found
	}
	return false
}

func (j *decision) wanted(audience []byte) bool {
	for _, a := range j.s.Audience {
		if a == string(audience) {
			return true
		}
	}
	return false
}

// own: a token of another issuer is never one of our customers, is not refreshed and not blacklisted here (R11).
func (j *decision) own() Cause {
	if j.o.Issuer != "" {
		return WrongIssuer
	}
	return OK
}

// expiry: exp must be there, and be a date for Python: a number, not a text, up to the year 9999.
func (j *decision) expiry() Cause { return j.date(j.o.ExpiresAt, NoExpiresAt) }

func (j *decision) date(c strictjson.Value, absent Cause) Cause {
	if c.Form == strictjson.Absent {
		return absent
	}
	v, ok := pythonInt(j.o.Claims, c)
	if !ok || c.Form == strictjson.String || v > maxTime {
		return BadExpiresAt
	}
	return OK
}

// id: the id must be there, whatever it is.
func (j *decision) id() Cause {
	if j.s.IDClaim != "" && j.o.TokenID.Form == strictjson.Absent {
		return NoID
	}
	return OK
}

// tokenType: the token must be of the given type.
func (j *decision) tokenType(want TokenType) Cause {
	switch {
	case j.s.TokenTypeClaim == "":
		return OK
	case j.o.Type.Form == strictjson.Absent:
		return NoType
	case j.o.Type.Form != strictjson.String || string(j.o.Type.Text(j.o.Claims)) != string(want):
		return WrongType
	}
	return OK
}

// blacklist: the family must not have been revoked, where there is a blacklist. A token without an id is in no blacklist, but where the
// reference asks the blacklist it needs the id; so id comes first.
func (j *decision) blacklist() Cause {
	if !j.s.BlacklistApp {
		return j.cutOff()
	}
	return first(j.id, j.revoked)
}

// revoked: neither was the family revoked nor did it begin before a cut-off.
func (j *decision) revoked() Cause { return first(j.dead, j.cutOff) }

// dead: the family must not have been revoked. On the exact wire an access token of ours is good to its end.
func (j *decision) dead() Cause {
	exempt := j.s.Wire == Exact && j.fam.Ours && (j.fam.Kind == AccessByGeneration || j.fam.Kind == AccessByEntropy)
	if j.s.BlacklistApp && j.fam.Listed && !exempt && j.req.State.Family.Dead {
		return Blacklisted
	}
	return OK
}

func (j *decision) cutOff() Cause {
	if j.req.State.CutOff != 0 && j.fam.Start <= j.req.State.CutOff {
		return CutOff
	}
	return OK
}

// first is the first refusal among checks.
func first(checks ...func() Cause) Cause {
	for _, check := range checks {
		if c := check(); c != OK {
			return c
		}
	}
	return OK
}

// newDecision makes what judges a request. It is a value, so that neither leaves the stack.
func newDecision(s *Settings, req *Request) decision {
	j := decision{s: s, v: s.Compat.compat(), req: req, o: &req.Opened, now: req.Now.UnixMicro()}
	if req.Op != Login {
		j.fam = j.o.FamilyAt(req.Now)
	}
	return j
}
