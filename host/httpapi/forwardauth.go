package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/profile"
)

// checkPath is asked by proxies, with whatever method, who a request is from (nginx auth_request, Traefik ForwardAuth, Caddy forward_auth).
const checkPath = "/auth/check/"

// ForwardAuth says how GET /auth/check/ tells a proxy who a request is from.
type ForwardAuth struct {
	// Headers are the headers of the answer, each with the field of the customer that it carries, as profile.Field.Header writes it. Every one is always
	// sent, empty where the customer has nothing there, so that none that the client made up survives. Nil: X-User-Id, the customer's id.
	Headers profile.Members
	// Cookie is the name of a cookie that may carry the token where the request has no Authorization header; empty: none.
	Cookie string
}

// Filled is f with its defaults.
func (f ForwardAuth) Filled() ForwardAuth {
	if f.Headers == nil {
		id, err := profile.ParseField("id")
		if err != nil {
			panic(err) // there is such a field
		}
		f.Headers = profile.Members{{Name: "X-User-Id", Field: id}}
	}
	return f
}

// Validate names every mistake.
func (f ForwardAuth) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for _, m := range f.Headers {
		name := textproto.CanonicalMIMEHeaderKey(m.Name)
		switch {
		case !httpguts.ValidHeaderFieldName(m.Name):
			errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Headers: %q is not the name of a header", m.Name))
		case !strings.HasPrefix(name, "X-") && !strings.HasPrefix(name, "Remote-"):
			errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Headers: %q may have a meaning of its own in HTTP: begin it with X- or Remote-", m.Name))
		case seen[name]:
			errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Headers: %q is there twice", m.Name))
		}
		seen[name] = true
	}
	if f.Cookie != "" && !httpguts.ValidHeaderFieldName(f.Cookie) {
		errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Cookie: %q is not the name of a cookie", f.Cookie))
	}
	return errors.Join(errs...)
}

// forwardAuth answers who a request is from: 200 with the headers, 401 with the cause, 403 where a page of another site sent the cookie. It knows
// neither formats nor sessions nor pages, so that none of what these need is done for it.
func (h *handler) forwardAuth(rq *request) answer {
	token, cause, err := rq.presented()
	if err != nil {
		return rq.nobody(answer{status: http.StatusForbidden, reason: csrfFailed})
	}
	if cause != core.OK {
		return rq.unknown(refusal{op: core.Authenticate, refusals: []core.Refusal{{Cause: cause}}})
	}
	check := rq.node.Check
	if rq.cfg.ForwardAuth.Headers.NeedsRights() {
		check = rq.node.CheckRights
	}
	result, err := check(rq.Context(), token)
	rq.about = result
	switch {
	case err != nil:
		// A proxy takes anything but 2xx, 401 and 403 for a failure of its own: it lets nobody in.
		a := rq.pageFailed(err)
		a.body = nil
		a.header.Del("Content-Type")
		return a
	case result.Refused():
		return rq.unknown(refusal{op: core.Authenticate, refusals: result.Refusals})
	}
	a := answer{status: http.StatusOK, header: rq.written}
	values := make([]string, len(h.checkHeaders))
	for i, m := range rq.cfg.ForwardAuth.Headers {
		values[i] = m.Field.Header(&result.Customer)
		a.header[h.checkHeaders[i]] = values[i : i+1 : i+1]
	}
	a.header["Cache-Control"] = noStore
	return a
}

// noStore keeps caches from answering for somebody else.
var noStore = []string{"no-store"}

// presented is the token of a request: that of the Authorization header, else that of the cookie. The error says that the cookie came with a request
// which a page of another site makes.
func (rq *request) presented() (token string, cause core.Cause, err error) {
	header, _ := rq.header(rq.authHeader)
	token, cause = core.SplitAuthorization(header, rq.node.Settings())
	if cause != core.NoHeader || rq.cfg.ForwardAuth.Cookie == "" {
		return token, cause, nil
	}
	value, sent := rq.tokenCookie(rq.cfg.ForwardAuth.Cookie)
	if !sent {
		return "", core.NoHeader, nil
	}
	if origin, sent := rq.header("Origin"); sent && !rq.trustsOrigin(origin) {
		return "", core.OK, errForeignOrigin
	}
	return value, core.OK, nil
}

var errForeignOrigin = errors.New("the cookie came from a page of another site")

// unknown is the answer to a request that is from nobody: as views refuse it, without a body.
func (rq *request) unknown(r refusal) answer {
	settings := rq.node.Settings()
	code, _, public := settings.Describe(r.cause())
	a := rq.nobody(answer{status: http.StatusUnauthorized, code: code, cause: r.cause()})
	a.header.Set("WWW-Authenticate", settings.AuthHeaderTypes[0]+` realm="api"`)
	if rq.cfg.ErrorHeader {
		a.header.Set("X-Auth-Error", public)
	}
	if rq.visit.twice {
		a.reason = cookieTwice
	}
	return a
}

// nobody adds the headers of nobody to an answer.
func (rq *request) nobody(a answer) answer {
	a.header = http.Header{"Cache-Control": noStore}
	for _, m := range rq.cfg.ForwardAuth.Headers {
		a.header.Set(m.Name, "")
	}
	return a
}
