package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// explain is the page that explains a token. The token comes in the body, never in the address, and goes
// nowhere: neither into the page nor into the log. Staff are also told of the key, which they see on its page.
func (h *handler) explain(rq *request) answer {
	d := pages.TokenData{Choices: []pages.Link{{Text: "what its type is for"}}}
	for _, p := range explain.Purposes() {
		d.Choices = append(d.Choices, pages.Link{Text: p.Text, URL: p.As})
	}
	status := http.StatusOK
	switch {
	case rq.isRead():
	case rq.method == http.MethodPost:
		form, refused := rq.postedForm("token", "as")
		if refused != nil {
			return *refused
		}
		token := strings.TrimSpace(form("token"))
		if _, known := explain.PurposeOf(form("as")); known {
			d.As = form("as")
		}
		switch {
		case token == "":
			d.Faults, status = []string{django.Required}, http.StatusBadRequest
		case len(token) > core.MaxTokenBytes:
			d.Faults = []string{fmt.Sprintf("A token has at most %d characters.", core.MaxTokenBytes)}
			status = http.StatusBadRequest
		default:
			if err := rq.throttleSite(); err != nil {
				return rq.pageFailed(err)
			}
			c, err := rq.sessionCustomer()
			if err != nil {
				return rq.pageFailed(err)
			}
			j, err := h.cfg.Node.Explain(rq.Context(), token, d.As, c.IsStaff)
			if err != nil {
				return rq.pageFailed(err)
			}
			d.Result = explained(j, h.cfg.Node.Settings(), h.cfg.Now())
		}
	default:
		return onlyMethods(http.MethodGet, http.MethodPost, http.MethodHead)
	}
	d.Frame = rq.frame(pages.ExplainPath)
	a := rq.htmlPage(status, func(w io.Writer) error { return pages.Token(w, d) })
	if d.Faults != nil {
		a = a.since(invalidFields)
	}
	return a
}

// explained is an explanation in the words of the page.
func explained(j explain.Explanation, settings *core.Settings, now time.Time) *pages.Explained {
	purpose, _ := explain.PurposeOf(j.As)
	e := &pages.Explained{Accepted: j.Accepted, Purpose: purpose.Text, Told: j.Detail, Code: j.Code, Signed: j.Signed}
	for _, s := range j.Steps {
		e.Steps = append(e.Steps, pages.Step{Name: s.Title(), Result: s.Result, Detail: s.Detail})
		if s.Result == explain.Refused {
			e.Reason = s.Title() + ": " + s.Detail
			if j.Cause == cause.Expired.String() {
				e.Reason = strings.ToUpper(s.Detail[:1]) + s.Detail[1:] // a sentence
			}
		}
	}
	for _, m := range explain.HeaderMembers(j.Header) {
		e.Header = append(e.Header, pages.Claim{Name: m.Name, Value: m.Value, Meaning: m.Meaning})
	}
	for _, m := range explain.ClaimMembers(j.Claims, settings, now) {
		e.Claims = append(e.Claims, pages.Claim{Name: m.Name, Value: m.Value, Meaning: m.Meaning, When: m.When})
	}
	e.HasJSON = len(e.Header)+len(e.Claims) > 0
	return e
}
