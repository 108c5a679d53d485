package httpapi

import (
	"net/http"
	"slices"

	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// openAPI answers with the OpenAPI document.
func (h *handler) openAPI(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	body, err := h.described.At(h.address(rq))
	if err != nil {
		return rq.h.compat.failed(err)
	}
	return answer{status: http.StatusOK, body: body, header: http.Header{
		"Content-Type": {"application/json"}, "Cache-Control": {"no-cache"},
	}}
}

// address is the address of the node for clients. If AllowedHosts has the name by which the request came,
// that is it. Any other name may be made up and is not repeated: "/" means where the document came from
// (OpenAPI 3.0.3, Server Object).
func (h *handler) address(rq *request) string {
	for _, pattern := range h.cfg.AllowedHosts {
		if pattern != "*" && hostAllowed(rq.Host, []string{pattern}) {
			return rq.site().Origin()
		}
	}
	return "/"
}

// describe makes the document, once for the life of the handler. Only words say that bodies may be forms, and
// that browsers get pages. An e-mail address has no format: it need not be valid, and clients would refuse
// it.
func (h *handler) describe() (openapi.Document, error) {
	customers := "The customers."
	if h.cfg.Samples {
		customers = "Customers, and samples of the rules by which views ask for rights."
	}
	api := openapi.API{
		Title:   "edgetoken",
		Version: openapi.SemanticVersion(h.cfg.Info.Version),
		Description: "Tokens for customers, and the customers. " +
			"The wire is that of Django REST framework with djangorestframework-simplejwt " + string(h.cfg.Compat) +
			".\n\n" + everywhere,
		License: openapi.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"},
		Tags: []openapi.Tag{
			{Name: "auth", Description: "Log in for tokens; refresh, verify and blacklist them."},
			{Name: "customers", Description: customers},
			{Name: "keys", Description: "The public keys, for verifiers."},
			{Name: "health", Description: "Health checks."},
		},
		Schemes:    h.securitySchemes(),
		Operations: slices.Concat(h.viewOperations(), h.checkOperations(), h.keyOperations(), healthOperations()),
	}
	if h.cfg.TokenCookies.On {
		api.Operations = append(api.Operations, csrfOperation())
	}
	return api.Document()
}

// everywhere is what holds for all operations.
const everywhere = "Bodies may also be forms, URL-encoded or multipart, with the same fields. Where there is GET " +
	"there is HEAD. " +
	"Answers are JSON. Where views have pages for browsers, a request that prefers text/html gets the same answer " +
	"as a page. " +
	"A path without its slash at the end is answered with 301. " +
	"A request for a host that is not served, and one whose body is too long or breaks off, " +
	"is answered with 400 and a page of Django's, and a failure of the node with 500 and such a page."
