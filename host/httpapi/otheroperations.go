package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// The operations that are no views: health checks, the check for proxies, the documents for verifiers, and the CSRF
// token.

// healthOperations are the health checks. They answer with the same members whether all is well or not.
func healthOperations() []openapi.Operation {
	health := openapi.Object("Health",
		openapi.Has("status", openapi.Text()),
		openapi.MayHave("error", openapi.Text().About("The part that cannot answer.")),
		openapi.Has("engine", openapi.Text()),
		openapi.Has("module", openapi.Text()),
		openapi.Has("version", openapi.Text()),
		openapi.Has("compat", openapi.Text()),
		openapi.Has("abi", openapi.Int32()))
	return []openapi.Operation{
		{
			Method: http.MethodGet, Path: alivePath, Summary: "Whether the process is alive.", Tag: "health",
			Answers: map[int]openapi.Answer{http.StatusOK: {Description: "The process is alive.", Schema: health}},
		},
		{
			Method: http.MethodGet, Path: readyPath, Summary: "Whether the node can answer.", Tag: "health",
			Answers: map[int]openapi.Answer{
				http.StatusOK: {Description: "The node can answer.", Schema: health},
				http.StatusServiceUnavailable: {
					Description: "Engine or store cannot answer, the clock cannot be right, the key that signs " +
						"has ended, no password can be hashed, or the node knows too little of its fleet.",
					Schema: health, Headers: []openapi.Header{retryHeader},
				},
			},
		},
	}
}

// keyOperations are the documents for verifiers.
func (h *handler) keyOperations() (operations []openapi.Operation) {
	kept := []openapi.Header{
		{Name: "ETag", Description: "Names this version (RFC 9110 §8.8.3).", Schema: openapi.Text()},
		{Name: "Cache-Control", Description: "For how long to keep it.", Schema: openapi.Text()},
	}
	for _, d := range h.wellKnowns() {
		if d.off {
			continue
		}
		answers := map[int]openapi.Answer{
			http.StatusOK:          {Description: "OK", Schema: d.schema, Headers: kept, Media: d.media},
			http.StatusNotModified: {Description: "If-None-Match names this version.", Headers: kept},
		}
		if d.absent != "" {
			answers[http.StatusNotFound] = openapi.Answer{Description: d.absent, Schema: detailSchema}
		}
		operations = append(operations,
			openapi.Operation{Method: http.MethodGet, Path: d.path, Summary: d.name, Description: d.description,
				Tag: "keys", Answers: answers},
			openapi.Operation{Method: http.MethodOptions, Path: d.path, Summary: d.name, Tag: "keys",
				Answers: map[int]openapi.Answer{http.StatusOK: {Description: "OK", Schema: metadataSchema}}})
	}
	return operations
}

// csrfOperation gives a web application with tokens in cookies its CSRF token.
func csrfOperation() openapi.Operation {
	token := openapi.Object("CSRFToken", openapi.Has("csrftoken", openapi.Text()))
	return openapi.Operation{
		Method: http.MethodGet, Path: csrfPath, Summary: "CSRF token", Tag: "auth",
		Description: "The token to send as X-CSRFToken. The answer sets the cookie that it goes with.",
		Answers: map[int]openapi.Answer{
			http.StatusOK:                  {Description: "OK", Schema: token},
			http.StatusBadRequest:          {Description: "The request names a host that is not served here: a page."},
			http.StatusInternalServerError: sharedAnswers(openapi.Schema{})[http.StatusInternalServerError],
		},
	}
}

// checkMethods are the methods that a document can have (OpenAPI 3.0.3, Path Item Object), without TRACE:
// browsers refuse to send it (Fetch §2.2.1), so TypeScript clients have no name for it.
var checkMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions,
}

// checkForbids are the reasons why a check can be a 403.
func (h *handler) checkForbids() (reasons []string) {
	if h.cfg.ForwardAuth.Proxy != Nginx {
		reasons = append(reasons,
			"the proxy does not say, by X-Forwarded-Proto and X-Forwarded-Host, once each, which site was asked")
	}
	if len(h.cfg.AllowedHosts) > 0 {
		reasons = append(reasons, "the site that was asked is not served here")
	}
	if h.cfg.ForwardAuth.Cookie != "" {
		reasons = append(reasons, "the token came in a cookie, from a page of another site")
	}
	return reasons
}

// checkOperations are the check for proxies, with the method of the request that they ask about.
func (h *handler) checkOperations() (operations []openapi.Operation) {
	var found, empty []openapi.Header
	for _, m := range h.cfg.ForwardAuth.Headers {
		found = append(found,
			openapi.Header{Name: m.Name, Description: "The customer's " + m.Field.String() + ".",
				Schema: openapi.Text()})
		empty = append(empty, openapi.Header{Name: m.Name, Description: "Empty.", Schema: openapi.Text()})
	}
	with := func(h openapi.Header) []openapi.Header { return append([]openapi.Header{h}, empty...) }
	answers := map[int]openapi.Answer{
		http.StatusOK: {Description: "The request is from a customer, whom the headers name.",
			Headers: found},
		http.StatusUnauthorized: {Description: "There is no access token, or it was refused.",
			Headers: with(challengeHeader)},
		http.StatusInternalServerError: {Description: "The node failed.", Headers: empty},
		http.StatusServiceUnavailable:  {Description: "The node cannot answer now.", Headers: with(retryHeader)},
	}
	if reasons := h.checkForbids(); reasons != nil {
		answers[http.StatusForbidden] = openapi.Answer{
			Description: "No customer can be let in: " + strings.Join(reasons, ", or ") + ".", Headers: empty,
		}
	}
	security := []string{headerToken}
	if h.cfg.ForwardAuth.Cookie != "" {
		security = append(security, checkCookie)
	}
	for _, method := range checkMethods {
		operations = append(operations, openapi.Operation{
			Method: method, Path: checkPath, Summary: "Check", Tag: "auth", Answers: answers, Security: security,
			Description: "Who a request is from, for proxies. " +
				"Every method is answered alike, TRACE and those that OpenAPI does not know included, and " +
				"without a body; " +
				"the slash at the end may be missing.",
		})
	}
	return operations
}
