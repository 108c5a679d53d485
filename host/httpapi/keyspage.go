package httpapi

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/pages"
)

// keysPage shows the keys to staff.
func (h *handler) keysPage(rq *request) answer {
	return rq.staffPage(pages.KeysPath, func(w io.Writer, frame pages.Frame) error {
		d := h.published().shown(h.cfg.Now())
		d.Frame = frame
		return pages.Keys(w, d)
	})
}

// staffPage shows a page to staff who have logged in with a browser, and leads others to the log-in. For a program it
// is 404, like the other pages for people.
func (rq *request) staffPage(path string, show func(io.Writer, pages.Frame) error) answer {
	switch {
	case !rq.namesHTML():
		return rq.h.compat.page(http.StatusNotFound).since(unknownPath)
	case !rq.isRead():
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	c, err := rq.visitor()
	if err != nil {
		return rq.pageFailed(err)
	}
	who := identity{customer: c}
	switch permission.IsAdminUser.Decide(rq.method, "", who.caller()) {
	case permission.Allowed:
	case permission.Unauthenticated:
		return goTo(pages.LoginPath + "?next=" + url.QueryEscape(path))
	default:
		a := rq.htmlPage(http.StatusForbidden, func(w io.Writer) error {
			return pages.Failure(w, pages.FailureData{Frame: rq.frame(path), Status: http.StatusForbidden})
		})
		return classify(errForbidden).mark(a)
	}
	return rq.htmlPage(http.StatusOK, func(w io.Writer) error { return show(w, rq.frame(path)) })
}

// shown are the keys in the words of the page. Those that are gone are left out.
func (p *PublishedKeys) shown(now time.Time) pages.KeysData {
	d := pages.KeysData{Next: p.Next, Warning: p.Warning}
	signs := len(p.List) == 0 // nothing is known
	for _, key := range p.List {
		if key.State == core.KeyGone.String() {
			continue
		}
		signs = signs || key.State == core.KeySigning.String()
		d.Keys = append(d.Keys, pages.Key{
			ID: key.ID, Algorithm: key.Algorithm, State: key.State, Origin: key.Origin,
			Published: day(key.Added), SignsFrom: day(key.SignsFrom), Ends: day(key.Ends),
		})
	}
	if p.Next != "" {
		d.When = explain.Moment(p.At, now.Truncate(time.Second))
	}
	if !signs && d.Warning == "" {
		d.Warning = "no key signs: this node verifies tokens, and nobody can log in"
	}
	return d
}
