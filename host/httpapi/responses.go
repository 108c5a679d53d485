package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core"
)

// answers name the schema of what a view answers with by its path, "" where it has none; the sample views, which are
// not here, answer alike.
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
	status, schema := http.StatusOK, "Sample"
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
	responses[strconv.Itoa(status)] = jsonAnswer(http.StatusText(status), schema)
	share(responses, http.StatusBadRequest, http.StatusNotFound, http.StatusNotAcceptable, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusServiceUnavailable)
	if v.takesBody(method) {
		share(responses, http.StatusUnsupportedMediaType)
	}
	if v.authenticates || v.takesFields(method) {
		share(responses, http.StatusUnauthorized)
	}
	// A session whose request may be forged is refused as one that lacks a right is, and so is a log-in into cookies.
	if v.authenticates || v.takesFields(method) && h.cfg.TokenCookies.On {
		share(responses, http.StatusForbidden)
	}
	if v.rule == core.DjangoModelPermissions || v.rule == core.DjangoModelPermissionsOrAnonReadOnly {
		share(responses, http.StatusMethodNotAllowed)
	}
	return responses
}

// share adds the shared answers with these statuses.
func share(responses object, statuses ...int) {
	for _, s := range statuses {
		responses[strconv.Itoa(s)] = reference("responses", responseName(s))
	}
}

// responseName is the name of the shared answer with a status.
func responseName(status int) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status))
}

func reference(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// jsonAnswer is an answer with a schema; "" for one without a body.
func jsonAnswer(text, schema string) object {
	r := object{"description": text}
	if schema != "" {
		r["content"] = object{"application/json": object{"schema": reference("schemas", schema)}}
	}
	return r
}

// sharedResponses are the answers that many methods have.
func sharedResponses() object {
	retry := object{"Retry-After": retryHeader}
	responses := object{}
	for _, r := range []struct {
		status  int
		text    string
		schema  string
		headers object
	}{
		{http.StatusBadRequest, "The request or its body is not what the end point takes: the errors of each field, or a detail.", "Faults", nil},
		{http.StatusUnauthorized, "Nobody is authenticated, or the token or the credentials were refused.", "Refusal", object{"WWW-Authenticate": challengeHeader}},
		{http.StatusForbidden, "Whoever asks lacks the right, or the request may be forged.", "Detail", nil},
		{http.StatusNotFound, "?format= names no format.", "Detail", nil},
		{http.StatusMethodNotAllowed, "The end point has no such method for whoever asks.", "Detail", object{"Allow": textHeader("The methods of the end point.")}},
		{http.StatusNotAcceptable, "The Accept header names no format that there is.", "Detail", nil},
		{http.StatusUnsupportedMediaType, "The body is of no type that is read.", "Detail", nil},
		{http.StatusTooManyRequests, "A throttle is used up.", "Detail", retry},
		{http.StatusInternalServerError, "The node failed, and its log says why. The body is a page.", "", nil},
		{http.StatusServiceUnavailable, "The node cannot answer now. The same request may be sent again.", "Detail", retry},
	} {
		shared := jsonAnswer(r.text, r.schema)
		if r.headers != nil {
			shared["headers"] = r.headers
		}
		responses[responseName(r.status)] = shared
	}
	return responses
}

func textHeader(text string) object {
	return object{"description": text, "schema": object{"type": "string"}}
}

// Headers that several answers have.
var (
	retryHeader     = object{"description": "Seconds to wait (RFC 9110 §10.2.3).", "schema": object{"type": "integer", "format": "int32", "minimum": 0}}
	challengeHeader = textHeader("How to authenticate (RFC 9110 §11.6.1).")
)
