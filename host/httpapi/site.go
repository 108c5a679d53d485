package httpapi

import (
	"maps"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/pages"
)

// site is the table of pages beside the views, by path. A node for programs alone has few of them.
//
//	/                      leads a browser to the start page
//	/auth/browse/          the start page: all endpoints
//	/auth/browse/call/     sends any request, from the page of a view
//	/auth/token/explain/   explains a token
//	/auth/keys/            the keys, for staff
//	/auth/fleet/           the fleet that the node is in, for staff
//	/accounts/profile/     who is logged in: where a log-in leads by default
//	/openapi.json          the OpenAPI document, on every node
//	/auth/login/           logs in
//	/auth/logout/          logs out
//	/auth/csrf/            the CSRF token, for web applications with tokens in cookies
func (h *handler) site() map[string]func(*request) answer {
	site := map[string]func(*request) answer{pages.OpenAPIPath: h.openAPI}
	if h.cfg.TokenCookies.On {
		site[csrfPath] = h.giveCSRF
	}
	if h.cfg.Browser.Off {
		return site
	}
	maps.Copy(site, map[string]func(*request) answer{
		"/":               h.root,
		pages.IndexPath:   h.index,
		pages.CallPath:    h.call,
		pages.ExplainPath: h.explain,
		pages.ProfilePath: h.profile,
		pages.KeysPath:    h.keysPage,
		pages.LoginPath:   h.login,
		pages.LogoutPath:  h.logout,
	})
	if h.cfg.Fleet != nil {
		site[pages.FleetPath] = h.fleetPage
	}
	return site
}

// root leads a browser to the start page. For a program it is 404, as in the reference.
func (h *handler) root(rq *request) answer {
	if !rq.isRead() || !rq.namesHTML() {
		return h.compat.page(http.StatusNotFound).since(unknownPath)
	}
	return goTo(pages.IndexPath)
}

// day is a time to the minute; "" for the zero time.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
