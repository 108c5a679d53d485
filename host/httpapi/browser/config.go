package browser

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// Config is how people are served who come with a browser. The zero value serves them as Django does by default.
type Config struct {
	// Off serves no pages to log in and out, and reads no sessions: for a node that serves programs alone.
	Off bool
	// Session is the cookie with the secret of a session; its name is "sessionid" by default. How long it lasts is the
	// node's.
	Session Cookie
	// CSRF is the cookie that forms are checked against; its name is "csrftoken" by default. Scripts of the page read
	// it.
	CSRF Cookie
	// TrustedOrigins may send forms besides the node's own (Django's CSRF_TRUSTED_ORIGINS), such as
	// "https://shop.example" or, for a domain and its subdomains, "https://*.shop.example".
	TrustedOrigins []string
	// LoginRedirect is where a log-in leads that names no page to go to; "": /accounts/profile/ (LOGIN_REDIRECT_URL).
	LoginRedirect string
	// LogoutRedirect is where a log-out leads that names none; "": to a page that says so (LOGOUT_REDIRECT_URL).
	LogoutRedirect string
}

// Filled is c with its defaults.
func (c Config) Filled() Config {
	c.Session, c.CSRF = c.Session.filled("sessionid"), c.CSRF.filled("csrftoken")
	c.LoginRedirect = cmp.Or(c.LoginRedirect, "/accounts/profile/")
	return c
}

// Validate names every mistake, by the fields of httpapi.Config.
func (c Config) Validate() error {
	c = c.Filled()
	errs := []error{c.Session.validate("Browser.Session"), c.CSRF.validate("Browser.CSRF")}
	for _, origin := range c.TrustedOrigins {
		if err := csrf.CheckOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("httpapi: Browser.TrustedOrigins: %w", err))
		}
	}
	for _, target := range []struct{ field, url string }{{"LoginRedirect", c.LoginRedirect}, {"LogoutRedirect", c.LogoutRedirect}} {
		u, err := django.SplitURL(target.url)
		if target.url != "" && (err != nil || u.Scheme == "" && !strings.HasPrefix(target.url, "/") || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http") {
			errs = append(errs, fmt.Errorf("httpapi: Browser.%s: %q is neither a path that begins with / nor a URL of http or https", target.field, target.url))
		}
	}
	return errors.Join(errs...)
}

// Trusts reports whether an origin is one of TrustedOrigins.
func (c Config) Trusts(origin string) bool { return csrf.OriginAmong(origin, c.TrustedOrigins) }
