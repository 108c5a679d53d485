package httpapi

import (
	"io"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// logout ends the session. In 5.2 any method does, in 5.5 POST alone.
func (h *handler) logout(rq *request) answer {
	if refused := rq.protect(rq.tokenInForm, rq.unreadable); refused != nil {
		return *refused
	}
	method := strings.ToUpper(rq.Method)
	if rq.compat.logoutByPost && method != http.MethodPost {
		status := http.StatusMethodNotAllowed
		if method == http.MethodOptions {
			status = http.StatusOK
		}
		return rq.neverCache(noContent(status, "POST, OPTIONS"))
	}
	form, err := rq.sentForm()
	if err != nil {
		return rq.unreadable(err)
	}
	if err := rq.endSession(); err != nil {
		return rq.pageFailed(err)
	}
	a := rq.loggedOut(form, method)
	varyOn(a.header, "Cookie")
	return rq.neverCache(a)
}

// loggedOut is where a log-out leads.
func (rq *request) loggedOut(form *django.Form, method string) answer {
	target, fallback := rq.next(form), rq.cfg.Browser.LogoutRedirect
	page := func() answer {
		return rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.LoggedOut(w, pages.Frame{}) })
	}
	if rq.compat.logoutByPost {
		here := rq.URL.Path
		if target == "" {
			target = fallback
		}
		if target == "" {
			target = here
		}
		if rq.URL.RawQuery != "" {
			here += "?" + escapeQuery(rq.URL.RawQuery)
		}
		if target == here {
			return page()
		}
		return rq.seeOther(target)
	}
	if _, given := rq.wantsNext(form); given && target == "" {
		target = rq.URL.Path
	} else if !given {
		target = fallback
	}
	switch {
	case target != "":
		return rq.seeOther(target)
	case method == http.MethodGet, method == http.MethodHead, method == http.MethodPost:
		return page()
	case method == http.MethodOptions:
		return noContent(http.StatusOK, "GET, POST, HEAD, OPTIONS")
	}
	return noContent(http.StatusMethodNotAllowed, "GET, POST, HEAD, OPTIONS")
}
