package httpapi

import (
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// The pages to log in and out are django.contrib.auth's LoginView and LogoutView.

// maxUsername is how long an e-mail address is that is normalised, in characters.
const maxUsername = 254

// The texts of Django's AuthenticationForm.
const (
	wrongLogin = "Please enter a correct email address and password. Note that both fields may be case-sensitive."
	hasNull    = "Null characters are not allowed."
)

// login shows the form and takes it.
func (h *handler) login(rq *request) answer {
	if refused := rq.protect(rq.unreadable); refused != nil {
		return *refused
	}
	var a answer
	switch rq.method {
	case http.MethodGet, http.MethodHead:
		a = rq.loginPage(http.StatusOK, pages.LoginData{Next: rq.next(&django.Form{})})
	case http.MethodPost, http.MethodPut:
		a = rq.logIn()
	default:
		a = rq.noPage(http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions)
	}
	return rq.neverCache(a)
}

// neverCache marks an answer as one that nobody may keep (Django's never_cache, which a page for an error does not
// pass).
func (rq *request) neverCache(a answer) answer {
	if a.plain {
		return a
	}
	a.header.Set("Cache-Control", neverCached)
	a.header.Set("Expires", django.HTTPDate(rq.cfg.Now()))
	return a
}

func (rq *request) loginPage(status int, d pages.LoginData) answer {
	d.Frame = rq.frame("")
	return rq.htmlPage(status, func(w io.Writer) error { return pages.Login(w, d) })
}

// credentials are what the form was sent, and what is wrong with it.
type credentials struct {
	email, password string
	page            pages.LoginData
}

// logIn takes the form: a good one leads on, with a session, any other back to the form with what is wrong.
func (rq *request) logIn() answer {
	form, err := rq.sentForm()
	if err != nil {
		return rq.unreadable(err)
	}
	given := rq.credentials(form)
	if given.page.Failed() {
		return rq.loginPage(http.StatusOK, given.page)
	}
	rq.email = given.email
	if err := rq.throttleLogin(given.email); err != nil {
		return rq.loginFailed(given.page, err)
	}
	replaces, _ := rq.browser().SessionSecret()
	secret, result, err := rq.node.StartSession(rq.Context(), rq.client().Network, given.email, given.password, replaces)
	rq.about = result
	if err != nil {
		return rq.loginFailed(given.page, err)
	}
	if result.Refused() {
		given.page.Errors = []string{wrongLogin}
		a := rq.loginPage(http.StatusOK, given.page)
		a.cause = result.Refusals[0].Cause
		a.code, _, _ = rq.node.Settings().Describe(a.cause)
		a.reason = whyNoLogin(result.Customer)
		return a
	}
	if err := rq.browser().EndTokens(rq.Context(), rq.node); err != nil {
		return rq.loginFailed(given.page, err)
	}
	rq.browser().StartSession(secret, result.Customer)
	target := given.page.Next
	if target == "" {
		target = rq.cfg.Browser.LoginRedirect
	}
	return rq.seeOther(target)
}

// credentials cleans what the form was sent (AuthenticationForm), and lets go of the rest. Of what is too long to be
// anybody's only that it is so is kept, and the page that asks again does not show it.
func (rq *request) credentials(form *django.Form) credentials {
	username, _ := lastText(form, "username")
	password, _ := lastText(form, "password")
	given := credentials{email: python.Strip(username), password: atMost(password, passwordField.maxBytes)}
	given.page.UsernameErrors, given.page.PasswordErrors = faultsOf(given.email), faultsOf(password)
	// A longer one is not normalised, as in Django: that takes long.
	if len(given.email) <= utf8.UTFMax*maxUsername && utf8.RuneCountInString(given.email) <= maxUsername {
		given.email = norm.NFKC.String(given.email)
	}
	given.email = atMost(given.email, emailField.maxBytes)
	given.page.Next = strings.Clone(rq.next(form))
	if len(username) <= emailField.maxBytes {
		given.page.Username = strings.Clone(username)
	}
	rq.posted.form = nil
	rq.endTurn()
	return given
}

// faultsOf says what is wrong with a field that must have a text.
func faultsOf(text string) []string {
	switch {
	case text == "":
		return []string{django.Required}
	case strings.Contains(text, "\x00"):
		return []string{hasNull}
	}
	return nil
}

// loginFailed is the form again for a log-in that could not be judged.
func (rq *request) loginFailed(page pages.LoginData, err error) answer {
	o := classify(err)
	switch o.status {
	case http.StatusTooManyRequests:
		page.Notice = "Too many attempts to log in. " + pages.TryAgain(o.wait) + " What you typed was not looked at."
	case http.StatusServiceUnavailable:
		page.Notice = o.detail
	default:
		return rq.compat.failed(err)
	}
	return o.mark(rq.loginPage(o.status, page))
}
