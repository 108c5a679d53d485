package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// reasons say in words why a check refused.
var reasons = map[core.Cause]string{
	core.TooLong:          fmt.Sprintf("the token is longer than %d bytes", core.MaxTokenBytes),
	core.Malformed:        "the token is not three parts in canonical base64url, with dots between",
	core.BadHeader:        "the header is no strict JSON object, or asks for what is not understood (crit, b64)",
	core.BadAlgorithm:     "alg is not the algorithm of the key",
	core.UnknownKey:       "no key has this kid",
	core.BadSignature:     "the signature is not this key's: another key signed, or the token was changed",
	core.BadClaims:        "the claims are no strict JSON object",
	core.KeyEnded:         "the key has ended, and with it every token that it signed",
	core.BadIssuedAt:      "is no number",
	core.NotYetIssued:     "is ahead: the clocks of this node and the issuer disagree, or LEEWAY is too small",
	core.BadNotBefore:     "is no number",
	core.NotYetValid:      "is ahead",
	core.BadExpiresAt:     "is no number, or beyond the year 9999",
	core.WrongIssuer:      "is not ISSUER",
	core.WrongAudience:    "names none of AUDIENCE",
	core.BadSubject:       "is no text",
	core.BadID:            "is nothing that can be revoked",
	core.NoExpiresAt:      "the token has no exp, so that it would never expire",
	core.NoID:             "the token has no id (JTI_CLAIM)",
	core.NoType:           "the token has no type (TOKEN_TYPE_CLAIM)",
	core.WrongType:        "the token is of another type",
	core.Blacklisted:      "the log-in that the token descends from was revoked",
	core.CutOff:           "the log-in that the token descends from came before all sessions were ended: by a new password, by disabling, by log out everywhere, or those of all customers by token revoke --all",
	core.NoCustomerClaim:  "the token names no customer (USER_ID_CLAIM)",
	core.CustomerNotFound: "the customer does not exist",
	core.CustomerInactive: "the customer is disabled",
	core.InactiveAccount:  "the customer does not exist or is disabled",
	core.RevokeClaim:      "the password was changed since the token was issued",
}

// Unopened says why a token could not be opened with these keys.
func Unopened(cause core.Cause, keys core.KeySet) string {
	t := trial{keys: keys}
	return t.why(cause)
}

// why is the reason of a refusal, with the refused value.
func (t *trial) why(cause core.Cause) string {
	if t.Public && slices.Contains(keyCauses, cause) {
		return "made by no key of this node, or the token was changed"
	}
	if cause == core.Expired {
		return t.expired()
	}
	values := map[core.Cause]string{
		core.BadIssuedAt: t.text(t.opened.IssuedAt), core.NotYetIssued: t.moment(t.opened.IssuedAt),
		core.BadNotBefore: t.text(t.opened.NotBefore), core.NotYetValid: t.moment(t.opened.NotBefore),
		core.BadExpiresAt: t.text(t.opened.ExpiresAt),
		core.WrongIssuer:  t.orAbsent(t.opened.TokenIssuer), core.WrongAudience: t.orAbsent(t.opened.Audience),
		core.WrongType: t.text(t.opened.Type), core.CutOff: t.started(), core.Blacklisted: t.started(),
		core.CustomerNotFound: t.text(t.opened.Customer), core.CustomerInactive: t.text(t.opened.Customer), core.InactiveAccount: t.text(t.opened.Customer),
		core.UnknownKey: t.keyNames(), core.BadAlgorithm: t.keyNames(), core.KeyEnded: t.sayKeyEnd(),
	}
	reason := cmp.Or(reasons[cause], cause.String())
	if value := values[cause]; value != "" {
		reason += " (" + value + ")"
	}
	return reason
}

func say(text string) func(*trial) string { return func(*trial) string { return text } }

func (t *trial) orAbsent(c strictjson.Value) string {
	if c.Form == strictjson.Absent {
		return "absent"
	}
	return t.text(c)
}

func (t *trial) sayKey() string {
	if t.opened.Key < 0 || t.opened.Key >= len(t.keys.Keys) {
		return "found"
	}
	return keyName(t.keys.Keys[t.opened.Key])
}

// keyNames lists the keys, for an operator.
func (t *trial) keyNames() string {
	var names []string
	for _, k := range t.keys.Keys {
		names = append(names, keyName(k))
	}
	return "keys: " + strings.Join(names, ", ")
}

func keyName(k core.KeyInfo) string {
	name := k.Algorithm + ", the configured SIGNING_KEY"
	if k.ID != "" {
		name = k.Algorithm + ", kid " + k.ID
	}
	if k.NotAfter != 0 {
		name += ", until " + time.Unix(k.NotAfter, 0).UTC().Format(momentLayout)
	}
	return name
}

// sayKeyEnd says when the key that checked the token expires.
func (t *trial) sayKeyEnd() string {
	if t.opened.KeyEnds == 0 {
		return "none"
	}
	return Moment(time.Unix(t.opened.KeyEnds, 0), t.now.Truncate(time.Second))
}

func (t *trial) sayIssuer() string {
	if t.Settings.Issuer == nil {
		return t.orAbsent(t.opened.TokenIssuer) + " (ISSUER is not set)"
	}
	return t.orAbsent(t.opened.TokenIssuer)
}

func (t *trial) sayAudience() string {
	if t.Settings.Audience == nil {
		return t.orAbsent(t.opened.Audience) + " (AUDIENCE is not set)"
	}
	return t.orAbsent(t.opened.Audience)
}

func (t *trial) sayFamily() string {
	if !t.asksFamily() {
		return "not asked for (wire: exact)"
	}
	if s := t.started(); s != "" {
		return "not revoked; " + s
	}
	return "not revoked"
}

// asksFamily reports whether a revoked log-in would refuse the token (core's table of checks).
func (t *trial) asksFamily() bool {
	if t.Settings.Wire != core.Exact {
		return true
	}
	switch t.purpose.As {
	case "header":
		return t.text(t.opened.Type) == string(core.SlidingToken)
	case "verify":
		family := t.opened.FamilyAt(t.now)
		access := family.Ours && (family.Kind == core.AccessByGeneration || family.Kind == core.AccessByEntropy)
		return t.Settings.BlacklistAfterRotation && !access
	}
	return true
}

// started says when the log-in took place; "" if the token is not from this node.
func (t *trial) started() string {
	if !t.opened.Family.Ours {
		return ""
	}
	return "logged in " + Moment(time.UnixMilli(t.opened.FamilyAt(t.now).Start), t.now)
}

func (t *trial) sayCustomer() string {
	if t.Public && !t.asksCustomer() {
		return "not asked for"
	}
	if t.customer.ID.IsZero() {
		return "none is asked for"
	}
	who := t.customer.ID.String()
	if !t.Public {
		who += " " + t.customer.Email
	}
	if !t.customer.IsActive {
		return who + ", disabled, which is not asked for"
	}
	return who + ", active"
}

// asksCustomer reports whether the customer is checked (core's table of checks).
func (t *trial) asksCustomer() bool {
	switch t.purpose.As {
	case "blacklist":
		return false
	case "refresh":
		return t.Settings.Wire == core.Secure || t.Settings.Compat == core.V55
	}
	return true
}
