package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// csrfAge is how long the CSRF cookie lasts: Django's CSRF_COOKIE_AGE, one year of 52 weeks.
const csrfAge = 52 * 7 * 24 * time.Hour

// Browser is how people are served who come with a browser. The zero value serves them as Django does by default.
type Browser struct {
	// Off serves no pages to log in and out, and reads no sessions: for a node that serves programs alone.
	Off bool
	// Session is the cookie with the secret of a session; its name is "sessionid" by default. How long it lasts is the node's.
	Session CookieConfig
	// CSRF is the cookie that forms are checked against; its name is "csrftoken" by default. Scripts of the page read it.
	CSRF CookieConfig
	// TrustedOrigins may send forms besides the node's own (Django's CSRF_TRUSTED_ORIGINS), such as "https://shop.example" or, for a domain and all
	// below it, "https://*.shop.example".
	TrustedOrigins []string
	// LoginRedirect is where a log-in leads that names no page to go to; "": /accounts/profile/ (LOGIN_REDIRECT_URL).
	LoginRedirect string
	// LogoutRedirect is where a log-out leads that names none; "": to a page that says so (LOGOUT_REDIRECT_URL).
	LogoutRedirect string
}

// Filled is b with its defaults.
func (b Browser) Filled() Browser {
	b.Session, b.CSRF = b.Session.filled("sessionid"), b.CSRF.filled("csrftoken")
	b.LoginRedirect = cmp.Or(b.LoginRedirect, "/accounts/profile/")
	return b
}

// Validate names every mistake.
func (b Browser) Validate() error {
	b = b.Filled()
	errs := []error{b.Session.validate("Browser.Session"), b.CSRF.validate("Browser.CSRF")}
	for _, origin := range b.TrustedOrigins {
		if err := checkOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("httpapi: Browser.TrustedOrigins: %w", err))
		}
	}
	for _, target := range []struct{ field, url string }{{"LoginRedirect", b.LoginRedirect}, {"LogoutRedirect", b.LogoutRedirect}} {
		u, err := django.SplitURL(target.url)
		if target.url != "" && (err != nil || u.Scheme == "" && !strings.HasPrefix(target.url, "/") || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http") {
			errs = append(errs, fmt.Errorf("httpapi: Browser.%s: %q is neither a path that begins with / nor a URL of http or https", target.field, target.url))
		}
	}
	return errors.Join(errs...)
}

// isSecure says whether a request came over TLS, to this node or to the proxy before it.
func (rq *request) isSecure() bool { return rq.TLS != nil || rq.cfg.BehindProxy }

// visit is what a request has to do with the browser that sent it. Requests within a request share it.
type visit struct {
	cookies map[string]string // nil: not read yet

	// csrf is the value of the CSRF cookie from now on: the one sent, or a new one; "": none.
	csrf    string
	newCSRF bool // it is to be set

	session  sessionState
	set      []django.Cookie // cookies to set besides
	personal bool            // the answer is for whom a cookie names
	twice    bool            // a cookie with a token came twice
	err      error           // what the answer fails for
}

// protects says whether requests are checked for whether they are forged: where a cookie says who asks.
func (c *Config) protects() bool { return !c.Browser.Off || c.TokenCookies.On }

// arrive reads what the browser sent of a visit before (the process_request of Django's middleware).
func (rq *request) arrive() {
	if rq.cfg.protects() {
		rq.visit.err = rq.readCSRF()
	}
}

// leave puts the cookies into an answer (the process_response of Django's middleware).
func (rq *request) leave(a *answer) {
	v, browser := rq.visit, &rq.cfg.Browser
	if a.header == nil {
		return // a panic is on its way
	}
	if rq.askedSession {
		varyOn(a.header, "Cookie") // of plain pages too
	}
	// Django takes a value that is too short for an empty session, and deletes it on sight.
	if secret, sent := rq.sessionSecret(); sent && utf8.RuneCountInString(secret) < minSessionKey {
		v.session.empty = true
	}
	if v.err != nil {
		*a = rq.compat.failed(v.err)
		a.header.Set("X-Frame-Options", "DENY")
		return
	}
	if v.newCSRF {
		rq.setCookie(a, browser.CSRF.cookie(v.csrf, csrfAge))
	}
	switch s := &v.session; {
	case s.started != "":
		rq.setCookie(a, browser.Session.hidden(s.started, rq.node.SessionAge()))
	case s.empty:
		rq.setCookie(a, browser.Session.gone())
	}
	for _, c := range v.set {
		rq.setCookie(a, c)
	}
	// A cookie authorises what shared caches and the back button would show to others. The reference leaves that to Vary.
	if (v.personal || len(v.set) > 0) && rq.node.Settings().Wire == core.Secure && a.header.Get("Cache-Control") == "" {
		a.header.Set("Cache-Control", "no-store, private")
	}
}
