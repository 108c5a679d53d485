package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// CookieConfig is how a cookie is set.
type CookieConfig struct {
	Name   string
	Domain string // "": the host alone, which is the safest
	Path   string // "": /
	// SameSite is Lax, Strict or None; "": Lax.
	SameSite string
	// Secure has browsers send the cookie over TLS alone.
	Secure bool
}

// The prefixes of names that browsers hold to attributes (RFC 6265bis §4.1.3).
const (
	hostPrefix   = "__Host-"
	securePrefix = "__Secure-"
)

// sameSites are the values of SameSite.
var sameSites = []string{"Lax", "Strict", "None"}

// filled is c with its defaults.
func (c CookieConfig) filled(name string) CookieConfig {
	c.Name, c.Path, c.SameSite = cmp.Or(c.Name, name), cmp.Or(c.Path, "/"), cmp.Or(c.SameSite, "Lax")
	return c
}

// validate names every mistake in a filled c. field is what it is called in the errors.
func (c CookieConfig) validate(field string) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("httpapi: "+field+format, args...)) }
	if !httpguts.ValidHeaderFieldName(c.Name) {
		bad(".Name: %q is no name of a cookie: use letters, digits, - and _ (RFC 6265 §4.1.1)", c.Name)
	}
	switch {
	case strings.HasPrefix(c.Name, hostPrefix) && (!c.Secure || c.Path != "/" || c.Domain != ""):
		bad(".Name: browsers refuse a cookie named %s… that is not Secure, has another path than / or a domain", hostPrefix)
	case strings.HasPrefix(c.Name, securePrefix) && !c.Secure:
		bad(".Name: browsers refuse a cookie named %s… that is not Secure", securePrefix)
	}
	if strings.ContainsFunc(c.Domain, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' || r == ',' }) {
		bad(".Domain: %q is no domain", c.Domain)
	}
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsFunc(c.Path, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' }) {
		bad(".Path: %q is no path: it begins with /", c.Path)
	}
	if !slices.Contains(sameSites, c.SameSite) {
		bad(".SameSite: %q is unknown: use Lax, Strict or None", c.SameSite)
	}
	if c.SameSite == "None" && !c.Secure {
		bad(".SameSite: browsers refuse None for a cookie that is not Secure")
	}
	return errors.Join(errs...)
}

// CheckCookieNames names every cookie that has the name of another one: of two such a request has only the last. ForwardAuth.Cookie alone may be that of the
// access token, which it is for. Cookies of what is off do not count.
func CheckCookieNames(b Browser, t TokenCookies, f ForwardAuth) error {
	b, t = b.Filled(), t.Filled()
	type cookie struct{ field, name, what string }
	var cookies []cookie
	if !b.Off {
		cookies = append(cookies, cookie{"Browser.Session.Name", b.Session.Name, "the session cookie"})
	}
	if !b.Off || t.On {
		cookies = append(cookies, cookie{"Browser.CSRF.Name", b.CSRF.Name, "the CSRF cookie"})
	}
	access := cookie{"TokenCookies.Access.Name", t.Access.Name, "the cookie with the access token"}
	if t.On {
		cookies = append(cookies, access, cookie{"TokenCookies.Refresh.Name", t.Refresh.Name, "the cookie with the refresh token"})
	}
	if f.Cookie != "" && !(t.On && f.Cookie == access.name) {
		cookies = append(cookies, cookie{"ForwardAuth.Cookie", f.Cookie, ""})
	}
	var errs []error
	for i, c := range cookies {
		for _, earlier := range cookies[:i] {
			if c.name == earlier.name {
				errs = append(errs, fmt.Errorf("httpapi: %s: %q is the name of %s too", c.field, c.name, earlier.what))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// cookie is a cookie of c with a value, for some time.
func (c CookieConfig) cookie(value string, age time.Duration) django.Cookie {
	return django.Cookie{Name: c.Name, Value: value, MaxAge: age, Domain: c.Domain, Path: c.Path, SameSite: c.SameSite, Secure: c.Secure}
}

// hidden is a cookie that scripts cannot read.
func (c CookieConfig) hidden(value string, age time.Duration) django.Cookie {
	cookie := c.cookie(value, age)
	cookie.HTTPOnly = true
	return cookie
}

// gone is what deletes a cookie of c: browsers take it for another cookie unless domain and path are the same.
func (c CookieConfig) gone() django.Cookie { return c.cookie("", 0) }

// cookie is the value of a request's cookie.
func (rq *request) cookie(name string) (value string, sent bool) {
	if len(rq.Header["Cookie"]) == 0 {
		return "", false
	}
	if rq.visit.cookies == nil {
		header, _ := rq.header("Cookie")
		rq.visit.cookies = django.ParseCookies(header)
	}
	value, sent = rq.visit.cookies[name]
	return value, sent
}

// setCookie adds a cookie to an answer, which then depends on the cookies of the request.
func (rq *request) setCookie(a *answer, c django.Cookie) {
	a.header.Add("Set-Cookie", c.Header(rq.cfg.Now()))
	varyOn(a.header, "Cookie")
}

// varyOn adds a name to the Vary header, if it is not there (Django's patch_vary_headers).
func varyOn(h http.Header, name string) {
	vary := strings.Join(h.Values("Vary"), ", ")
	for listed := range strings.SplitSeq(vary, ",") {
		if listed = strings.TrimSpace(listed); strings.EqualFold(listed, name) || listed == "*" {
			return
		}
	}
	if vary != "" {
		name = vary + ", " + name
	}
	h.Set("Vary", name)
}
