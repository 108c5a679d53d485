package httpapi

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/pages"
)

// codeForged is the code of a request that may be forged, for the log.
const codeForged core.Code = "csrf_failed"

// protect is the answer to a request for a page that may be forged, or cannot be read; nil for a good one. Only the log
// has the reason: Django's page says it only with DEBUG.
func (rq *request) protect(unreadable func(error) answer) *answer {
	err := rq.checkForged(rq.tokenInForm)
	if err == nil {
		return nil
	}
	var why csrf.Rejection
	if !errors.As(err, &why) {
		a := unreadable(err)
		return &a
	}
	d := pages.CSRFData{Back: rq.entry.route}
	if rq.entry.route == pages.LogoutPath && rq.node.Settings().Wire == core.Exact {
		d.Back = "" // a link there would log out
	}
	var page bytes.Buffer
	a := answer{
		status: http.StatusForbidden, header: http.Header{"Content-Type": {rq.h.compat.pageType}},
		code: codeForged, reason: csrfFailed, about: aboutRejection(why),
	}
	if err := pages.CSRFFailure(&page, d); err != nil {
		a = rq.h.compat.failed(err)
	} else {
		a.body = page.Bytes()
	}
	return &a
}

// tokenInData is the CSRF token in a form that was sent to a view.
func (rq *request) tokenInData() (string, error) {
	body, err := rq.data()
	if err != nil || body.Form == nil {
		return "", err
	}
	token, _ := browser.LastText(body.Form, pages.CSRFField)
	return token, nil
}

// tokenInForm is the CSRF token in a form that was sent to a page.
func (rq *request) tokenInForm() (string, error) {
	form, err := rq.body.Form()
	if err != nil {
		return "", err
	}
	token, _ := browser.LastText(form, pages.CSRFField)
	return token, nil
}
