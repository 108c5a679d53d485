package httpapi

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
	"github.com/edgetoken/edgetoken/host/pages"
)

// wellKnown is a document for programs that verify tokens elsewhere (RFC 8615). Anybody may read it, from any page and
// under any name of the node: it is the same for all. It has one format alone, whatever the Accept header.
type wellKnown struct {
	path, name, description string
	schema                  openapi.Schema
	get                     func(*request) answer
	absent                  string // what a 404 says; "": it is always there
	media                   string // its format; "": application/json
	off                     bool   // nobody has asked for it, so that no description names it
}

// wellKnowns is the table of these documents.
//
//	/.well-known/jwks.json                    the public keys
//	/.well-known/openid-configuration         where they are, by the issuer of tokens
//	/.well-known/oauth-authorization-server   the same
//	/.well-known/edgetoken-bundle             the trust bundle
func (h *handler) wellKnowns() []*wellKnown {
	const found = "Where verifiers find the public keys, by the issuer of tokens. This node is no OpenID provider: " +
		"it has no endpoint for OAuth."
	return []*wellKnown{
		{
			path: pages.JWKSPath, name: "Public Keys", schema: keySetSchema, get: h.keySet,
			description: "The public keys of this node as a JWK Set (RFC 7517), those that will sign included.",
		},
		{
			path: openIDPath, name: "OpenID Configuration", schema: issuerSchema, get: h.discover,
			description: found, absent: noIssuerText,
		},
		{
			path: oauthPath, name: "Authorization Server Metadata", schema: issuerSchema, get: h.discover,
			description: found, absent: noIssuerText,
		},
		{
			path: bundlePath, name: "Trust Bundle", schema: bundleSchema, get: h.trustBundle, media: bundleMedia,
			off: h.cfg.Bundle == nil, absent: "This node has no public key.",
			description: "What a verifier elsewhere goes by: the public keys, the settings by which tokens are read, " +
				"and what was revoked. With ?since= and the epoch of a bundle, a delta from that if the node " +
				"remembers it, else the whole.",
		},
	}
}

// serve answers a request for the document.
func (d *wellKnown) serve(rq *request) answer {
	rq.entry.route = d.path
	var a answer
	switch {
	case rq.isRead():
		a = d.get(rq)
	case rq.method == http.MethodOptions:
		a = rq.h.compat.json(http.StatusOK, django.Object(
			django.Text("name", d.name),
			django.Text("description", d.description),
			django.Texts("renders", cmp.Or(d.media, "application/json")),
			django.Texts("parses"),
		))
	default:
		refused := classify(methodNotAllowed(rq.method))
		a = refused.mark(rq.h.compat.json(refused.status, django.Object(django.Text("detail", refused.detail))))
	}
	a.header.Set("Access-Control-Allow-Origin", "*")
	if browser.IsPreflight(rq.Request) {
		a.header.Set("Access-Control-Allow-Methods", "GET, HEAD")
		a.header.Set("Access-Control-Allow-Headers", "*")
		a.header.Set("Access-Control-Max-Age", "86400")
	}
	if !rq.isRead() {
		a.header.Set("Allow", "GET, HEAD, OPTIONS")
	}
	return a
}

// isWellKnown reports whether a path is that of a document which any page may read.
func (h *handler) isWellKnown(path string) bool { return h.wellKnown[path] != nil }

// json is an answer in JSON that no view gives.
func (c compat) json(status int, value django.Value) answer {
	body, err := django.Render(value, 0)
	if err != nil {
		return c.failed(err)
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// kept is an answer that caches may keep, or a 304 to whoever has it already.
func (rq *request) kept(a answer, etag string, maxAge time.Duration) answer {
	a.header.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(max(maxAge, time.Minute)/time.Second)))
	a.header.Set("ETag", etag)
	if namesTag(strings.Join(rq.Header.Values("If-None-Match"), ","), etag) {
		a.header.Del("Content-Type")
		a.status, a.body = http.StatusNotModified, nil
	}
	return a
}

// StrongETag is an entity tag of a body, with its quotes (RFC 9110 §8.8.3).
func StrongETag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// namesTag reports whether the value of If-None-Match has a tag, or is "*" (RFC 9110 §13.1.2). Tags are compared weakly
// (§8.8.3.2), so W/"a" is the same as "a". A list that breaks the syntax has the tags before the break.
func namesTag(list, tag string) bool {
	if strings.Trim(list, " \t") == "*" {
		return true
	}
	for {
		list = strings.TrimLeft(list, ", \t")
		list = strings.TrimPrefix(list, "W/")
		if list == "" || list[0] != '"' {
			return false
		}
		end := strings.IndexByte(list[1:], '"') + 2
		if end < 2 {
			return false
		}
		if list[:end] == tag {
			return true
		}
		if list = strings.TrimLeft(list[end:], " \t"); list != "" && list[0] != ',' {
			return false
		}
	}
}
