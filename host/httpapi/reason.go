package httpapi

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// reason is why a request was answered as it was, where core.Cause has no word for it, or no exact one: for log and
// metrics, never for the client. They are few, and none is chosen by a client.
type reason string

const (
	hostNotAllowed  reason = "host_not_allowed"
	notForwarded    reason = "not_forwarded"
	missingSlash    reason = "missing_slash"
	unknownPath     reason = "unknown_path"
	unknownFormat   reason = "unknown_format"
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
	unavailable     reason = "unavailable"
	hashingFailed   reason = "hashing_failed"
	failure         reason = "internal_error"

	// Of a log-in, which a client cannot tell apart.
	unknownCustomer  reason = "unknown_customer"
	inactiveCustomer reason = "inactive_customer"
	noUsablePassword reason = "no_usable_password"
	wrongPassword    reason = "wrong_password"
)

// since is the answer with its reason.
func (a answer) since(r reason) answer {
	// What an answer that could not be rendered says of itself is nearer.
	if a.reason == "" {
		a.reason = r
	}
	return a
}

// why is the reason of an answer, else the cause of its refusal; "ok" for no answer but one that is none.
func (a answer) why() string {
	switch {
	case a.reason != "":
		return string(a.reason)
	case a.cause != core.OK || a.status < http.StatusBadRequest:
		return a.cause.String()
	}
	return string(failure)
}

// whyNoLogin is why a customer, whom a log-in names, was refused.
func whyNoLogin(c store.Customer) reason {
	_, err := password.ParamsOf(c.PasswordHash)
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

// Bounds of what the log has of a client's text, in bytes.
const (
	maxShown   = 128
	maxSegment = 32
)

// bounded is the beginning of a text.
func bounded(text string) string {
	if len(text) <= maxShown {
		return text
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// shownPath is what the log has of a path that is none of ours: no part of it that could be a token or an e-mail
// address.
func shownPath(path string) string {
	if len(path) > 4*maxShown {
		path = path[:4*maxShown]
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > maxSegment || strings.Contains(p, "@") {
			parts[i] = "…"
		}
	}
	return bounded(strings.Join(parts, "/"))
}
