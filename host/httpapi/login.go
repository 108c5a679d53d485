package httpapi

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// The pages to log in and out are django.contrib.auth's LoginView and LogoutView.

// wrongLogin is the text of Django's AuthenticationForm.
const wrongLogin = "Please enter a correct email address and password. Note that both fields may be case-sensitive."

// login answers GET with the form to log in, and POST by logging in.
func (h *handler) login(rq *request) answer {
	if refused := rq.protect(rq.unreadable); refused != nil {
		return *refused
	}
	var a answer
	switch rq.method {
	case http.MethodGet, http.MethodHead:
		next, _ := rq.next(&django.Form{})
		a = rq.loginPage(http.StatusOK, pages.LoginData{Next: next})
	case http.MethodPost, http.MethodPut:
		a = rq.logIn()
	default:
		a = rq.noPage(http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions)
	}
	return rq.neverCache(a)
}

// neverCache forbids caches to keep an answer (Django's never_cache, which its error pages don't pass).
func (rq *request) neverCache(a answer) answer {
	if a.plain {
		return a
	}
	a.header.Set("Cache-Control", neverCached)
	a.header.Set("Expires", django.HTTPDate(rq.h.cfg.Now()))
	return a
}

func (rq *request) loginPage(status int, d pages.LoginData) answer {
	d.Frame = rq.frame("")
	return rq.htmlPage(status, func(w io.Writer) error { return pages.Login(w, d) })
}

// logIn starts a session and redirects, or shows the form again with what is wrong.
func (rq *request) logIn() answer {
	form, err := rq.body.Form()
	if err != nil {
		return rq.unreadable(err)
	}
	given := browser.ReadLoginForm(form)
	next, _ := rq.next(form)
	page := pages.LoginData{
		Next: strings.Clone(next), Username: given.Username,
		UsernameErrors: given.UsernameErrors, PasswordErrors: given.PasswordErrors,
	}
	rq.body.Drop(false) // its texts are copied
	if page.Failed() {
		return rq.loginPage(http.StatusOK, page)
	}
	rq.entry.email = given.Email
	if err := rq.throttleLogin(given.Email); err != nil {
		return rq.loginFailed(page, err)
	}
	replaces, _ := rq.browser().SessionSecret()
	secret, result, err := rq.node.StartSession(rq.Context(), rq.asks(), given.Email, given.Password, replaces)
	rq.entry.about = result
	if err != nil {
		return rq.loginFailed(page, err)
	}
	if result.Refused() {
		page.Errors = []string{wrongLogin}
		a := rq.loginPage(http.StatusOK, page)
		a.cause = result.Refusals[0].Cause
		a.code, _, _ = rq.node.Settings().Describe(a.cause)
		a.reason = whyNoLogin(result.Customer)
		return a
	}
	if err := rq.browser().EndTokens(rq.Context(), rq.node); err != nil {
		return rq.loginFailed(page, err)
	}
	rq.browser().StartSession(secret, result.Customer)
	return rq.seeOther(cmp.Or(page.Next, rq.h.cfg.Browser.LoginRedirect))
}

// loginFailed shows the form again for a log-in that could not be decided.
func (rq *request) loginFailed(page pages.LoginData, err error) answer {
	o := classify(err)
	if page.Notice = o.notUndertaken("log in"); page.Notice == "" {
		return rq.h.compat.failed(err)
	}
	return o.mark(rq.loginPage(o.status, page))
}

// notUndertaken says on a page that the client may try again to do something later; "" if it may not.
func (o outcome) notUndertaken(what string) string {
	switch o.status {
	case http.StatusTooManyRequests:
		return "Too many attempts to " + what + ". " + pages.TryAgain(o.wait) + " What you typed was not looked at."
	case http.StatusServiceUnavailable:
		return o.detail
	}
	return ""
}
