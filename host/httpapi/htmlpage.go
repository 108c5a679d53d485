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

// neverCached is Django's Cache-Control for pages that nobody may keep (never_cache).
const neverCached = "max-age=0, no-cache, no-store, must-revalidate, private"

// byPerson reports whether a person's browser opens a page. No program sends these headers by accident: what programs get for unknown
// paths and failures stays Django's page to the byte.
func (rq *request) byPerson() bool {
	navigates := rq.Header.Get("Sec-Fetch-Mode") == "navigate" || rq.Header.Get("Upgrade-Insecure-Requests") == "1"
	return navigates && rq.namesHTML()
}

// frame is what stands around a page that answers this request; here is the path to come back to after a log-in. Where the store cannot say
// who is logged in the page is shown as to nobody.
func (rq *request) frame(here string) pages.Frame {
	f := pages.Frame{Here: here, CSRFToken: rq.browser().CSRFToken()}
	if c, err := rq.sessionCustomer(); err == nil && !c.ID.IsZero() {
		f.Customer = cmp.Or(c.Email, c.ID.String())
	}
	return f
}

// htmlPage is an answer that is a page, made by write. It depends on who looks, so nobody may keep it.
func (rq *request) htmlPage(status int, write func(io.Writer) error) answer {
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return rq.h.compat.failed(err)
	}
	return answer{status: status, body: page.Bytes(), header: http.Header{
		"Content-Type": {"text/html; charset=utf-8"}, "Cache-Control": {neverCached}, "Vary": {"Cookie"},
	}}
}

// dress makes of one of Django's plain pages one for a person, if it is a person who asks. It says nothing about who that is, so that a
// failure costs no look into the store, and works without it.
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

// pageFailed is the page for a request that failed for an error that views answer too.
func (rq *request) pageFailed(err error) answer {
	o := classify(err)
	return o.mark(rq.htmlPage(o.status, func(w io.Writer) error {
		return pages.Failure(w, pages.FailureData{Status: o.status, Wait: o.noticed()})
	}))
}

// noticed is how long a page says that there is to wait; 0: it does not say.
func (o outcome) noticed() time.Duration {
	if o.status == http.StatusTooManyRequests {
		return o.wait
	}
	return 0
}

// unreadable is Django's page for a form that cannot be read; another error has its own.
func (rq *request) unreadable(err error) answer {
	if o := classify(err); o.status == http.StatusBadRequest {
		return o.mark(rq.h.compat.page(o.status))
	}
	return rq.pageFailed(err)
}
