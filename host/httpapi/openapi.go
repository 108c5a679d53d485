package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core"
)

// object is one of an OpenAPI document, as JSON has it.
type object = map[string]any

// openAPI describes the API for programs (OpenAPI 3.0.3), from the tables that serve it.
func (h *handler) openAPI(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	return answer{status: http.StatusOK, body: h.described, header: http.Header{
		"Content-Type": {"application/json"}, "Cache-Control": {"no-cache"},
	}}
}

// describe makes the description. It is the same as long as the handler lives.
func (h *handler) describe() ([]byte, error) {
	paths := object{}
	for _, v := range h.order {
		paths[v.path] = h.describeView(v)
	}
	paths[checkPath] = h.describeCheck()
	for _, path := range []string{"/healthz", "/readyz"} {
		paths[path] = describeHealth(path)
	}
	if h.cfg.TokenCookies.On {
		paths[csrfPath] = describeCSRF()
	}
	return json.MarshalIndent(object{
		"openapi": "3.0.3",
		"info": object{
			"title":       "edgetoken",
			"version":     "compat-" + string(h.cfg.Compat),
			"description": "Tokens for customers, and the customers. The wire is that of Django REST framework with djangorestframework-simplejwt.",
		},
		"paths":      paths,
		"components": object{"schemas": schemas(h.cfg.TokenCookies.On, h.cfg.LoginAnswer), "responses": h.sharedResponses(), "securitySchemes": h.securitySchemes()},
	}, "", "  ")
}

// describeView is one path of the document.
func (h *handler) describeView(v *view) object {
	item := object{}
	for _, method := range strings.Split(v.allow(), ", ") {
		if method == http.MethodHead { // as GET, without a body
			continue
		}
		op := object{
			"operationId": operationID(method, v.path),
			"summary":     v.name,
			"description": v.description,
			"responses":   h.describeResponses(v, method),
			"security":    h.security(v, method),
			"tags":        []string{strings.Split(v.path, "/")[1]},
		}
		if h.cfg.TokenCookies.On && (v.authenticates && changes(method) || v.fields != nil && method == http.MethodPost) {
			op["parameters"] = []object{csrfParameter}
		}
		if takesBody(method) {
			op["requestBody"] = h.describeBody(v, method)
		}
		item[strings.ToLower(method)] = op
	}
	return item
}

// operationID is a name for an operation: post_auth_token_refresh.
func operationID(method, path string) string {
	return strings.ToLower(method) + strings.TrimSuffix(strings.ReplaceAll(path, "/", "_"), "_")
}

// csrfParameter is the header that keeps a request from being forged.
var csrfParameter = object{
	"name": "X-CSRFToken", "in": "header", "schema": object{"type": "string"},
	"description": "The CSRF token, for a log-in and where a cookie says who asks: from GET " + csrfPath + ". A form may have it in the field csrfmiddlewaretoken. " +
		"A request with a token of its own, in the body or the header, needs none.",
}

// changes reports whether a method of a view may change something (RFC 9110 §9.2.1).
func changes(method string) bool { return takesBody(method) || method == http.MethodDelete }

// takesBody reports whether a method sends something that its handler reads. DELETE has a body in no view.
func takesBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// describeBody is what a method of a view takes, in all the types that are parsed.
func (h *handler) describeBody(v *view, method string) object {
	schema, required := object{"nullable": true, "description": "Any JSON."}, false
	if v.fields != nil && method == http.MethodPost {
		properties, names := object{}, []string{}
		for _, f := range v.fields {
			if f.readOnly {
				continue
			}
			property := object{"type": "string", "title": f.label}
			if inputs[f.name].Type == "password" {
				property["format"] = "password"
			}
			properties[f.name], names = property, append(names, f.name)
		}
		schema = object{"type": "object", "properties": properties}
		// A token that is missing may be in a cookie.
		if required = v.logsIn || !h.cfg.TokenCookies.On; required {
			schema["required"] = names
		}
	}
	content := object{}
	for _, p := range parsers {
		typed := schema
		if p.form && v.fields == nil {
			typed = object{"type": "object"}
		}
		content[p.String()] = object{"schema": typed}
	}
	return object{"required": required, "content": content}
}

// answers name the schema of what a view answers with by its path, "" where it has none; the sample views, which are not here, answer alike.
var answers = map[string]struct{ get, post string }{
	"/auth/token/":           {post: "TokenPair"},
	"/auth/token/refresh/":   {post: "Access"},
	"/auth/token/verify/":    {post: "Empty"},
	"/auth/token/blacklist/": {post: "Empty"},
	"/customers/me/":         {get: "Customer", post: "Received"},
	"/customers/":            {get: "Customers"},
}

// describeResponses are the answers of a method of a view.
func (h *handler) describeResponses(v *view, method string) object {
	responses := object{}
	status, schema := http.StatusOK, "Call"
	known, named := answers[v.path]
	switch {
	case method == http.MethodOptions:
		schema = "Metadata"
	case method == http.MethodDelete:
		status, schema = http.StatusNoContent, ""
	case method == http.MethodPost && !named:
		status = http.StatusCreated
	case method == http.MethodPost:
		schema = known.post
	case named:
		schema = known.get
	}
	responses[strconv.Itoa(status)] = h.success(http.StatusText(status), schema)
	add := func(statuses ...int) {
		for _, s := range statuses {
			responses[strconv.Itoa(s)] = reference("responses", responseName(s))
		}
	}
	add(http.StatusNotFound, http.StatusNotAcceptable, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	if takesBody(method) {
		add(http.StatusBadRequest)
	}
	if method == http.MethodPost && (named || v.fields != nil) {
		add(http.StatusUnsupportedMediaType)
	}
	if v.authenticates || v.fields != nil && method == http.MethodPost {
		add(http.StatusUnauthorized)
	}
	// A session whose request may be forged is refused as one that lacks a right is.
	if v.authenticates || v.fields != nil && method == http.MethodPost {
		add(http.StatusForbidden)
	}
	if v.rule == core.DjangoModelPermissions || v.rule == core.DjangoModelPermissionsOrAnonReadOnly {
		add(http.StatusMethodNotAllowed)
	}
	return responses
}

// responseName is the name of the shared answer with a status.
func responseName(status int) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status))
}

func reference(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// success is an answer with a schema, as JSON and as a page.
func (h *handler) success(text, schema string) object {
	r := object{"description": text}
	if schema != "" {
		r["content"] = h.content(schema)
	}
	return r
}

// content is a body with a schema in every format that answers are rendered in.
func (h *handler) content(schema string) object {
	c := object{}
	for _, r := range h.cfg.renderers() {
		if r.name == browsableName {
			c[r.String()] = object{"schema": object{"type": "string"}}
		} else {
			c[r.String()] = object{"schema": reference("schemas", schema)}
		}
	}
	return c
}

// sharedResponses are the answers that many methods have.
func (h *handler) sharedResponses() object {
	retry := object{"Retry-After": object{"description": "Seconds to wait.", "schema": object{"type": "integer"}}}
	responses := object{}
	for _, r := range []struct {
		status  int
		text    string
		schema  string
		headers object
	}{
		{http.StatusBadRequest, "The body is not what the end point takes: the errors of each field, or a detail.", "Faults", nil},
		{http.StatusUnauthorized, "Nobody is authenticated, or the token or the credentials were refused.", "Refusal",
			object{"WWW-Authenticate": object{"description": "RFC 9110 §11.6.1", "schema": object{"type": "string"}}}},
		{http.StatusForbidden, "Whoever asks lacks the right, or the request may be forged.", "Refusal", nil},
		{http.StatusNotFound, "?format= names no format.", "Refusal", nil},
		{http.StatusMethodNotAllowed, "The end point has no such method for whoever asks.", "Refusal", nil},
		{http.StatusNotAcceptable, "The Accept header names no format that there is.", "Refusal", nil},
		{http.StatusUnsupportedMediaType, "The body is of no type that is read.", "Refusal", nil},
		{http.StatusTooManyRequests, "A throttle is used up.", "Refusal", retry},
		{http.StatusServiceUnavailable, "The node cannot answer now. The same request may be sent again.", "Refusal", retry},
	} {
		shared := object{"description": r.text, "content": h.content(r.schema)}
		if r.headers != nil {
			shared["headers"] = r.headers
		}
		responses[responseName(r.status)] = shared
	}
	return responses
}

// security is who may call a method of a view: the ways to authenticate, any of which will do.
func (h *handler) security(v *view, method string) []object {
	none := []object{}
	if !v.authenticates || method == http.MethodOptions && v.rule == core.AllowAny {
		return none
	}
	ways := []object{{"token": []string{}}}
	if h.cfg.TokenCookies.On {
		ways = append(ways, object{"tokenCookie": []string{}})
	}
	if !h.cfg.Browser.Off {
		ways = append(ways, object{"session": []string{}})
	}
	if v.rule.Judge(method, v.model, core.Caller{}) == core.Allowed {
		ways = append(ways, object{}) // or not at all
	}
	return ways
}

// securitySchemes are the ways to authenticate.
func (h *handler) securitySchemes() object {
	settings := h.cfg.Node.Settings()
	token := object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token."}
	if h.authHeader != "AUTHORIZATION" || !strings.EqualFold(settings.AuthHeaderTypes[0], "Bearer") {
		token = object{"type": "apiKey", "in": "header", "name": http.CanonicalHeaderKey(h.authHeader),
			"description": settings.AuthHeaderTypes[0] + ", a space and an access token."}
	}
	schemes := object{"token": token}
	const forged = "What changes something needs the CSRF token too, in the field csrfmiddlewaretoken or the header X-CSRFToken."
	if h.cfg.TokenCookies.On {
		schemes["tokenCookie"] = object{"type": "apiKey", "in": "cookie", "name": h.cfg.TokenCookies.Access.Name, "description": "An access token in its cookie. " + forged}
	}
	if h.cfg.ForwardAuth.Cookie != "" {
		schemes[checkCookie] = object{"type": "apiKey", "in": "cookie", "name": h.cfg.ForwardAuth.Cookie, "description": "An access token in the cookie that " + checkPath + " reads."}
	}
	if !h.cfg.Browser.Off {
		schemes["session"] = object{"type": "apiKey", "in": "cookie", "name": h.cfg.Browser.Session.Name,
			"description": "The session of a browser. " + forged}
	}
	return schemes
}
