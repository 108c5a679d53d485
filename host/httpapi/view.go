package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// serve answers a request in the order of Django REST framework (APIView.dispatch): how to render, who asks, whether
// they may, whether it is too soon, and only then whether there is such a method. The body is read by the handler
// that wants it.
func (v *view) serve(rq *request) (django.Value, error) {
	if err := rq.negotiate(); err != nil {
		return django.Value{}, err
	}
	if v.authenticates {
		if err := rq.authenticate(); err != nil {
			return django.Value{}, err
		}
	}
	if err := v.permit(rq, rq.method); err != nil {
		return django.Value{}, err
	}
	rq.permitted = true
	if err := rq.throttle(); err != nil {
		return django.Value{}, err
	}
	if handle := v.handler(rq.method); handle != nil {
		return handle(rq)
	}
	return django.Value{}, methodNotAllowed(rq.method)
}

// handler is what answers a method, in capitals; nil where the view does not have it.
func (v *view) handler(method string) func(*request) (django.Value, error) {
	switch method {
	case http.MethodGet, http.MethodHead:
		return v.get
	case http.MethodPost:
		return v.post
	case http.MethodPut:
		return v.put
	case http.MethodPatch:
		return v.patch
	case http.MethodDelete:
		return v.remove
	case http.MethodOptions:
		return func(rq *request) (django.Value, error) { return v.metadata(rq), nil }
	}
	return nil
}

// allow is the Allow header: the methods of the view.
func (v *view) allow() string {
	var allowed []string
	for _, m := range methods {
		if v.handler(m) != nil {
			allowed = append(allowed, m)
		}
	}
	return strings.Join(allowed, ", ")
}

// permit says whether whoever asks may use a method of the view: nil, or the refusal.
func (v *view) permit(rq *request, method string) error {
	switch v.rule.Decide(method, v.model, rq.caller()) {
	case core.Allowed:
		return nil
	case core.Unauthenticated:
		return refused(core.Authenticate, core.NoHeader)
	case core.MethodNotAllowed:
		return methodNotAllowed(method)
	}
	return errForbidden
}

// metadata is what OPTIONS shows (Django REST framework's SimpleMetadata): the fields of a body too, to whom may send
// one.
func (v *view) metadata(rq *request) django.Value {
	var renders, parses []string
	for _, r := range rq.cfg.renderers() {
		renders = append(renders, r.String())
	}
	for _, p := range parsers {
		parses = append(parses, p.String())
	}
	members := []django.Member{
		django.Text("name", v.name),
		django.Text("description", v.description),
		django.Texts("renders", renders...),
		django.Texts("parses", parses...),
	}
	if v.fields != nil && v.permit(rq, http.MethodPost) == nil {
		var fields []django.Member
		for _, f := range v.fields {
			fields = append(fields, django.Pair(f.name, django.Object(
				django.Text("type", "string"),
				django.Pair("required", django.Bool(!f.readOnly)),
				django.Pair("read_only", django.Bool(f.readOnly)),
				django.Text("label", f.label),
			)))
		}
		members = append(members, django.Pair("actions", django.Object(django.Pair("POST", django.Object(fields...)))))
	}
	return django.Object(members...)
}
