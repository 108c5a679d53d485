package httpapi

import (
	"errors"
	"io"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// logout ends the session, and the log-in whose tokens are in cookies. In 5.2 any method does; in 5.5, and with
// `wire: secure`, only POST: a link or an image on another page must not log anybody out. With `wire: secure` a browser
// that follows a link gets a page with a button.
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
	// Who logs out is for the record alone. A node that may not say whose the session is ends it all the same.
	if _, err = rq.visitor(); err == nil || errors.Is(err, core.ErrStale) {
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

// askToLogOut answers with that page.
func (rq *request) askToLogOut() answer {
	next, _ := rq.next(&django.Form{})
	d := pages.LogOutData{Frame: rq.frame(""), Next: next}
	a := rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.LogOut(w, d) })
	browser.VaryOn(a.header, "Accept")
	return rq.neverCache(a)
}

// loggedOut redirects to where the log-out leads, or confirms it.
func (rq *request) loggedOut(form *django.Form) answer {
	next, given := rq.next(form)
	target := browser.LogoutTarget(rq.URL, next, given, rq.h.cfg.Browser.LogoutRedirect, rq.h.compat.logoutByPost)
	switch {
	case target != "":
		return rq.seeOther(target)
	case rq.isRead(), rq.method == http.MethodPost:
		return rq.confirmLogOut(pages.LoggedOutData{})
	}
	return rq.noPage(http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions)
}

func (rq *request) confirmLogOut(d pages.LoggedOutData) answer {
	return rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.LoggedOut(w, d) })
}
