package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// The operations of what is no view: health checks, the check for proxies, and the CSRF token.

// healthOperations are the health checks, which answer with the same members whether all is well or not.
func healthOperations() []openapi.Operation {
	health := openapi.Object("Health",
		openapi.Member{Name: "status", Schema: openapi.Text()},
		openapi.Member{Name: "error", Schema: openapi.Text().About("The part that cannot answer."), Optional: true},
		openapi.Member{Name: "engine", Schema: openapi.Text()},
		openapi.Member{Name: "module", Schema: openapi.Text()},
		openapi.Member{Name: "version", Schema: openapi.Text()},
		openapi.Member{Name: "compat", Schema: openapi.Text()},
		openapi.Member{Name: "abi", Schema: openapi.Int32()})
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
					Description: "Engine or store cannot answer, the clock cannot be right, the key that signs has ended, or no password can be hashed.",
					Schema:      health, Headers: []openapi.Header{retryHeader},
				},
			},
		},
	}
}

// csrfOperation is where web applications whose tokens are in cookies get their CSRF token.
func csrfOperation() openapi.Operation {
	token := openapi.Object("CSRFToken", openapi.Member{Name: "csrftoken", Schema: openapi.Text()})
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

// checkMethods are those that a document can have (OpenAPI 3.0.3, Path Item Object), but for TRACE: browsers refuse
// to send it (Fetch §2.2.1), so that clients in TypeScript have no name for it.
var checkMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// checkForbids are the reasons for which a check is a 403.
func (h *handler) checkForbids() (reasons []string) {
	if h.cfg.ForwardAuth.Proxy != Nginx {
		reasons = append(reasons, "the proxy does not say, by X-Forwarded-Proto and X-Forwarded-Host, once each, which site was asked")
	}
	if len(h.cfg.AllowedHosts) > 0 {
		reasons = append(reasons, "the site that was asked is not served here")
	}
	if h.cfg.ForwardAuth.Cookie != "" {
		reasons = append(reasons, "the token came in a cookie, from a page of another site")
	}
	return reasons
}

// checkOperations are what proxies ask, with the method of the request that they ask about.
func (h *handler) checkOperations() (operations []openapi.Operation) {
	var found, empty []openapi.Header
	for _, m := range h.cfg.ForwardAuth.Headers {
		found = append(found, openapi.Header{Name: m.Name, Description: "The customer's " + m.Field.String() + ".", Schema: openapi.Text()})
		empty = append(empty, openapi.Header{Name: m.Name, Description: "Empty.", Schema: openapi.Text()})
	}
	with := func(h openapi.Header) []openapi.Header { return append([]openapi.Header{h}, empty...) }
	answers := map[int]openapi.Answer{
		http.StatusOK:                  {Description: "The request is from a customer, whom the headers name.", Headers: found},
		http.StatusUnauthorized:        {Description: "There is no access token, or it was refused.", Headers: with(challengeHeader)},
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
			Description: "Who a request is from, for proxies. Every method is answered alike, TRACE and those that OpenAPI does not know included, and without a body; " +
				"the slash at the end may be missing.",
		})
	}
	return operations
}
