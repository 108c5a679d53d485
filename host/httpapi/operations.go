package httpapi

import (
	"maps"
	"net/http"
	"strings"
)

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
		if h.cfg.TokenCookies.On && (v.authenticates && changes(method) || v.takesFields(method)) {
			op["parameters"] = []object{csrfParameter}
		}
		if v.takesBody(method) {
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
func changes(method string) bool { return method != http.MethodGet && method != http.MethodOptions }

// takesBody reports whether what a method of a view sends is read. The sample views read nothing.
func (v *view) takesBody(method string) bool {
	_, isNamed := answers[v.path]
	return method == http.MethodPost && isNamed
}

// takesFields reports whether a method of a view takes the fields that it names, and no other body.
func (v *view) takesFields(method string) bool { return v.fields != nil && method == http.MethodPost }

// needsFields reports whether the fields of a view must be there. A token that is missing may be in a cookie.
func (h *handler) needsFields(v *view) bool { return v.logsIn || !h.cfg.TokenCookies.On }

// describeBody is what a method of a view takes. Forms are taken too and said in words: most generators make one
// method of an operation, and those that are told of several types make it take them all, or one of them at random.
func (h *handler) describeBody(v *view, method string) object {
	name, example := anyJSON, object{"note": "any JSON"}
	fields := v.takesFields(method)
	if fields {
		name, example = requestNames[v.path], v.example()
	}
	return object{
		"required": fields && h.needsFields(v),
		"content":  object{"application/json": object{"schema": reference("schemas", name), "example": example}},
	}
}

// example is a body that a view takes.
func (v *view) example() object {
	o := object{}
	for _, f := range v.fields {
		if !f.readOnly {
			o[f.name] = describedFields[f.name].example
		}
	}
	return o
}

// A health check answers with the same members whether all is well or not.
func (h *handler) describeAlive() object {
	return describeCheckup("/healthz", "Whether the process is alive.", object{"200": jsonAnswer("The process is alive.", "Health")})
}

func (h *handler) describeReady() object {
	unready := jsonAnswer("Engine or store cannot answer, the clock cannot be right, the key that signs has ended, or no password can be hashed.", "Health")
	unready["headers"] = object{"Retry-After": retryHeader}
	return describeCheckup("/readyz", "Whether the node can answer.", object{"200": jsonAnswer("The node can answer.", "Health"), "503": unready})
}

func describeCheckup(path, summary string, responses object) object {
	return object{"get": object{
		"operationId": operationID(http.MethodGet, path), "summary": summary, "responses": responses, "security": []object{}, "tags": []string{"health"},
	}}
}

// describeCSRF is where web applications whose tokens are in cookies get their CSRF token.
func (h *handler) describeCSRF() object {
	responses := object{"200": jsonAnswer("OK", "CSRFToken")}
	share(responses, http.StatusInternalServerError)
	responses["400"] = object{"description": "The request names a host that is not served here: a page."}
	return object{"get": object{
		"operationId": operationID(http.MethodGet, csrfPath), "summary": "CSRF token",
		"description": "The token to send as X-CSRFToken. The answer sets the cookie that it goes with.",
		"responses":   responses, "security": []object{}, "tags": []string{"auth"},
	}}
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

// describeCheck is what proxies ask, with the method of the request that they ask about.
func (h *handler) describeCheck() object {
	found, empty := object{}, object{}
	for _, m := range h.cfg.ForwardAuth.Headers {
		found[m.Name] = textHeader("The customer's " + m.Field.String() + ".")
		empty[m.Name] = textHeader("Empty.")
	}
	refused, failed := maps.Clone(empty), maps.Clone(empty)
	refused["WWW-Authenticate"], failed["Retry-After"] = challengeHeader, retryHeader
	responses := object{
		"200": object{"description": "The request is from a customer, whom the headers name.", "headers": found},
		"401": object{"description": "There is no access token, or it was refused.", "headers": refused},
		"500": object{"description": "The node failed.", "headers": empty},
		"503": object{"description": "The node cannot answer now.", "headers": failed},
	}
	security := []object{{"token": []string{}}}
	if h.cfg.ForwardAuth.Cookie != "" {
		security = append(security, object{checkCookie: []string{}})
	}
	if reasons := h.checkForbids(); reasons != nil {
		responses["403"] = object{"description": "No customer can be let in: " + strings.Join(reasons, ", or ") + ".", "headers": empty}
	}
	item := object{}
	for _, method := range checkMethods {
		item[strings.ToLower(method)] = object{
			"operationId": operationID(method, checkPath), "summary": "Check", "security": security, "tags": []string{"auth"},
			"description": "Who a request is from, for proxies. Every method is answered alike, TRACE and those that OpenAPI does not know included, and without a body; " +
				"the slash at the end may be missing.",
			"responses": responses,
		}
	}
	return item
}
