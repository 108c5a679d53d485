package httpapi

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// view is one row of the table of views: a path, who may call it, what it takes and answers, and the
// functions that answer.
type view struct {
	// path may end with idPart: the view is about one of several things, and request.id is the id of that.
	path string
	// name and description are shown by OPTIONS.
	name, description string
	// shown is the description on pages and in OpenAPI, if that of OPTIONS speaks of Python; "": description.
	shown string
	// fields are those of a POST body, shown by OPTIONS and by the form on its page; nil: any body.
	fields []field
	// takes names the schema of a POST body: of the fields, or of any JSON; "": the body is not read.
	takes string
	// authenticates reads the Authorization header, else asks for a session (JWTAuthentication, then
	// SessionAuthentication). The token views do neither, so that a stale header keeps nobody from logging
	// in.
	authenticates bool
	// rule says who may call the view; zero: anyone. model is the model whose rights it asks for,
	// "app_label.model"; "": it asks for none.
	rule  permission.Rule
	model string
	// logsIn counts requests as log-ins for the throttles.
	logsIn bool
	// paged: GET takes ?page=.
	paged bool
	// get, post, put, patch and remove (DELETE) answer these methods; zero: the view does not have it. HEAD
	// is answered as GET.
	get, post, put, patch, remove action

	options action   // made by complete
	methods []string // those that the view has
	allow   []string // the Allow header: methods
}

// action answers one method of a view.
type action struct {
	answer func(*request) (django.Value, error)
	schema openapi.Schema // of the answer; zero: no body
	status int            // of the answer; 0: 200
}

// code is the status of the answer.
func (a *action) code() int { return cmp.Or(a.status, http.StatusOK) }

// idPart is the end of the path of a view about one of several things.
const idPart = "{id}/"

// complete fills in what follows from the row.
func (v *view) complete() {
	v.shown = cmp.Or(v.shown, v.description)
	v.options = action{answer: v.metadata, schema: metadataSchema}
	for _, m := range methods {
		if v.action(m) != nil {
			v.methods = append(v.methods, m)
		}
	}
	v.allow = []string{strings.Join(v.methods, ", ")}
}

// action answers a method, in capitals; nil: the view does not have it.
func (v *view) action(method string) *action {
	var a *action
	switch method {
	case http.MethodGet, http.MethodHead:
		a = &v.get
	case http.MethodPost:
		a = &v.post
	case http.MethodPut:
		a = &v.put
	case http.MethodPatch:
		a = &v.patch
	case http.MethodDelete:
		a = &v.remove
	case http.MethodOptions:
		a = &v.options
	}
	if a == nil || a.answer == nil {
		return nil
	}
	return a
}

// serve answers a request in the order of Django REST framework (APIView.dispatch): negotiate, authenticate,
// check permissions, throttle, and only then look for the method. The body is read by the action that needs
// it.
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
	rq.who.permitted = true
	if err := rq.throttle(); err != nil {
		return django.Value{}, err
	}
	if action := v.action(rq.method); action != nil {
		rq.reply.status = action.code()
		return action.answer(rq)
	}
	return django.Value{}, methodNotAllowed(rq.method)
}

// permit returns nil if the client may use a method of the view, else the refusal.
func (v *view) permit(rq *request, method string) error {
	switch v.rule.Decide(method, v.model, rq.who.caller()) {
	case permission.Allowed:
		return nil
	case permission.Unauthenticated:
		return refused(core.Authenticate, cause.NoHeader)
	case permission.MethodNotAllowed:
		return methodNotAllowed(method)
	}
	return errForbidden
}

// metadata is what OPTIONS answers (Django REST framework's SimpleMetadata). It lists the fields of a body
// only to whoever may send one.
func (v *view) metadata(rq *request) (django.Value, error) {
	var renders []string
	for _, r := range rq.h.cfg.renderers() {
		renders = append(renders, r.mediaType.String())
	}
	members := []django.Member{
		django.Text("name", v.name),
		django.Text("description", v.description),
		django.Texts("renders", renders...),
		django.Texts("parses", body.Types()...),
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
		post := django.Pair("POST", django.Object(fields...))
		members = append(members, django.Pair("actions", django.Object(post)))
	}
	return django.Object(members...), nil
}

// metadataSchema is the shape of what OPTIONS shows.
var metadataSchema = func() openapi.Schema {
	text, flag := openapi.Text(), openapi.Flag()
	field := openapi.Object("FieldMetadata", openapi.Has("type", text), openapi.Has("required", flag),
		openapi.Has("read_only", flag), openapi.Has("label", text))
	actions := openapi.Map(openapi.Map(field).Named("FieldsMetadata")).Named("Actions").
		About("The fields of a body, by the method that takes it.")
	return openapi.Object("Metadata", openapi.Has("name", text), openapi.Has("description", text),
		openapi.Has("renders", openapi.List(text)), openapi.Has("parses", openapi.List(text)),
		openapi.MayHave("actions", actions))
}()

// methods are those that a view can have, in the order of Django's View.http_method_names.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead,
	http.MethodOptions,
}
