package httpapi

import (
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// reason says why a request was answered as it was, where cause.Cause has no word, or none so exact. It is for
// logs and metrics, and but for ofFleet never for the client. There are few reasons, and no client can make up one.
type reason string

const (
	hostNotAllowed  reason = "host_not_allowed"
	notForwarded    reason = "not_forwarded"
	missingSlash    reason = "missing_slash"
	unknownPath     reason = "unknown_path"
	unknownFormat   reason = "unknown_format"
	unknownPage     reason = "unknown_page"
	unknownSession  reason = "unknown_session"
	noIssuer        reason = "no_issuer"
	noBundle        reason = "no_bundle"
	wrongMethod     reason = "method_not_allowed"
	notAcceptable   reason = "not_acceptable"
	unsupportedType reason = "unsupported_media_type"
	malformedBody   reason = "malformed_body"
	brokenOff       reason = "body_broken_off"
	bodyTooLarge    reason = "body_too_large"
	tooManyFields   reason = "too_many_fields"
	invalidFields   reason = "invalid_fields"
	forbidden       reason = "permission_denied"
	csrfFailed      reason = "csrf_failed"
	cookieTwice     reason = "cookie_twice"
	foreignCookie   reason = "foreign_cookie"
	tooOften        reason = "throttled"
	clientGone      reason = "client_gone"
	tooSlow         reason = "timeout"
	tooBusy         reason = "busy"
	wrongClock      reason = "clock"
	outboxFull      reason = "outbox_full"
	signerFailed    reason = "signer"
	unavailable     reason = "unavailable"
	stale           reason = "stale"
	homeAway        reason = "away"
	unleased        reason = "unleased"
	unconfirmed     reason = "unconfirmed"
	hashingFailed   reason = "hashing_failed"
	failure         reason = "internal_error"

	// Of a log-in. A client cannot tell these apart.
	unknownCustomer  reason = "unknown_customer"
	inactiveCustomer reason = "inactive_customer"
	noUsablePassword reason = "no_usable_password"
	wrongPassword    reason = "wrong_password"
)

// ofFleet reports whether the reason is that a node of a fleet could not answer by itself. The client sees these in
// X-Auth-Error: another node may answer.
func (r reason) ofFleet() bool {
	return r == stale || r == homeAway || r == unleased || r == unconfirmed
}

// whyNoLogin says why the log-in of a customer was refused.
func whyNoLogin(c store.Customer) reason {
	_, err := password.CostOf(c.PasswordHash)
	switch {
	case c.ID.IsZero():
		return unknownCustomer
	case !c.IsActive:
		return inactiveCustomer
	case err != nil:
		return noUsablePassword
	}
	return wrongPassword
}
