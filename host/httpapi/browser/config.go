package browser

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// Config says how browsers are served. The zero value is Django's defaults.
type Config struct {
	// Off: there are no pages, and sessions are not read, for a node that serves programs alone.
	Off bool
	// Session is the cookie with the secret of a session; its default name is "sessionid". The node sets its age.
	Session Cookie
	// CSRF is the cookie against which forms are checked; its default name is "csrftoken". Scripts can read it.
	CSRF Cookie
	// TrustedOrigins may send forms besides the node's own origin (Django's CSRF_TRUSTED_ORIGINS), such as
	// "https://shop.example" or, for a domain and its subdomains, "https://*.shop.example".
	TrustedOrigins []string
	// LoginRedirect is where a log-in without "next" leads; "": /accounts/profile/ (LOGIN_REDIRECT_URL).
	LoginRedirect string
	// LogoutRedirect is where a log-out without "next" leads; "": to a page that confirms it (LOGOUT_REDIRECT_URL).
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
	errs = append(errs, checkRedirect("LoginRedirect", c.LoginRedirect),
		checkRedirect("LogoutRedirect", c.LogoutRedirect))
	return errors.Join(errs...)
}

func checkRedirect(field, url string) error {
	u, err := django.SplitURL(url)
	switch {
	case url == "", err == nil && u.Scheme == "" && strings.HasPrefix(url, "/"),
		err == nil && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	}
	return fmt.Errorf("httpapi: Browser.%s: %q is neither a path that begins with / nor a URL of http or https",
		field, url)
}

// Trusts reports whether an origin is one of TrustedOrigins.
func (c Config) Trusts(origin string) bool { return csrf.OriginAmong(origin, c.TrustedOrigins) }
