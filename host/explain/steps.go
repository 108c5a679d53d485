package explain

import (
	"cmp"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// step is one check: the causes with which it can refuse a token, and what to say if it passes.
type step struct {
	name   string
	causes []cause.Cause
	passed func(*trial) string
}

// first are the checks of every token, in core's order (core.Prepare).
var first = []step{
	{"form", []cause.Cause{cause.TooLong, cause.Malformed}, say("three parts in base64url")},
	{"header", []cause.Cause{cause.BadHeader}, say("a strict JSON object")},
	{"key", []cause.Cause{cause.UnknownKey, cause.BadAlgorithm}, (*trial).sayKey},
	{"signature", []cause.Cause{cause.BadSignature}, say("made by this key")},
	{"claims", []cause.Cause{cause.BadClaims}, say("a strict JSON object")},
	{"key end", []cause.Cause{cause.KeyEnded}, (*trial).sayKeyEnd},
	{"iat", []cause.Cause{cause.BadIssuedAt, cause.NotYetIssued}, func(t *trial) string {
		return t.moment(t.opened.IssuedAt)
	}},
	{"nbf", []cause.Cause{cause.BadNotBefore, cause.NotYetValid}, func(t *trial) string {
		return t.moment(t.opened.NotBefore)
	}},
	{"exp", []cause.Cause{cause.BadExpiresAt, cause.Expired}, func(t *trial) string {
		return t.moment(t.opened.ExpiresAt)
	}},
	{"iss", []cause.Cause{cause.WrongIssuer}, (*trial).sayIssuer},
	{"aud", []cause.Cause{cause.WrongAudience}, (*trial).sayAudience},
	{"sub", []cause.Cause{cause.BadSubject}, func(t *trial) string { return t.orAbsent(t.opened.Subject) }},
	{"jti", nil, func(t *trial) string { return t.orAbsent(t.opened.JWTID) }},
}

// keyCauses are what is wrong with the key or the signature.
var keyCauses = []cause.Cause{cause.UnknownKey, cause.BadAlgorithm, cause.BadSignature}

// firstInPublic omits everything that would reveal which keys exist or existed.
var firstInPublic = slices.Concat(first[:2],
	[]step{{"signature", keyCauses, say("made by a key of this node")}}, first[4:5], first[6:])

var (
	expiry    = step{"exp present", []cause.Cause{cause.NoExpiresAt}, say("yes")}
	id        = step{"id", []cause.Cause{cause.NoID}, func(t *trial) string { return t.orAbsent(t.opened.TokenID) }}
	tokenType = step{"type", []cause.Cause{cause.NoType, cause.WrongType}, func(t *trial) string {
		return t.orAbsent(t.opened.Type)
	}}
	revoked  = step{"revocation", []cause.Cause{cause.Blacklisted, cause.CutOff, cause.BadID}, (*trial).sayFamily}
	customer = step{"customer", []cause.Cause{
		cause.NoCustomerClaim, cause.CustomerNotFound, cause.CustomerInactive, cause.InactiveAccount,
	}, (*trial).sayCustomer}
	claim = step{"password claim", []cause.Cause{cause.RevokeClaim}, func(t *trial) string {
		if t.Settings.CheckRevokeToken {
			return "that of the customer's password"
		}
		return "not asked for (CHECK_REVOKE_TOKEN is off)"
	}}
)

// titles are the names of checks for readers who don't know the RFC.
var titles = map[string]string{
	"form": "Form", "header": "Header", "key": "Key", "signature": "Signature", "claims": "Claims",
	"key end": "End of the key",
	"iat":     "Issued at (iat)", "nbf": "Not before (nbf)", "exp": "Expires at (exp)", "iss": "Issuer (iss)",
	"aud": "Audience (aud)", "sub": "Subject (sub)", "jti": "Token id (jti)", "exp present": "Expiry present",
	"id": "Id present", "type": "Type", "revocation": "Revocation", "customer": "Customer",
	"password claim": "Password",
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
	jti := t.opened.JWTID.Form
	if refused.Cause == cause.BadID && jti != strictjson.Absent && jti != strictjson.String {
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
