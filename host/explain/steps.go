package explain

import (
	"cmp"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// passed has what to say of a token that passes a check, by the check's name; asked is false where the settings ask
// nothing. A check that is not here becomes a step only where it refuses.
var passed = map[string]func(t *trial, asked bool) string{
	"form":      say("three parts in base64url"),
	"header":    say("a strict JSON object"),
	"key":       func(t *trial, _ bool) string { return t.sayKey() },
	"signature": func(t *trial, _ bool) string { return t.saySignature() },
	"claims":    say("a strict JSON object"),
	"key end":   func(t *trial, _ bool) string { return t.sayKeyEnd() },
	"iat":       func(t *trial, _ bool) string { return t.moment(t.opened.IssuedAt) },
	"nbf":       func(t *trial, _ bool) string { return t.moment(t.opened.NotBefore) },
	"exp":       func(t *trial, _ bool) string { return t.moment(t.opened.ExpiresAt) },
	"iss":       func(t *trial, _ bool) string { return t.sayIssuer() },
	"aud":       func(t *trial, _ bool) string { return t.sayAudience() },
	"sub":       func(t *trial, _ bool) string { return t.orAbsent(t.opened.Subject) },
	"jti":       func(t *trial, _ bool) string { return t.orAbsent(t.opened.JWTID) },

	"exp present":    say("yes"),
	"id":             func(t *trial, _ bool) string { return t.orAbsent(t.opened.TokenID) },
	"type":           func(t *trial, _ bool) string { return t.orAbsent(t.opened.Type) },
	"refresh_exp":    func(t *trial, _ bool) string { return t.moment(t.opened.RefreshExpiresAt) },
	"revocation":     (*trial).sayFamily,
	"session":        func(t *trial, _ bool) string { return t.saySession() },
	"customer":       (*trial).sayCustomer,
	"password claim": func(t *trial, _ bool) string { return t.sayPassword() },
}

// keyCauses are what is wrong with the key or the signature.
var keyCauses = []cause.Cause{cause.UnknownKey, cause.BadAlgorithm, cause.BadSignature}

// ofKeys are the checks that would reveal which keys exist or existed. In public the signature stands for them.
var ofKeys = map[string]bool{"key": true, "key end": true}

// titles are the names of checks for readers who don't know the RFC.
var titles = map[string]string{
	"form": "Form", "header": "Header", "key": "Key", "signature": "Signature", "claims": "Claims",
	"key end": "End of the key",
	"iat":     "Issued at (iat)", "nbf": "Not before (nbf)", "exp": "Expires at (exp)", "iss": "Issuer (iss)",
	"aud": "Audience (aud)", "sub": "Subject (sub)", "jti": "Token id (jti)", "exp present": "Expiry present",
	"id": "Id present", "type": "Type", "refresh_exp": "Refreshable until (refresh_exp)",
	"revocation": "Revocation", "customer": "Customer",
	"password claim": "Password", "own issuer": "Own issuer", "revocable": "Id revocable", "session": "Session",
	"iss text": "Issuer a text", "generation": "Generation",
}

// Title is the name of the check in words.
func (s Step) Title() string { return cmp.Or(titles[s.Name], s.Name) }

// steps lists the checks up to the one that refused, end, then those that were not reached.
func (t *trial) steps(checks []core.Check, end int, refused cause.Cause) []Step {
	if t.hidesKeys() && end < len(checks) && ofKeys[checks[end].Name] {
		end++ // from key to signature
	}
	var list []Step
	for i, check := range checks {
		say, words := passed[check.Name]
		if check.Name == "session" && t.saySession() == "" {
			words = false // nothing bounds it
		}
		switch {
		case t.hidesKeys() && ofKeys[check.Name]:
		case i == end:
			list = append(list, Step{check.Name, Refused, t.why(check.Name, refused)})
		case !words:
		case i < end:
			list = append(list, Step{check.Name, OK, say(t, len(check.Causes) > 0)})
		default:
			list = append(list, Step{check.Name, NotReached, ""})
		}
	}
	return list
}
