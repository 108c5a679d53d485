package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
)

// checkPath is the path by which proxies ask, with any method, who sent a request (nginx auth_request,
// Traefik ForwardAuth, Caddy forward_auth).
const checkPath = "/auth/check/"

// ForwardAuth says how GET /auth/check/ tells a proxy who a request is from.
type ForwardAuth struct {
	// Headers are the headers of the answer, each with a field of the customer, as claimmap.Field.Header
	// writes it. Each is always sent, empty if need be, so that none survives that the client made up. Nil:
	// X-User-Id, the customer's id.
	Headers claimmap.Members
	// Cookie names a cookie that may carry the token of a request without an Authorization header; "": none.
	Cookie string
	// Proxy is the kind of proxy that asks: Nginx, Traefik or Caddy; "": Nginx.
	Proxy string
}

// The kinds of proxies differ in how they name the site that was asked. Nginx passes on the client's Host. Traefik and
// Caddy send X-Forwarded-Host and X-Forwarded-Proto, each exactly once; Host may then be the node's own.
const (
	Nginx   = "nginx"
	Traefik = "traefik"
	Caddy   = "caddy"
)

// Filled is f with its defaults.
func (f ForwardAuth) Filled() ForwardAuth {
	if f.Headers == nil {
		id, err := claimmap.ParseField("id")
		if err != nil {
			panic(err) // there is such a field
		}
		f.Headers = claimmap.Members{{Name: "X-User-Id", Field: id}}
	}
	f.Proxy = cmp.Or(f.Proxy, Nginx)
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
			errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Headers: %q may have a meaning of its own in HTTP: "+
				"begin it with X- or Remote-", m.Name))
		case seen[name]:
			errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Headers: %q is there twice", m.Name))
		}
		seen[name] = true
	}
	if f.Cookie != "" && !httpguts.ValidHeaderFieldName(f.Cookie) {
		errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Cookie: %q is not the name of a cookie", f.Cookie))
	}
	if p := f.Filled().Proxy; p != Nginx && p != Traefik && p != Caddy {
		errs = append(errs, fmt.Errorf("httpapi: ForwardAuth.Proxy: %q is none of nginx, traefik and caddy", p))
	}
	return errors.Join(errs...)
}

// isCheck reports whether a path is that of the check. Its last slash may be missing: a proxy would pass a
// redirect on to its client.
func isCheck(path string) bool {
	return path == checkPath || path == strings.TrimSuffix(checkPath, "/")
}

// forwardAuth answers who sent a request: 200 with the headers, 401 with the cause, or 403 for a host that is
// not allowed or a cookie that a page of another site had sent. It answers every request to its path, with
// any method, and nothing answers before it: a proxy takes any other 2xx, without the headers, for
// permission. It does no work for formats, sessions or pages.
func (h *handler) forwardAuth(rq *request) answer {
	asked, refused := rq.askedThroughProxy()
	switch {
	case refused != "":
		return rq.nobody(answer{status: http.StatusForbidden, reason: refused})
	case !h.allowsHost(asked.Host):
		shown := slog.String("host", bounded(asked.Host))
		return rq.nobody(answer{status: http.StatusForbidden, reason: hostNotAllowed, about: []slog.Attr{shown}})
	}
	token, c, forged := rq.presented(asked)
	if forged != (csrf.Rejection{}) {
		return rq.nobody(answer{status: http.StatusForbidden, reason: csrfFailed, about: aboutRejection(forged)})
	}
	if c != cause.OK {
		return rq.unknown(refusal{op: core.Authenticate, refusals: []core.Refusal{{Cause: c}}})
	}
	result, err := rq.authenticated(token, h.checkNeedsRights)
	rq.entry.about = result
	switch {
	case err != nil:
		return rq.checkFailed(rq.pageFailed(err))
	case result.Refused():
		return rq.unknown(refusal{op: core.Authenticate, refusals: result.Refusals})
	}
	a := answer{status: http.StatusOK, header: rq.out.Header()}
	values := make([]string, len(h.checkHeaders))
	for i, m := range rq.h.cfg.ForwardAuth.Headers {
		values[i] = m.Field.Header(&result.Customer)
		a.header[h.checkHeaders[i]] = values[i : i+1 : i+1]
	}
	a.header["Cache-Control"] = noStore
	return a
}

// noStore keeps caches from answering other requests.
var noStore = []string{"no-store"}

// askedThroughProxy is the site that the proxy's client asked. refused says why that is unknown.
func (rq *request) askedThroughProxy() (asked csrf.Site, refused reason) {
	if rq.h.cfg.ForwardAuth.Proxy == Nginx {
		return rq.site(), ""
	}
	proto, host := rq.Header["X-Forwarded-Proto"], rq.Header["X-Forwarded-Host"]
	if len(proto) != 1 || len(host) != 1 {
		return csrf.Site{}, notForwarded
	}
	switch proto[0] {
	case "http", "ws":
		return csrf.Site{Scheme: "http", Host: host[0]}, ""
	case "https", "wss": // Traefik names the protocol that an upgrade leads to
		return csrf.Site{Scheme: "https", Host: host[0]}, ""
	}
	return csrf.Site{}, notForwarded
}

// presented is the token of a request: that of the Authorization header, else that of the cookie, unless a page of
// another site than the one asked had the browser send it.
func (rq *request) presented(asked csrf.Site) (token string, c cause.Cause, forged csrf.Rejection) {
	header, _ := rq.header(rq.h.authHeader)
	token, c = core.SplitAuthorization(header, rq.node.Settings())
	if c != cause.NoHeader || rq.h.cfg.ForwardAuth.Cookie == "" {
		return token, c, csrf.Rejection{}
	}
	value, sent := rq.browser().Token(rq.h.cfg.ForwardAuth.Cookie)
	if !sent {
		return "", cause.NoHeader, csrf.Rejection{}
	}
	if origin, sent := rq.header("Origin"); sent && !rq.h.browsers.CSRF.Trusts(origin, asked) {
		return "", cause.OK, csrf.BadOrigin(origin)
	}
	return value, cause.OK, csrf.Rejection{}
}

// unknown answers a request without a valid token: as views do, without a body.
func (rq *request) unknown(r refusal) answer {
	settings := rq.node.Settings()
	code, _, public := settings.Describe(r.cause())
	a := rq.nobody(answer{status: http.StatusUnauthorized, code: code, cause: r.cause()})
	a.header.Set("WWW-Authenticate", settings.AuthHeaderTypes[0]+` realm="api"`)
	if rq.h.cfg.ErrorHeader {
		a.header.Set("X-Auth-Error", public)
	}
	if rq.visit.Twice {
		a.reason = cookieTwice
	}
	return a
}

// nobody adds the headers for no customer to an answer.
func (rq *request) nobody(a answer) answer {
	a.header = http.Header{"Cache-Control": noStore}
	for _, m := range rq.h.cfg.ForwardAuth.Headers {
		a.header.Set(m.Name, "")
	}
	return a
}

// checkFailed is the answer when a check fails. A proxy takes anything but 2xx, 401 and 403 for a failure and
// lets nobody in.
func (rq *request) checkFailed(a answer) answer {
	wait := a.header.Get("Retry-After")
	a = rq.nobody(answer{status: a.status, code: a.code, cause: a.cause, reason: a.reason, about: a.about, err: a.err})
	if wait != "" {
		a.header.Set("Retry-After", wait)
	}
	return a
}
