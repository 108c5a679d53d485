package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// busyDetail is the text of a 503, and busyWait how long a client is to wait after one.
const (
	busyDetail = "Service temporarily unavailable, try again later."
	busyWait   = time.Second
)

// retryAfter writes a time for the Retry-After header: in whole seconds.
func retryAfter(wait time.Duration) string { return strconv.Itoa(int(wait / time.Second)) }

// outcome is how a request ends that failed for an error other than a refusal. Views and pages show it in
// their own forms.
type outcome struct {
	status int
	detail string // for views; "": one of Django's plain pages
	code   core.Code
	reason reason
	wait   time.Duration // until the client may try again; 0: not said
	about  []slog.Attr   // more for the log
	err    error         // the cause of a 5xx, for the log
}

// unavailabilities are the errors after which a client may try again, with their reasons. The first that fits counts:
// what an error says beside ErrAway or ErrUnanswered is of the other node.
var unavailabilities = []struct {
	err    error
	reason reason
}{
	{context.Canceled, clientGone},
	{context.DeadlineExceeded, tooSlow},
	{node.ErrAway, homeAway},
	{node.ErrUnanswered, homeAway},
	{node.ErrUnleased, unleased},
	{node.ErrUnconfirmed, unconfirmed},
	{core.ErrStale, stale},
	{node.ErrBusy, tooBusy},
	{hashing.ErrFailed, hashingFailed},
	{core.ErrClock, wrongClock},
	{store.ErrOutboxFull, outboxFull},
	{core.ErrSigner, signerFailed},
	{store.ErrUnavailable, unavailable},
	{store.ErrClosed, unavailable},
	{core.ErrKeyEnded, unavailable},
	{core.ErrNoSigningKey, unavailable},
}

// classify says how a request ends that failed for err. An unknown error is an internal one: a 500.
func classify(err error) outcome {
	var (
		fault  fault
		forged csrf.Rejection
		soon   throttled
		parse  *django.ParseError
		broken body.Broken
		media  body.UnsupportedType
	)
	switch {
	case errors.As(err, &soon):
		return outcome{
			status: http.StatusTooManyRequests, detail: soon.Error(), code: codeThrottled, reason: tooOften,
			wait: soon.wait(), about: []slog.Attr{slog.String("throttle", soon.names)},
		}
	case errors.As(err, &parse):
		return outcome{status: http.StatusBadRequest, detail: parse.Detail, reason: malformedBody}
	case errors.As(err, &fault):
		return outcome{status: fault.status, detail: fault.detail, reason: fault.reason}
	case errors.As(err, &forged):
		return outcome{
			status: http.StatusForbidden, detail: forged.Error(), reason: csrfFailed, about: aboutRejection(forged),
		}
	case errors.Is(err, django.ErrFileNotText), errors.Is(err, body.ErrCharset):
		return outcome{status: http.StatusBadRequest, detail: err.Error(), reason: malformedBody}
	case errors.As(err, &media):
		return outcome{status: http.StatusUnsupportedMediaType, detail: media.Error(), reason: unsupportedType}
	case errors.As(err, &broken):
		return outcome{status: http.StatusBadRequest, reason: brokenOff}
	case errors.Is(err, django.ErrBodyTooLarge):
		return outcome{status: http.StatusBadRequest, reason: bodyTooLarge}
	case errors.Is(err, django.ErrTooManyFields), errors.Is(err, django.ErrTooManyFiles):
		return outcome{status: http.StatusBadRequest, reason: tooManyFields}
	}
	for _, why := range unavailabilities {
		if errors.Is(err, why.err) {
			return outcome{
				status: http.StatusServiceUnavailable, detail: busyDetail, reason: why.reason, wait: busyWait, err: err,
			}
		}
	}
	return outcome{status: http.StatusInternalServerError, reason: failure, err: err}
}

// mark adds to an answer what its status and body do not show.
func (o outcome) mark(a answer) answer {
	if a.err != nil { // the answer itself could not be made
		return a
	}
	if o.wait > 0 {
		a.header.Set("Retry-After", retryAfter(o.wait))
	}
	a.code, a.about, a.err = o.code, o.about, o.err
	return a.since(o.reason)
}
