package httpapi

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/pages"
)

// neverCached is Django's Cache-Control for pages that must not be stored (never_cache).
const neverCached = "max-age=0, no-cache, no-store, must-revalidate, private"

// byPerson reports whether a person opens a page in a browser. No program sends these headers by accident, so
// programs get Django's own page for an unknown path or a failure, byte for byte.
func (rq *request) byPerson() bool {
	navigates := rq.Header.Get("Sec-Fetch-Mode") == "navigate" || rq.Header.Get("Upgrade-Insecure-Requests") == "1"
	return navigates && rq.namesHTML()
}

// frame is what stands around a page. here is the path to return to after a log-in. If the store cannot say
// who is logged in, the page is shown as to nobody.
func (rq *request) frame(here string) pages.Frame {
	f := pages.Frame{Here: here, CSRFToken: rq.browser().CSRFToken()}
	if c, err := rq.sessionCustomer(); err == nil && !c.ID.IsZero() {
		f.Customer = cmp.Or(c.Email, c.ID.String())
	}
	return f
}

// htmlPage answers with the page that write makes. It depends on the visitor, so nobody may store it.
func (rq *request) htmlPage(status int, write func(io.Writer) error) answer {
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return rq.h.compat.failed(err)
	}
	return answer{status: status, body: page.Bytes(), header: http.Header{
		"Content-Type": {htmlType}, "Cache-Control": {neverCached}, "Vary": {"Cookie"},
	}}
}

// dress turns one of Django's plain pages into a page for people, if a person asks. The page does not say who
// is logged in: so it needs no store, which may be what failed.
func (rq *request) dress(a *answer) {
	if !a.plain || rq.h.cfg.Browser.Off || !rq.byPerson() {
		return
	}
	var page bytes.Buffer
	if err := pages.Failure(&page, pages.FailureData{Status: a.status}); err != nil {
		return
	}
	a.body = page.Bytes()
	a.header.Set("Cache-Control", neverCached)
}

// isHTML reports whether an answer is a page.
func (a *answer) isHTML() bool { return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") }

// pageFailed is the page for an error. Views answer the same errors in JSON.
func (rq *request) pageFailed(err error) answer {
	o := classify(err)
	return o.mark(rq.htmlPage(o.status, func(w io.Writer) error {
		return pages.Failure(w, pages.FailureData{Status: o.status, Wait: o.noticed()})
	}))
}

// noticed is how long the page asks the reader to wait; 0: it does not say.
func (o outcome) noticed() time.Duration {
	if o.status == http.StatusTooManyRequests {
		return o.wait
	}
	return 0
}

// unreadable is Django's page for a form that cannot be read. Other errors have a page of their own.
func (rq *request) unreadable(err error) answer {
	if o := classify(err); o.status == http.StatusBadRequest {
		return o.mark(rq.h.compat.page(o.status))
	}
	return rq.pageFailed(err)
}
