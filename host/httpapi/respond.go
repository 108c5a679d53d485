package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
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

// byCode says how a refusal is answered: as 401 always, and with the code beside the detail or without it. simplejwt's own exceptions
// have it, those of Django REST framework that it raises have not.
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
	reason   reason // why a log-in was refused, which core does not tell
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

// brokenBody is a body that did not arrive.
type brokenBody struct{ error }

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

// unsupportedMediaType is a Content-Type that no parser reads, as its bytes came.
func unsupportedMediaType(contentType string) error {
	return fault{http.StatusUnsupportedMediaType, unsupportedType, `Unsupported media type "` + django.Latin1(contentType) + `" in request.`}
}

// busyDetail is the text of a 503, and retryAfter its Retry-After in seconds.
const (
	busyDetail = "Service temporarily unavailable, try again later."
	retryAfter = "1"
)

// respond turns what a view gave into an answer. It is the only place where a code or an error becomes a status, a body and WWW-Authenticate.
func (rq *request) respond(value django.Value, err error) answer {
	var (
		refusal refusal
		invalid invalidBody
		fault   fault
		soon    throttled
		parse   *django.ParseError
		broken  brokenBody
	)
	switch {
	case err == nil:
		return rq.render(cmp.Or(rq.status, http.StatusOK), value)
	case errors.Is(err, errForbidden):
		return rq.forbid()
	case errors.As(err, &refusal):
		return rq.refuse(refusal)
	case errors.As(err, &invalid):
		return rq.render(http.StatusBadRequest, invalid.faults).since(invalidFields)
	case errors.As(err, &soon):
		return rq.tooSoon(soon)
	case errors.As(err, &parse):
		return rq.detail(http.StatusBadRequest, parse.Detail).since(malformedBody)
	case errors.As(err, &fault):
		return rq.detail(fault.status, fault.detail).since(fault.reason)
	case errors.Is(err, django.ErrFileNotText):
		return rq.detail(http.StatusBadRequest, err.Error()).since(malformedBody)
	case errors.As(err, &broken):
		return rq.compat.page(http.StatusBadRequest).since(brokenOff)
	case errors.Is(err, django.ErrBodyTooLarge):
		return rq.compat.page(http.StatusBadRequest).since(bodyTooLarge)
	case errors.Is(err, django.ErrTooManyFields), errors.Is(err, django.ErrTooManyFiles):
		return rq.compat.page(http.StatusBadRequest).since(tooManyFields)
	case errors.Is(err, node.ErrBusy), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		a := rq.detail(http.StatusServiceUnavailable, busyDetail)
		a.header.Set("Retry-After", retryAfter)
		a.err = err
		return a
	}
	return rq.compat.failed(err)
}

// refuse answers a refusal.
func (rq *request) refuse(r refusal) answer {
	settings := rq.node.Settings()
	cause := r.cause()
	code, detail, public := settings.Describe(cause)
	row, known := byCode[code]
	if !known {
		return rq.compat.failed(fmt.Errorf("no answer is known for the code %q", code))
	}
	var a answer
	switch {
	case r.op == core.Verify && (cause == core.Blacklisted || cause == core.CutOff):
		// The serializer of this view raises a ValidationError where all others raise a TokenError.
		code = core.Invalid
		a = rq.render(http.StatusBadRequest, django.Object(django.Texts("non_field_errors", detail)))
	case r.op == core.Authenticate && code == core.TokenNotValid && cause != core.NoCustomerClaim:
		a = rq.render(http.StatusUnauthorized, django.Object(
			django.Text("detail", "Given token not valid for any token type"),
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
	if rq.cfg.ErrorHeader {
		a.header.Set("X-Auth-Error", public)
	}
	a.code, a.cause, a.reason = code, cause, r.reason
	return a
}

// codeForbidden is the code of a request whose customer lacks a right (Django REST framework's PermissionDenied).
const codeForbidden core.Code = "permission_denied"

// forbid answers a customer who lacks a right.
func (rq *request) forbid() answer {
	a := rq.detail(errForbidden.status, errForbidden.detail)
	if rq.cfg.ErrorHeader {
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

// render is an answer of a view as it was negotiated. A value that JSON cannot express came from the client, who is told so.
func (rq *request) render(status int, value django.Value) answer {
	a := answer{status: status, header: http.Header{"Allow": {rq.view.allow()}, "Vary": {"Accept"}}}
	var err error
	if rq.renderer.name == browsableName {
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
	if a.body, err = django.Render(value, rq.indent); err != nil {
		return err
	}
	if rq.rest != nil {
		a.body = bytes.TrimRight(a.body, "\n]")
		a.rest = func(w io.Writer) error { return rq.rest(w, rq.indent) }
	}
	if rq.askedSession {
		a.header.Set("Vary", "Accept, Cookie")
	}
	if len(a.body) > 0 {
		a.header.Set("Content-Type", "application/json")
	}
	return nil
}

// page is one of Django's plain pages.
func (c compat) page(status int) answer {
	return answer{status: status, body: []byte(page(status)), header: http.Header{"Content-Type": {c.pageType}}, plain: true}
}

// failed is the answer to a failure of our own: its error is for the log.
func (c compat) failed(err error) answer {
	a := c.page(http.StatusInternalServerError)
	a.err = err
	return a
}
