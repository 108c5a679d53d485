package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

// answer is a whole answer, before the headers that every answer of this handler carries.
type answer struct {
	status int
	header http.Header
	body   []byte
	rest   func(io.Writer) error // writes what follows body; nil where body is all

	browsable bool // body is the JSON that a page is to show
	plain     bool // body is one of Django's plain pages

	// For the log alone, but for what X-Auth-Error shows of the cause.
	code   core.Code
	cause  core.Cause
	reason reason      // what cause does not know, or not so exactly
	about  []slog.Attr // more of it
	err    error       // why a 5xx
}

// byCode says how a refusal is answered: as 401 always, and with the code beside the detail or without it.
// simplejwt's own exceptions have it, those of Django REST framework that it raises have not.
var byCode = map[core.Code]struct{ withCode bool }{
	core.TokenNotValid:          {withCode: true},
	core.BadAuthorizationHeader: {withCode: true},
	core.UserNotFound:           {withCode: true},
	core.UserInactive:           {withCode: true},
	core.PasswordChanged:        {withCode: true},
	core.NotAuthenticated:       {},
	core.NoActiveAccount:        {},
}

// refusal is what core refused, and what had been asked.
type refusal struct {
	op       core.Op
	refusals []core.Refusal
	reason   reason // why, where core does not tell
}

func (r refusal) Error() string { return "refused: " + r.cause().String() }

// cause is the first of the causes.
func (r refusal) cause() core.Cause { return r.refusals[0].Cause }

// refused is a refusal for one cause.
func refused(op core.Op, cause core.Cause) error {
	return refusal{op: op, refusals: []core.Refusal{{Cause: cause}}}
}

// The errors below are what a view can answer with besides refusals, and Django REST framework's texts for them.

// invalidBody is a body that lacks what the view wants, with the errors of each field.
type invalidBody struct{ faults django.Value }

func (invalidBody) Error() string { return "body is not valid" }

// fault is any other fault of a request: the status and the detail that it is answered with.
type fault struct {
	status int
	reason reason
	detail string
}

func (f fault) Error() string { return f.detail }

var (
	errNotAcceptable = fault{http.StatusNotAcceptable, notAcceptable, "Could not satisfy the request Accept header."}
	errNotFound      = fault{http.StatusNotFound, unknownFormat, "Not found."}
	errForbidden     = fault{http.StatusForbidden, forbidden, "You do not have permission to perform this action."}
)

// methodNotAllowed is a method that the view does not have.
func methodNotAllowed(method string) error {
	return fault{http.StatusMethodNotAllowed, wrongMethod, `Method "` + method + `" not allowed.`}
}

// busyDetail is the text of a 503, and busyWait how long a client is to wait after one.
const (
	busyDetail = "Service temporarily unavailable, try again later."
	busyWait   = time.Second
)

// retryAfter is a time to wait as the header of this name has it: in whole seconds.
func retryAfter(wait time.Duration) string { return strconv.Itoa(int(wait / time.Second)) }

// outcome is how a request ends that failed for an error which is no refusal, whoever is told and in what form.
type outcome struct {
	status int
	detail string // for views; "" where the reference has one of its plain pages
	code   core.Code
	reason reason
	wait   time.Duration // until the client may ask again; 0: nothing is said about that
	about  []slog.Attr   // more for the log
	err    error         // why a 5xx, for the log
}

// classify says how a request ends that failed for err. An error that nobody foresaw is a failure of our own.
func classify(err error) outcome {
	var (
		fault  fault
		forged csrf.Rejection
		soon   throttled
		parse  *django.ParseError
		broken body.Broken
		media  body.UnsupportedType
	)
	busy := outcome{status: http.StatusServiceUnavailable, detail: busyDetail, wait: busyWait, err: err}
	switch {
	case errors.As(err, &soon):
		return outcome{status: http.StatusTooManyRequests, detail: soon.Error(), code: codeThrottled, reason: tooOften, wait: soon.wait(),
			about: []slog.Attr{slog.String("throttle", soon.names)}}
	case errors.As(err, &parse):
		return outcome{status: http.StatusBadRequest, detail: parse.Detail, reason: malformedBody}
	case errors.As(err, &fault):
		return outcome{status: fault.status, detail: fault.detail, reason: fault.reason}
	case errors.As(err, &forged):
		return outcome{status: http.StatusForbidden, detail: forged.Error(), reason: csrfFailed, about: aboutRejection(forged)}
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
	case errors.Is(err, context.Canceled):
		busy.reason = clientGone
		return busy
	case errors.Is(err, context.DeadlineExceeded):
		busy.reason = tooSlow
		return busy
	case errors.Is(err, node.ErrBusy):
		busy.reason = tooBusy
		return busy
	case errors.Is(err, hashing.ErrFailed):
		busy.reason = hashingFailed
		return busy
	case errors.Is(err, core.ErrClock):
		busy.reason = wrongClock
		return busy
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed), errors.Is(err, core.ErrKeyEnded):
		busy.reason = unavailable
		return busy
	}
	return outcome{status: http.StatusInternalServerError, reason: failure, err: err}
}

// mark writes into an answer what it does not show by its status and body.
func (o outcome) mark(a answer) answer {
	if a.err != nil { // it could not be made, and says so
		return a
	}
	if o.wait > 0 {
		a.header.Set("Retry-After", retryAfter(o.wait))
	}
	a.code, a.about, a.err = o.code, o.about, o.err
	return a.since(o.reason)
}

// respond turns what a view gave into an answer. This file is the only place where a code or an error becomes a
// status, a body and WWW-Authenticate.
func (rq *request) respond(value django.Value, err error) answer {
	var (
		refusal refusal
		invalid invalidBody
	)
	switch {
	case err == nil:
		return rq.render(rq.reply.status, value)
	case errors.Is(err, errForbidden):
		return rq.forbid()
	case errors.As(err, &refusal):
		return rq.refuse(refusal)
	case errors.As(err, &invalid):
		return rq.render(http.StatusBadRequest, invalid.faults).since(invalidFields)
	}
	o := classify(err)
	if o.detail == "" {
		return o.mark(rq.h.compat.page(o.status))
	}
	return o.mark(rq.detail(o.status, o.detail))
}

// refuse answers a refusal.
func (rq *request) refuse(r refusal) answer {
	settings := rq.node.Settings()
	cause := r.cause()
	code, detail, perClass := settings.Told(r.op, cause)
	_, _, public := settings.Describe(cause)
	row, known := byCode[code]
	var a answer
	switch {
	case code == core.Invalid:
		a = rq.render(http.StatusBadRequest, django.Object(django.Texts("non_field_errors", detail)))
	case !known:
		return rq.h.compat.failed(fmt.Errorf("no answer is known for the code %q", code))
	case perClass:
		a = rq.render(http.StatusUnauthorized, django.Object(
			django.Text("detail", detail),
			django.Text("code", string(code)),
			django.Pair("messages", messages(settings, r.refusals)),
		))
	case row.withCode:
		a = rq.render(http.StatusUnauthorized, django.Object(django.Text("detail", detail), django.Text("code", string(code))))
	default:
		a = rq.detail(http.StatusUnauthorized, detail)
	}
	if a.status == http.StatusUnauthorized {
		a.header.Set("WWW-Authenticate", settings.AuthHeaderTypes[0]+` realm="api"`)
	}
	if rq.h.cfg.ErrorHeader {
		a.header.Set("X-Auth-Error", public)
	}
	a.code, a.cause, a.reason = code, cause, r.reason
	if rq.visit.Twice {
		a.reason = cookieTwice
	}
	return a
}

// codeForbidden is the code of a request whose customer lacks a right (Django REST framework's PermissionDenied).
const codeForbidden core.Code = "permission_denied"

// forbid answers a customer who lacks a right.
func (rq *request) forbid() answer {
	a := rq.detail(errForbidden.status, errForbidden.detail)
	if rq.h.cfg.ErrorHeader {
		a.header.Set("X-Auth-Error", string(codeForbidden))
	}
	a.code, a.reason = codeForbidden, forbidden
	return a
}

// messages says of each class of AUTH_TOKEN_CLASSES why it refused a token.
func messages(settings *core.Settings, refusals []core.Refusal) django.Value {
	list := make([]django.Value, len(refusals))
	for i, r := range refusals {
		_, detail, _ := settings.Describe(r.Cause)
		list[i] = django.Object(
			django.Text("token_class", r.Class.ClassName()),
			django.Text("token_type", string(r.Class)),
			django.Text("message", detail),
		)
	}
	return django.List(list...)
}

// detail is an answer {"detail": …}.
func (rq *request) detail(status int, text string) answer {
	return rq.render(status, django.Object(django.Text("detail", text)))
}

// render is an answer of a view as it was negotiated. A value that JSON cannot express came from the client, who is
// told so.
func (rq *request) render(status int, value django.Value) answer {
	a := answer{status: status, header: http.Header{"Allow": {rq.view.allow}, "Vary": {"Accept"}}}
	var err error
	if rq.reply.renderer.name == browsableName {
		a.browsable = true
		a.header.Set("Content-Type", "text/html; charset=utf-8")
		a.header.Set("Vary", "Accept, Cookie")
		a.body, err = django.Render(value, browsableIndent)
	} else {
		err = rq.renderJSON(&a, value)
	}
	if err != nil {
		return rq.detail(http.StatusBadRequest, err.Error()).since(malformedBody)
	}
	return a
}

func (rq *request) renderJSON(a *answer, value django.Value) (err error) {
	if a.body, err = django.Render(value, rq.reply.indent); err != nil {
		return err
	}
	if rq.reply.rest != nil {
		a.body = bytes.TrimRight(a.body, "\n]")
		a.rest = func(w io.Writer) error { return rq.reply.rest(w, rq.reply.indent) }
	}
	if rq.who.askedSession {
		a.header.Set("Vary", "Accept, Cookie")
	}
	if len(a.body) > 0 {
		a.header.Set("Content-Type", "application/json")
	}
	return nil
}
