package httpapi

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/pages"
)

// site is the table of what people see besides the views: pages by their paths. A node that serves programs alone has
// those for programs.
//
//	/                      to the start page, for a browser
//	/auth/browse/          the endpoints of the API
//	/auth/browse/call/     any request to one of them, sent from its page
//	/auth/token/explain/   a token explained
//	/accounts/profile/     who is logged in: where a log-in goes by default
//	/openapi.json          the API described for programs; every node has it
//	/auth/login/           to log in
//	/auth/logout/          to log out
//	/auth/csrf/            the token for web applications whose tokens are in cookies
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
		pages.LoginPath:   h.login,
		pages.LogoutPath:  h.logout,
	})
	return site
}

// root is 404, as in the reference, but for a browser.
func (h *handler) root(rq *request) answer {
	if !rq.isRead() || !rq.namesHTML() {
		return h.compat.page(http.StatusNotFound).since(unknownPath)
	}
	return goTo(pages.IndexPath)
}

// profile shows who is logged in, and sends others to log in. For a program there is nothing here, as in the reference.
func (h *handler) profile(rq *request) answer {
	switch {
	case !rq.namesHTML():
		return h.compat.page(http.StatusNotFound).since(unknownPath)
	case !rq.isRead():
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	c, err := rq.visitor()
	switch {
	case err != nil:
		return rq.pageFailed(err)
	case c.ID.IsZero():
		return goTo(pages.LoginPath + "?next=" + url.QueryEscape(pages.ProfilePath))
	}
	d := pages.ProfileData{Frame: rq.frame(pages.ProfilePath), Name: strings.TrimSpace(c.FirstName + " " + c.LastName)}
	add := func(name, value string) {
		if value != "" {
			d.Details = append(d.Details, pages.Named{Name: name, Value: value})
		}
	}
	add("Customer", c.ID.String())
	add("Email address", c.Email)
	add("Last log-in", day(c.LastLogin))
	add("Customer since", day(c.DateJoined))
	add("Groups", strings.Join(c.Groups, ", "))
	if c.IsSuperuser {
		add("Rights", "all")
	} else if c.IsStaff {
		add("Rights", "staff")
	}
	return rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.Profile(w, d) })
}

// day is a time to the minute; "" for the zero time.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
