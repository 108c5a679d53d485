package httpapi

import (
	"io"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/pages"
)

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
