package browser

import (
	"cmp"
	"errors"
	"fmt"
)

// TokenCookies keeps the tokens of web applications in cookies that no script can read. The zero value is off: tokens are in bodies alone.
//
// A log-in at /auth/token/ sets both cookies, and its body has no token. A request to refresh, verify or blacklist without a token in its
// body is served by the cookies, and what it gives goes into them; one with a token in its body is answered in its body, as without cookies. Views
// take the access token from its cookie where there is no header. Blacklisting by the cookie is the log-out: the log-in's tokens are refused from then
// on, both cookies go, whatever the answer, and so does the session of the browser. The pages to log in and out are a log-out of the tokens too: both
// cookies go, and the log-in ends that the access token descends from.
//
// After a log-in the browser has another CSRF secret, and no session of before. Where a token cookie comes twice, or the access token is another customer's
// than the refresh token, a domain beside this one may have set one of them: 401.
//
// All of these must not be forged where a cookie authorises them, and neither may the log-in: they need the CSRF token, which GET /auth/csrf/
// gives.
type TokenCookies struct {
	On bool
	// Access is the cookie of the access token. Its path is always /. Its name is by default "__Host-access", which no other domain can set;
	// "__Secure-access" where it has a domain; "access" where it is not Secure.
	Access Cookie
	// Refresh is the cookie of the refresh token. Its path is always /auth/token/, so that no other request carries it. Its name is by default
	// "__Secure-refresh", or "refresh" where it is not Secure.
	Refresh Cookie
}

// refreshPath is the path of the cookie with the refresh token: what takes one is below.
const refreshPath = "/auth/token/"

// maxCookie is how long the name and the value of a cookie are together, in bytes: browsers drop longer ones (RFC 6265bis §5.6).
const maxCookie = 4096

// Filled is t with its defaults.
func (t TokenCookies) Filled() TokenCookies {
	prefix := func(c Cookie) string {
		switch {
		case !c.Secure:
			return ""
		case c.Domain == "" && c.Path == "/":
			return hostPrefix
		}
		return securePrefix
	}
	t.Access.Path, t.Refresh.Path = cmp.Or(t.Access.Path, "/"), cmp.Or(t.Refresh.Path, refreshPath)
	t.Access, t.Refresh = t.Access.filled(prefix(t.Access)+"access"), t.Refresh.filled(prefix(t.Refresh)+"refresh")
	return t
}

// Validate names every mistake.
func (t TokenCookies) Validate() error {
	t = t.Filled()
	errs := []error{t.Access.validate("TokenCookies.Access"), t.Refresh.validate("TokenCookies.Refresh")}
	if t.Access.Path != "/" {
		errs = append(errs, errors.New("httpapi: TokenCookies.Access.Path: is always /"))
	}
	if t.Refresh.Path != refreshPath {
		errs = append(errs, fmt.Errorf("httpapi: TokenCookies.Refresh.Path: is always %s", refreshPath))
	}
	return errors.Join(errs...)
}

// CheckNames names every cookie that has the name of another one: of two such a request has only the last. Only
// forwardAuth, the name in ForwardAuth.Cookie, may be that of the access token, which it is for. What is off does not
// count.
func CheckNames(b Config, t TokenCookies, forwardAuth string) error {
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
	if forwardAuth != "" && !(t.On && forwardAuth == access.name) {
		cookies = append(cookies, cookie{"ForwardAuth.Cookie", forwardAuth, ""})
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
