package explain

import (
	"cmp"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// step is one check: the causes with which it can refuse a token, and what to say if it passes.
type step struct {
	name   string
	causes []core.Cause
	passed func(*trial) string
}

// first are the checks of every token, in core's order (core.Prepare).
var first = []step{
	{"form", []core.Cause{core.TooLong, core.Malformed}, say("three parts in base64url")},
	{"header", []core.Cause{core.BadHeader}, say("a strict JSON object")},
	{"key", []core.Cause{core.UnknownKey, core.BadAlgorithm}, (*trial).sayKey},
	{"signature", []core.Cause{core.BadSignature}, say("made by this key")},
	{"claims", []core.Cause{core.BadClaims}, say("a strict JSON object")},
	{"key end", []core.Cause{core.KeyEnded}, (*trial).sayKeyEnd},
	{"iat", []core.Cause{core.BadIssuedAt, core.NotYetIssued}, func(t *trial) string { return t.moment(t.opened.IssuedAt) }},
	{"nbf", []core.Cause{core.BadNotBefore, core.NotYetValid}, func(t *trial) string { return t.moment(t.opened.NotBefore) }},
	{"exp", []core.Cause{core.BadExpiresAt, core.Expired}, func(t *trial) string { return t.moment(t.opened.ExpiresAt) }},
	{"iss", []core.Cause{core.WrongIssuer}, (*trial).sayIssuer},
	{"aud", []core.Cause{core.WrongAudience}, (*trial).sayAudience},
	{"sub", []core.Cause{core.BadSubject}, func(t *trial) string { return t.orAbsent(t.opened.Subject) }},
	{"jti", nil, func(t *trial) string { return t.orAbsent(t.opened.JWTID) }},
}

// keyCauses are what is wrong with the key or the signature.
var keyCauses = []core.Cause{core.UnknownKey, core.BadAlgorithm, core.BadSignature}

// firstInPublic omits everything that would reveal which keys exist or existed.
var firstInPublic = slices.Concat(first[:2], []step{{"signature", keyCauses, say("made by a key of this node")}}, first[4:5], first[6:])

var (
	expiry    = step{"exp present", []core.Cause{core.NoExpiresAt}, say("yes")}
	id        = step{"id", []core.Cause{core.NoID}, func(t *trial) string { return t.orAbsent(t.opened.TokenID) }}
	tokenType = step{"type", []core.Cause{core.NoType, core.WrongType}, func(t *trial) string { return t.orAbsent(t.opened.Type) }}
	revoked   = step{"revocation", []core.Cause{core.Blacklisted, core.CutOff, core.BadID}, (*trial).sayFamily}
	customer  = step{"customer", []core.Cause{core.NoCustomerClaim, core.CustomerNotFound, core.CustomerInactive, core.InactiveAccount}, (*trial).sayCustomer}
	claim     = step{"password claim", []core.Cause{core.RevokeClaim}, func(t *trial) string {
		if t.Settings.CheckRevokeToken {
			return "that of the customer's password"
		}
		return "not asked for (CHECK_REVOKE_TOKEN is off)"
	}}
)

// titles are the names of checks for readers who don't know the RFC.
var titles = map[string]string{
	"form": "Form", "header": "Header", "key": "Key", "signature": "Signature", "claims": "Claims", "key end": "End of the key", "iat": "Issued at (iat)", "nbf": "Not before (nbf)",
	"exp": "Expires at (exp)", "iss": "Issuer (iss)", "aud": "Audience (aud)", "sub": "Subject (sub)", "jti": "Token id (jti)",
	"exp present": "Expiry present", "id": "Id present", "type": "Type", "revocation": "Revocation", "customer": "Customer", "password claim": "Password",
}

// Title is the name of the check in words.
func (s Step) Title() string { return cmp.Or(titles[s.Name], s.Name) }

// then are the checks after first, by purpose and settings.
func (t *trial) then() []step {
	early := []step{revoked, expiry, id, tokenType}
	if t.Settings.BlacklistApp {
		early = []step{id, revoked, expiry, tokenType}
	}
	switch {
	case t.purpose.As == "verify":
		if t.Settings.Wire == core.Secure {
			return []step{expiry, id, revoked, customer}
		}
		return []step{expiry, id, revoked}
	case t.purpose.As == "refresh", t.purpose.As == "blacklist":
		return append(early, customer)
	case t.text(t.opened.Type) == string(core.SlidingToken):
		return append(early, customer, claim)
	}
	return []step{expiry, id, tokenType, revoked, customer, claim}
}

// steps lists the checks up to the one that refused, then those that were not reached.
func (t *trial) steps(refused core.Refusal) []Step {
	all := slices.Concat(first, t.then())
	if t.Public {
		all = slices.Concat(firstInPublic, t.then())
	}
	end := slices.IndexFunc(all, func(s step) bool { return slices.Contains(s.causes, refused.Cause) })
	if refused.Cause == core.BadID && t.opened.JWTID.Form != strictjson.Absent && t.opened.JWTID.Form != strictjson.String {
		end = slices.IndexFunc(all, func(s step) bool { return s.name == "jti" })
	}
	var list []Step
	for i, s := range all {
		switch {
		case end < 0 || i < end:
			list = append(list, Step{s.name, OK, s.passed(t)})
		case i == end:
			list = append(list, Step{s.name, Refused, t.why(refused.Cause)})
		default:
			list = append(list, Step{s.name, NotReached, ""})
		}
	}
	return list
}
