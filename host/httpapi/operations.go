package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// viewOperations are the operations of all views.
func (h *handler) viewOperations() (operations []openapi.Operation) {
	shared := sharedAnswers(faultsSchema(h.order))
	for _, v := range h.order {
		for _, method := range v.methods {
			if method == http.MethodHead { // as GET, without a body
				continue
			}
			o := openapi.Operation{
				Method: method, Path: v.path, Summary: v.name, Description: v.shown,
				Tag:     strings.Split(v.path, "/")[1],
				Body:    v.takenBody(&h.cfg, method),
				Answers: v.answers(method), Security: v.security(&h.cfg, method),
			}
			if strings.HasSuffix(v.path, idPart) {
				o.Segments = []openapi.Header{idParameter}
			}
			if v.paged && method == http.MethodGet {
				o.Query = []openapi.Header{pageParameter}
			}
			if h.cfg.TokenCookies.On && (v.authenticates && changes(method) || v.takesFields(method)) {
				o.Headers = []openapi.Header{csrfParameter}
			}
			for _, status := range v.refusals(&h.cfg, method) {
				o.Answers[status] = shared[status]
			}
			operations = append(operations, o)
		}
	}
	return operations
}

// csrfParameter is the header that keeps a request from being forged.
var csrfParameter = openapi.Header{
	Name: "X-CSRFToken", Schema: openapi.Text(),
	Description: "The CSRF token, for a log-in and where a cookie says who asks: from GET " + csrfPath + ". " +
		"A form may have it in the field csrfmiddlewaretoken. " +
		"A request with a token of its own, in the body or the header, needs none.",
}

// Parameters of lists and of what they list.
var (
	idParameter   = openapi.Header{Name: "id", Schema: openapi.Text(), Description: "The id that the list has."}
	pageParameter = openapi.Header{Name: "page", Schema: openapi.Int32(), Description: "The page of the list, from 1."}
)

// changes reports whether a method may change something (RFC 9110 §9.2.1).
func changes(method string) bool { return method != http.MethodGet && method != http.MethodOptions }

// takesFields reports whether a method takes the fields of the view, and no other body.
func (v *view) takesFields(method string) bool { return v.fields != nil && method == http.MethodPost }

// takenBody is the body of a method; nil: it reads none.
func (v *view) takenBody(c *Config, method string) *openapi.Body {
	switch {
	case method != http.MethodPost || v.takes == "":
		return nil
	case v.fields == nil:
		return &openapi.Body{Schema: openapi.Any("Any JSON.").Named(v.takes),
			Example: map[string]any{"note": "any JSON"}}
	}
	return &openapi.Body{Schema: v.bodySchema(c), Example: v.example(), Required: c.needs(v.fields[0])}
}

// answers are the good answers of a method.
func (v *view) answers(method string) map[int]openapi.Answer {
	a := v.action(method)
	return map[int]openapi.Answer{a.code(): {Description: http.StatusText(a.code()), Schema: a.schema}}
}

// refusals are the statuses of a method for refusals and failures.
func (v *view) refusals(c *Config, method string) []int {
	statuses := []int{
		http.StatusBadRequest, http.StatusNotFound, http.StatusNotAcceptable, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable,
	}
	if method == http.MethodPost && v.takes != "" {
		statuses = append(statuses, http.StatusUnsupportedMediaType)
	}
	if v.authenticates || v.takesFields(method) {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	// 403 also answers requests by session, and log-ins into cookies, that may be forged.
	if v.authenticates || v.takesFields(method) && c.TokenCookies.On {
		statuses = append(statuses, http.StatusForbidden)
	}
	if v.rule == permission.DjangoModelPermissions || v.rule == permission.DjangoModelPermissionsOrAnonReadOnly {
		statuses = append(statuses, http.StatusMethodNotAllowed)
	}
	return statuses
}

// sharedAnswers are the answers of views for refusals and failures, by status. faults is the schema of a 400.
func sharedAnswers(faults openapi.Schema) map[int]openapi.Answer {
	shared := map[int]openapi.Answer{}
	add := func(status int, text string, schema openapi.Schema, headers ...openapi.Header) {
		shared[status] = openapi.Answer{Description: text, Schema: schema, Headers: headers, Shared: true}
	}
	add(http.StatusBadRequest,
		"The request or its body is not what the endpoint takes: the errors of each field, or a detail.", faults)
	add(http.StatusUnauthorized,
		"Nobody is authenticated, or the token or the credentials were refused.", refusalSchema, challengeHeader)
	add(http.StatusForbidden, "Whoever asks lacks the right, or the request may be forged.", detailSchema)
	add(http.StatusNotFound, "?format= names no format, or there is no such page or thing.", detailSchema)
	add(http.StatusMethodNotAllowed, "The endpoint has no such method for whoever asks.", detailSchema,
		openapi.Header{Name: "Allow", Description: "The methods of the endpoint.", Schema: openapi.Text()})
	add(http.StatusNotAcceptable, "The Accept header names no format that there is.", detailSchema)
	add(http.StatusUnsupportedMediaType, "The body is of no type that is read.", detailSchema)
	add(http.StatusTooManyRequests, "A throttle is used up.", detailSchema, retryHeader)
	add(http.StatusInternalServerError, "The node failed, and its log says why. The body is a page.", openapi.Schema{})
	add(http.StatusServiceUnavailable,
		"The node cannot answer now. The same request may be sent again.", detailSchema, retryHeader)
	return shared
}

// Headers that several answers have.
var (
	retryHeader = openapi.Header{
		Name: "Retry-After", Description: "Seconds to wait (RFC 9110 §10.2.3).", Schema: openapi.Int32().NotNegative(),
	}
	challengeHeader = openapi.Header{
		Name: "WWW-Authenticate", Description: "How to authenticate (RFC 9110 §11.6.1).", Schema: openapi.Text(),
	}
)
