package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// object is one of an OpenAPI document, as JSON has it.
type object = map[string]any

// openAPI describes the API for programs (OpenAPI 3.0.3), from the tables that serve it.
func (h *handler) openAPI(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	body, err := h.described.at(h.address(rq))
	if err != nil {
		return rq.compat.failed(err)
	}
	return answer{status: http.StatusOK, body: body, header: http.Header{
		"Content-Type": {"application/json"}, "Cache-Control": {"no-cache"},
	}}
}

// description is the document in two halves, between which the address of the node stands. It is the same as long as
// the handler lives.
type description struct{ before, after []byte }

// addressHere stands for the address of the node while the document is made.
const addressHere = "<address>"

// at is the document of a node at this address.
func (d description) at(address string) ([]byte, error) {
	text, err := json.Marshal(address)
	return bytes.Join([][]byte{d.before, text, d.after}, nil), err
}

// address is where the node is, for clients. A name that AllowedHosts has is the one by which the request came. One
// that anybody may make up is not handed on: "/" is where the document came from (OpenAPI 3.0.3, Server Object).
func (h *handler) address(rq *request) string {
	for _, pattern := range h.cfg.AllowedHosts {
		if pattern != "*" && hostAllowed(rq.Host, []string{pattern}) {
			return rq.site().origin()
		}
	}
	return "/"
}

// describe makes the description. What generators of clients cannot read is left out, and said in words where it
// matters:
//
//   - a value has one type, so that there is neither oneOf nor anyOf: answers of several shapes have one schema, whose members may be missing;
//   - every object has a name, since generators make one up for those that have none;
//   - an answer has JSON alone. The page that a browser gets instead is no part of an API;
//   - addresses have no format: they need not be e-mail addresses, and clients refuse what is none.
func (h *handler) describe() (description, error) {
	paths := object{checkPath: h.describeCheck(), "/healthz": h.describeAlive(), "/readyz": h.describeReady()}
	for _, v := range h.order {
		paths[v.path] = h.describeView(v)
	}
	if h.cfg.TokenCookies.On {
		paths[csrfPath] = h.describeCSRF()
	}
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(object{
		"openapi": "3.0.3",
		"info": object{
			"title":       "edgetoken",
			"version":     semanticVersion(h.cfg.Info.Version),
			"description": "Tokens for customers, and the customers. The wire is that of Django REST framework with djangorestframework-simplejwt " + string(h.cfg.Compat) + ".\n\n" + everywhere,
			"license":     object{"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
		},
		"servers": []object{{"url": addressHere, "description": "This node."}},
		"tags": []object{
			{"name": "auth", "description": "Log in for tokens; refresh, verify and blacklist them."},
			{"name": "customers", "description": "Customers, and samples of the rules by which views ask for rights."},
			{"name": "health", "description": "Health checks."},
		},
		"paths": paths,
		"components": object{
			"schemas": h.schemas(), "responses": sharedResponses(), "securitySchemes": h.securitySchemes(),
		},
	})
	before, after, _ := bytes.Cut(document.Bytes(), []byte(`"`+addressHere+`"`))
	return description{before, after}, err
}

// everywhere is what holds for all operations.
const everywhere = "Bodies may also be forms, URL-encoded or multipart, with the same fields. Where there is GET there is HEAD. Answers are JSON. Where views have pages for browsers, a request that prefers text/html gets the same answer as a page. " +
	"A path without its slash at the end is answered with 301. A request for a host that is not served, and one whose body is too long or breaks off, " +
	"is answered with 400 and a page of Django's, and a failure of the node with 500 and such a page."

// semver is what a version looks like (Semantic Versioning 2.0.0, §2, §9 and §10).
var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`)

// semanticVersion is the version of a build as generators of clients want it, which make it that of a package. A
// build that has none, such as "(devel)", has its name behind the plus sign of one that precedes all releases.
func semanticVersion(build string) string {
	if version := strings.TrimPrefix(build, "v"); semver.MatchString(version) {
		return version
	}
	words := strings.FieldsFunc(build, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
	})
	if len(words) == 0 {
		return unreleased
	}
	return unreleased + "+" + strings.Join(words, ".")
}

// unreleased is the version of a build that has none.
const unreleased = "0.0.0-dev"
