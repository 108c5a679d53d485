package browser

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// Cookie is how a cookie is set.
type Cookie struct {
	Name   string
	Domain string // "": the host alone, which is the safest
	Path   string // "": /
	// SameSite is Lax, Strict or None; "": Lax.
	SameSite string
	// Secure: browsers send the cookie over TLS only.
	Secure bool
}

// The name prefixes for which browsers require attributes (RFC 6265bis §4.1.3).
const (
	hostPrefix   = "__Host-"
	securePrefix = "__Secure-"
)

// sameSites are the values of SameSite.
var sameSites = []string{"Lax", "Strict", "None"}

// filled is c with its defaults.
func (c Cookie) filled(name string) Cookie {
	c.Name, c.Path, c.SameSite = cmp.Or(c.Name, name), cmp.Or(c.Path, "/"), cmp.Or(c.SameSite, "Lax")
	return c
}

// validate names every mistake in a filled c; field is its name in the errors.
func (c Cookie) validate(field string) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("httpapi: "+field+format, args...)) }
	if !httpguts.ValidHeaderFieldName(c.Name) {
		bad(".Name: %q is no name of a cookie: use letters, digits, - and _ (RFC 6265 §4.1.1)", c.Name)
	}
	switch {
	case strings.HasPrefix(c.Name, hostPrefix) && (!c.Secure || c.Path != "/" || c.Domain != ""):
		bad(".Name: browsers refuse a cookie named %s… that is not Secure, has another path than / or a domain",
			hostPrefix)
	case strings.HasPrefix(c.Name, securePrefix) && !c.Secure:
		bad(".Name: browsers refuse a cookie named %s… that is not Secure", securePrefix)
	}
	if strings.ContainsFunc(c.Domain, unusable) || strings.Contains(c.Domain, ",") {
		bad(".Domain: %q is no domain", c.Domain)
	}
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsFunc(c.Path, unusable) {
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

// unusable reports whether a character cannot stand in an attribute.
func unusable(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' }

// cookie is a cookie to set, for an age.
func (c Cookie) cookie(value string, age time.Duration) django.Cookie {
	return django.Cookie{
		Name: c.Name, Value: value, MaxAge: age, Domain: c.Domain, Path: c.Path, SameSite: c.SameSite, Secure: c.Secure,
	}
}

// hidden is a cookie that scripts cannot read.
func (c Cookie) hidden(value string, age time.Duration) django.Cookie {
	cookie := c.cookie(value, age)
	cookie.HTTPOnly = true
	return cookie
}

// gone deletes the cookie. It has the domain and the path of c, or browsers would take it for another cookie.
func (c Cookie) gone() django.Cookie { return c.cookie("", 0) }
