package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// postedForm reads the form that a page of ours posted, and gives the text of each field, "" where there is none. It is refused where it
// does not prove that it comes from a page of ours.
func (rq *request) postedForm() (field func(name string) string, refused *answer) {
	if refused := rq.protect(rq.tokenInForm, rq.pageFailed); refused != nil {
		return nil, refused
	}
	form, err := rq.sentForm()
	if err != nil {
		a := rq.pageFailed(err)
		return nil, &a
	}
	// What is wanted of a large body is copied out of it, so that the rest can go.
	texts := map[string]string{}
	for _, name := range form.Names() {
		value, _ := form.Get(name)
		texts[name] = strings.Clone(value.Text)
	}
	rq.parsed.form = nil
	rq.endTurn()
	return func(name string) string { return texts[name] }, nil
}

// pageFailed is the page for a request that failed for an error that views answer too.
func (rq *request) pageFailed(err error) answer {
	var (
		soon   throttled
		parse  *django.ParseError
		fault  fault
		broken brokenBody
	)
	status := http.StatusInternalServerError
	header := http.Header{}
	switch {
	case errors.As(err, &soon):
		status = http.StatusTooManyRequests
		header.Set("Retry-After", soon.wait())
	case errors.As(err, &fault):
		status = fault.status
	case errors.As(err, &parse), errors.As(err, &broken), errors.Is(err, django.ErrBodyTooLarge), errors.Is(err, django.ErrTooManyFields),
		errors.Is(err, django.ErrTooManyFiles):
		status = http.StatusBadRequest
	case errors.Is(err, node.ErrBusy), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		status = http.StatusServiceUnavailable
		header.Set("Retry-After", retryAfter)
	}
	a := rq.htmlPage(status, func(w io.Writer) error { return pages.Failure(w, pages.FailureData{Status: status}) })
	for name, values := range header {
		a.header[name] = values
	}
	if status >= http.StatusInternalServerError {
		a.err = err
	}
	return a
}

// throttleSite counts a request for a page that costs as much as one to a view.
func (rq *request) throttleSite() error {
	t, address := &rq.cfg.Throttles, rq.client.network.String()
	return rq.count(scoped{"anon", t.Anon, "anon " + address}, scoped{"user", t.User, "user address " + address})
}
