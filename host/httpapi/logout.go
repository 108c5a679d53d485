package httpapi

import (
	"cmp"
	"io"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// logout ends the session, and the log-in whose tokens are in cookies. In 5.2 any method does; in 5.5, and with
// `wire: secure`, POST alone: a link or an image on another page must not log anybody out. A browser that follows a
// link there gets a page with a button.
func (h *handler) logout(rq *request) answer {
	secure := rq.node.Settings().Wire == core.Secure
	if secure && rq.isRead() && rq.namesHTML() {
		return rq.askToLogOut()
	}
	if refused := rq.protect(rq.unreadable); refused != nil {
		return *refused
	}
	if (rq.h.compat.logoutByPost || secure) && rq.method != http.MethodPost {
		return rq.neverCache(rq.noPage(http.MethodPost, http.MethodOptions))
	}
	form, err := rq.body.Form()
	if err != nil {
		return rq.unreadable(err)
	}
	if _, err = rq.visitor(); err == nil {
		err = rq.browser().EndSession(rq.Context(), rq.node)
	}
	if err == nil {
		err = rq.browser().EndTokens(rq.Context(), rq.node)
	}
	if err != nil {
		return rq.pageFailed(err)
	}
	a := rq.loggedOut(form)
	browser.VaryOn(a.header, "Cookie")
	return rq.neverCache(a)
}

// askToLogOut is the page with the button.
func (rq *request) askToLogOut() answer {
	next, _ := rq.next(&django.Form{})
	d := pages.LogOutData{Frame: rq.frame(""), Next: next}
	a := rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.LogOut(w, d) })
	browser.VaryOn(a.header, "Accept")
	return rq.neverCache(a)
}

// loggedOut is where a log-out leads.
func (rq *request) loggedOut(form *django.Form) answer {
	target, given := rq.next(form)
	fallback := rq.h.cfg.Browser.LogoutRedirect
	page := func() answer {
		return rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.LoggedOut(w, pages.Frame{}) })
	}
	if rq.h.compat.logoutByPost {
		here := rq.URL.Path
		target = cmp.Or(target, fallback, here)
		if rq.URL.RawQuery != "" {
			here += "?" + django.URI(django.Latin1(rq.URL.RawQuery))
		}
		if target == here {
			return page()
		}
		return rq.seeOther(target)
	}
	if given && target == "" {
		target = rq.URL.Path
	} else if !given {
		target = fallback
	}
	switch {
	case target != "":
		return rq.seeOther(target)
	case rq.isRead(), rq.method == http.MethodPost:
		return page()
	}
	return rq.noPage(http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions)
}
