package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// serve answers a request in the order of Django REST framework (APIView.dispatch): how to render, who asks, whether
// they may, whether it is too soon, and only then whether there is such a method. The body is read by the handler that wants it.
func (v *view) serve(rq *request) (django.Value, error) {
	if err := rq.negotiate(); err != nil {
		return django.Value{}, err
	}
	if v.authenticates {
		if err := rq.authenticate(); err != nil {
			return django.Value{}, err
		}
	}
	if v.permits != nil {
		if err := v.permits(rq); err != nil {
			return django.Value{}, err
		}
	}
	if err := rq.throttle(); err != nil {
		return django.Value{}, err
	}
	method := strings.ToUpper(rq.Method)
	switch {
	case v.get != nil && (method == http.MethodGet || method == http.MethodHead):
		return v.get(rq)
	case v.post != nil && method == http.MethodPost:
		return v.post(rq)
	case method == http.MethodOptions:
		return v.metadata(), nil
	}
	return django.Value{}, methodNotAllowed(method)
}

// allow is the Allow header: the methods of the view, in the order of Django's View.http_method_names.
func (v *view) allow() string {
	var methods []string
	if v.get != nil {
		methods = append(methods, http.MethodGet)
	}
	if v.post != nil {
		methods = append(methods, http.MethodPost)
	}
	if v.get != nil {
		methods = append(methods, http.MethodHead)
	}
	return strings.Join(append(methods, http.MethodOptions), ", ")
}

// metadata is what OPTIONS shows (Django REST framework's SimpleMetadata).
func (v *view) metadata() django.Value {
	var renders, parses []string
	for _, r := range renderers {
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
	if v.fields != nil {
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

// permission says whether a request may call a view: nil, or the refusal.
type permission func(*request) error

// isAuthenticated permits customers (Django REST framework's IsAuthenticated).
func isAuthenticated(rq *request) error {
	if rq.customer.ID.IsZero() {
		return refused(core.Authenticate, core.NoHeader)
	}
	return nil
}
