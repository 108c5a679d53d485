package httpapi

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// Protection against forged requests is Django's (django/middleware/csrf.py): what a browser sends by itself,
// cookies, authorises nothing that changes anything. The request has to repeat the value of a cookie in a form or a
// header, which a page of another site can neither read nor send, and must not name another site as its origin.
//
// A domain beside this one can set cookies here. Against it the origin protects: it is looked at in version 5.5, and
// with `wire: secure` in 5.2 too.

// The names under which a request carries the token.
const (
	csrfField  = pages.CSRFField
	csrfHeader = "X-Csrftoken" // as Django writes it in its texts
)

// forgery is why a request may be forged; zero: it is not.
type forgery struct {
	word string // for the log, which has nothing of what a client sent
	text string // for the client, in Django's words
}

func (f forgery) Error() string { return "CSRF Failed: " + f.text }

// about is the word for the log.
func (f forgery) about() []slog.Attr { return []slog.Attr{slog.String("csrf", f.word)} }

var (
	noCSRFCookie = forgery{"no_cookie", "CSRF cookie not set."}
	noCSRFToken  = forgery{"no_token", "CSRF token missing."}
	oldCSRFToken = forgery{"bad_token", "CSRF token missing or incorrect."} // 5.2
)

func badCSRFCookie(fault string) forgery { return forgery{"bad_cookie", "CSRF cookie " + fault + "."} }

func badCSRFToken(source, fault string) forgery {
	return forgery{"bad_token", "CSRF token from " + source + " " + fault + "."}
}

// readCSRF takes the secret from the cookie. One that cannot be used is replaced: in 5.5 at once, in 5.2 where it is
// needed.
func (rq *request) readCSRF() error {
	cookie, sent := rq.cookie(rq.cfg.Browser.CSRF.Name)
	v := rq.visit
	switch {
	case !sent:
		return nil
	case django.CheckCSRF(cookie) != "":
		v.newCSRF = rq.compat.plainCSRF
		return rq.newCSRF()
	case rq.compat.plainCSRF:
		v.csrf = django.UnmaskCSRF(cookie)
	case django.IsCSRFToken(cookie):
		v.csrf = cookie
	default:
		return rq.maskCSRF(cookie)
	}
	return nil
}

// newCSRF makes a secret for the cookie, which 5.2 has masked there.
func (rq *request) newCSRF() error {
	secret, err := django.NewCSRFSecret(rq.node.Entropy())
	if err != nil {
		return fmt.Errorf("read entropy: %w", err)
	}
	if rq.compat.plainCSRF {
		rq.visit.csrf = secret
		return nil
	}
	return rq.maskCSRF(secret)
}

func (rq *request) maskCSRF(secret string) (err error) {
	rq.visit.csrf, err = django.MaskCSRF(secret, rq.node.Entropy())
	return err
}

// csrfToken is a token for a form of the answer, which then sets the cookie too (Django's get_token); "" where
// nothing is protected. Without entropy there is none, and the whole answer fails.
func (rq *request) csrfToken() string {
	v := rq.visit
	if !rq.cfg.protects() {
		return ""
	}
	if v.csrf == "" {
		v.err = rq.newCSRF()
	}
	if v.err != nil {
		return ""
	}
	v.newCSRF = true
	token, err := django.MaskCSRF(django.UnmaskCSRF(v.csrf), rq.node.Entropy())
	v.err = err
	return token
}

// rotateCSRF changes the secret: at a log-in, so that whoever knew the one before knows nothing.
func (rq *request) rotateCSRF() error {
	rq.visit.newCSRF = true
	return rq.newCSRF()
}

// forged says why a request may be forged; zero where it is not or its method changes nothing. posted gives the token
// in the body of a POST; its error is passed on.
func (rq *request) forged(posted func() (string, error)) (why forgery, err error) {
	if slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace}, rq.method) {
		return forgery{}, nil
	}
	if why := rq.checkSite(); why != (forgery{}) {
		return why, nil
	}
	cookie, sent := rq.cookie(rq.cfg.Browser.CSRF.Name)
	if !sent {
		return noCSRFCookie, nil
	}
	if fault := django.CheckCSRF(cookie); fault != "" && rq.compat.plainCSRF {
		return badCSRFCookie(fault), nil
	}
	token, source := "", "POST"
	if rq.method == http.MethodPost {
		if token, err = posted(); err != nil {
			return forgery{}, err
		}
	}
	if token == "" {
		header, sent := rq.header(csrfHeader)
		if !sent && rq.compat.plainCSRF {
			return noCSRFToken, nil
		}
		token, source = django.Latin1(header), "the '"+csrfHeader+"' HTTP header"
	}
	return rq.compareCSRF(cookie, token, source), nil
}

// refuseForged is the error of a request to a view that may be forged.
func (rq *request) refuseForged() error {
	why, err := rq.forged(rq.tokenInData)
	if err == nil && why != (forgery{}) {
		err = why
	}
	return err
}

// protect is the page that says that a request may be forged, or cannot be read; nil where neither is so. Why is for
// the log: a page tells it only with Django's DEBUG.
func (rq *request) protect(posted func() (string, error), unreadable func(error) answer) *answer {
	why, err := rq.forged(posted)
	if err != nil {
		a := unreadable(err)
		return &a
	}
	if why == (forgery{}) {
		return nil
	}
	d := pages.CSRFData{Back: rq.route}
	if rq.route == pages.LogoutPath && rq.node.Settings().Wire == core.Exact {
		d.Back = "" // where a link does something else
	}
	var page bytes.Buffer
	a := answer{status: http.StatusForbidden, header: http.Header{"Content-Type": {rq.compat.pageType}}, code: codeForged, reason: csrfFailed,
		about: why.about()}
	if err := pages.CSRFFailure(&page, d); err != nil {
		a = rq.compat.failed(err)
	} else {
		a.body = page.Bytes()
	}
	return &a
}

// codeForged is the code of a request that may be forged, for the log.
const codeForged core.Code = "csrf_failed"

// tokenInData is the token in a form that a view was sent.
func (rq *request) tokenInData() (string, error) {
	body, err := rq.data()
	if err != nil || body.Form == nil {
		return "", err
	}
	token, _ := lastText(body.Form, csrfField)
	return token, nil
}

// compareCSRF compares a token with the cookie.
func (rq *request) compareCSRF(cookie, token, source string) forgery {
	fault := django.CheckCSRF(token)
	if fault == "" && django.CheckCSRF(cookie) == "" && django.SameCSRF(token, cookie) {
		return forgery{}
	}
	switch {
	case !rq.compat.plainCSRF:
		return oldCSRFToken
	case fault != "":
		return badCSRFToken(source, fault)
	}
	return badCSRFToken(source, "incorrect")
}
