package explain

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// reasons say in words why a check refused.
var reasons = map[cause.Cause]string{
	cause.TooLong:        fmt.Sprintf("the token is longer than %d bytes", core.MaxTokenBytes),
	cause.Malformed:      "the token is not three parts in canonical base64url, with dots between",
	cause.BadHeader:      "the header is no strict JSON object, or asks for what is not understood (crit, b64)",
	cause.BadAlgorithm:   "alg is not the algorithm of the key",
	cause.UnknownKey:     "no key has this kid",
	cause.BadSignature:   "the signature is not this key's: another key signed, or the token was changed",
	cause.BadClaims:      "the claims are no strict JSON object",
	cause.KeyForRefresh:  "the key verifies refresh tokens alone, and the token is another one",
	cause.KeyEnded:       "the key has ended, and with it every token that it signed",
	cause.BadIssuedAt:    "is no number",
	cause.NotYetIssued:   "is ahead: the clocks of this node and the issuer disagree, or LEEWAY is too small",
	cause.BadNotBefore:   "is no number",
	cause.NotYetValid:    "is ahead",
	cause.BadExpiresAt:   "is no number, or beyond the year 9999",
	cause.WrongIssuer:    "is not ISSUER",
	cause.WrongAudience:  "names none of AUDIENCE",
	cause.BadSubject:     "is no text",
	cause.BadID:          "is nothing that can be revoked",
	cause.NoExpiresAt:    "the token has no exp, so that it would never expire",
	cause.NoID:           "the token has no id (JTI_CLAIM)",
	cause.NoType:         "the token has no type (TOKEN_TYPE_CLAIM)",
	cause.WrongType:      "the token is of another type",
	cause.Blacklisted:    "the log-in that the token descends from was revoked",
	cause.NoRefreshExp:   "the token does not say until when it can be refreshed (SLIDING_TOKEN_REFRESH_EXP_CLAIM)",
	cause.BadRefreshExp:  "is no number, or no time up to the year 9999",
	cause.Reused:         "a later refresh token has taken the place of the token: who uses it again ends the log-in",
	cause.SessionEnded:   "the log-in was longer ago than refresh.max_session",
	cause.SessionIdle:    "the refresh token lay unused for longer than refresh.idle",
	cause.RefreshExpired: "is past: the customer has to log in again",
	cause.CutOff: "the log-in that the token descends from came before all sessions were ended: " +
		"by a new password, by disabling, by a log-out everywhere, or those of all customers by token revoke --all " +
		"or a restore",
	cause.NoCustomerClaim:  "the token names no customer (USER_ID_CLAIM)",
	cause.CustomerNotFound: "the customer does not exist",
	cause.CustomerInactive: "the customer is disabled",
	cause.InactiveAccount:  "the customer does not exist or is disabled",
	cause.RevokeClaim:      "the password was changed since the token was issued",
}

// reasonsAt say it for the checks that refuse for a cause which another check has too.
var reasonsAt = map[string]string{
	"jti":        "is no text",
	"own issuer": "another issuer's key signed the token, which is neither refreshed nor blacklisted here",
	"iss text":   "is no text, so that no token can be written with it",
	"generation": "no refresh token can follow: no blacklist can hold the id, or its generation is the last one",
}

// Unopened says why a token could not be opened with these keys.
func Unopened(c cause.Cause, keys core.KeySet) string {
	t := trial{keys: keys}
	return t.why("", c)
}

// why is the reason of a refusal by a check, with the refused value.
func (t *trial) why(check string, c cause.Cause) string {
	if t.hidesKeys() && slices.Contains(keyCauses, c) {
		return "made by no key of this node, or the token was changed"
	}
	if c == cause.Expired {
		return t.expired()
	}
	values := map[cause.Cause]string{
		cause.BadIssuedAt: t.text(t.opened.IssuedAt), cause.NotYetIssued: t.moment(t.opened.IssuedAt),
		cause.BadNotBefore: t.text(t.opened.NotBefore), cause.NotYetValid: t.moment(t.opened.NotBefore),
		cause.BadExpiresAt: t.text(t.opened.ExpiresAt), cause.BadRefreshExp: t.text(t.opened.RefreshExpiresAt),
		cause.RefreshExpired: t.moment(t.opened.RefreshExpiresAt),
		cause.WrongIssuer:    t.orAbsent(t.opened.TokenIssuer), cause.WrongAudience: t.orAbsent(t.opened.Audience),
		cause.WrongType: t.text(t.opened.Type), cause.CutOff: t.started(), cause.Blacklisted: t.history(),
		cause.Reused: t.history(), cause.SessionEnded: t.saySession(), cause.SessionIdle: t.saySession(),
		cause.CustomerNotFound: t.text(t.opened.Customer), cause.CustomerInactive: t.text(t.opened.Customer),
		cause.InactiveAccount: t.text(t.opened.Customer),
		cause.UnknownKey:      t.keyNames(), cause.BadAlgorithm: t.keyNames(), cause.KeyEnded: t.sayKeyEnd(),
	}
	reason := cmp.Or(reasonsAt[check], reasons[c], c.String())
	if check == "revocation" && c == cause.Blacklisted && !t.state.Family.Dead {
		reason = "a later refresh token has taken the place of the token"
	}
	if value := values[c]; value != "" {
		reason += " (" + value + ")"
	}
	return reason
}

func say(text string) func(*trial, bool) string { return func(*trial, bool) string { return text } }

func (t *trial) orAbsent(c strictjson.Value) string {
	if c.Form == strictjson.Absent {
		return "absent"
	}
	return t.text(c)
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

func (t *trial) sayFamily(asked bool) string {
	// On the exact wire an access token of ours is good to its end, also for verification.
	exempt := t.purpose.op == core.Verify && t.Settings.Wire == core.Exact && t.opened.FamilyAt(t.now).Access()
	if !asked || exempt {
		return "not asked for (wire: exact)"
	}
	if s := t.history(); s != "" {
		return "not revoked; " + s
	}
	return "not revoked"
}

// started says when the log-in took place; "" if the token is not from this node.
func (t *trial) started() string {
	if !t.opened.Family().Ours {
		return ""
	}
	return "logged in " + Moment(time.UnixMilli(t.opened.FamilyAt(t.now).Start), t.now)
}

func (t *trial) sayCustomer(asked bool) string {
	// The blacklist asks whether the claim can be read, not for the customer.
	if t.Public && (!asked || t.purpose.op == core.Blacklist) {
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

func (t *trial) sayPassword() string {
	if t.Settings.CheckRevokeToken {
		return "that of the customer's password"
	}
	return "not asked for (CHECK_REVOKE_TOKEN is off)"
}
