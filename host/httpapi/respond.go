package httpapi

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// answer is an answer without the headers that all answers of this handler have.
type answer struct {
	status int
	header http.Header
	body   []byte
	rest   func(io.Writer) error // writes what follows body; nil where body is all

	browsable bool // body is the JSON that a page is to show
	plain     bool // body is one of Django's plain pages

	// For the log. X-Auth-Error shows the cause too.
	code   core.Code
	cause  cause.Cause
	reason reason      // more exact than cause; "": cause says it
	about  []slog.Attr // more about the reason
	err    error       // why a 5xx
}

// byCode says which refusals are answered, all with 401, and which of them with the code beside the detail.
// simplejwt's own exceptions have a code; those of Django REST framework that it raises have none.
var byCode = map[core.Code]struct{ withCode bool }{
	core.TokenNotValid:          {withCode: true},
	core.BadAuthorizationHeader: {withCode: true},
	core.UserNotFound:           {withCode: true},
	core.UserInactive:           {withCode: true},
	core.PasswordChanged:        {withCode: true},
	core.NotAuthenticated:       {},
	core.NoActiveAccount:        {},
}

// respond turns the value or the error of a view into an answer. Only this file turns a code or an error into
// a status, a body and WWW-Authenticate.
func (rq *request) respond(value django.Value, err error) answer {
	if err == nil {
		return rq.render(rq.reply.status, value)
	}
	var (
		refusal refusal
		invalid invalidBody
	)
	switch {
	case errors.Is(err, errForbidden):
		return rq.forbid()
	case errors.As(err, &refusal):
		return rq.refuse(refusal)
	case errors.As(err, &invalid):
		return rq.invalid(invalid)
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
		a = rq.render(http.StatusUnauthorized, django.Object(
			django.Text("detail", detail),
			django.Text("code", string(code)),
		))
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

// invalid answers a body whose fields are not good.
func (rq *request) invalid(b invalidBody) answer {
	a := rq.render(http.StatusBadRequest, b.faults)
	if b.cause != cause.OK {
		a.cause = b.cause
		a.code, _, _ = rq.node.Settings().Describe(b.cause)
	}
	return a.since(cmp.Or(b.reason, invalidFields))
}

// codeForbidden is the code for a customer without the right (Django REST framework's PermissionDenied).
const codeForbidden core.Code = "permission_denied"

// forbid answers a customer without the right.
func (rq *request) forbid() answer {
	a := rq.detail(errForbidden.status, errForbidden.detail)
	if rq.h.cfg.ErrorHeader {
		a.header.Set("X-Auth-Error", string(codeForbidden))
	}
	a.code, a.reason = codeForbidden, forbidden
	return a
}

// messages says for each class of AUTH_TOKEN_CLASSES why it refused the token.
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

// detail answers {"detail": …}.
func (rq *request) detail(status int, text string) answer {
	return rq.render(status, django.Object(django.Text("detail", text)))
}

// render writes an answer of a view in the negotiated format. A value that JSON cannot express came from the
// client: that is a 400.
func (rq *request) render(status int, value django.Value) answer {
	a := answer{status: status, header: rq.out.newHeader()}
	a.header["Allow"], a.header["Vary"] = rq.view.allow, onAccept
	var err error
	if rq.reply.renderer.name == browsableName {
		a.browsable = true
		a.header.Set("Content-Type", htmlType)
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
		a.header["Content-Type"] = jsonType
	}
	return nil
}

// Values of headers of views.
var onAccept, jsonType = []string{"Accept"}, []string{"application/json"}

// since gives the answer a reason, unless it has one: an answer that could not be rendered knows better.
func (a answer) since(r reason) answer {
	if a.reason == "" {
		a.reason = r
	}
	return a
}

// why labels the answer for logs: its reason, else the cause of the refusal, else "ok"; "internal_error" for
// a failure without either.
func (a answer) why() string {
	switch {
	case a.reason != "":
		return string(a.reason)
	case a.cause != cause.OK || a.status < http.StatusBadRequest:
		return a.cause.String()
	}
	return string(failure)
}
