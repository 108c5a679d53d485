package browser

import (
	"cmp"
	"errors"
	"fmt"
)

// TokenCookies keeps the tokens of web applications in cookies that no script can read. The zero value is off: tokens
// are in bodies alone.
//
// A log-in at /auth/token/ sets both cookies, and its body has no token. A request to refresh, verify or blacklist that
// has no token in its body takes the token from the cookie, and new tokens go into the cookies; one with a token in its
// body is answered as without cookies. Views take the access token from its cookie if there is no header.
//
// Where views take sliding tokens, a log-in at /auth/token/sliding/ sets the cookie of the access token to one, and
// deletes that of the refresh token. The sliding token is refreshed in its cookie.
//
// To blacklist by the cookie is to log out. It revokes the log-in, deletes both cookies whatever the answer, and ends
// the session of the browser. The pages to log in and out delete both cookies too, and end the log-in of the access
// token.
//
// A log-in by tokens rotates the CSRF secret and ends the previous session. If a token cookie comes twice, or the
// access token is another customer's than the refresh token, a sibling domain may have set one of them: the answer is
// 401.
//
// Where a cookie authorises any of these, and for the log-in, the request must not be forged: it needs the CSRF token,
// which GET /auth/csrf/ returns.
type TokenCookies struct {
	On bool
	// Access is the cookie of the access or the sliding token. Its path is always /. The default name is
	// "__Host-access", which no other domain can set; "__Secure-access" if the cookie has a domain; "access" if it is
	// not Secure.
	Access Cookie
	// Refresh is the cookie of the refresh token. Its path is always /auth/token/, so that no other request carries it.
	// The default name is "__Secure-refresh"; "refresh" if the cookie is not Secure.
	Refresh Cookie
}

// refreshPath is the path of the refresh token's cookie. All that takes one is below it.
const refreshPath = "/auth/token/"

// maxCookie is how long the name and the value of a cookie may be together, in bytes. Browsers drop longer cookies
// (RFC 6265bis §5.6).
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

// CheckNames names every cookie with the name of another one, since of two such cookies only the last is read.
// forwardAuth is the name in ForwardAuth.Cookie, which may be that of the access token. Cookies that are off don't
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
		refresh := cookie{"TokenCookies.Refresh.Name", t.Refresh.Name, "the cookie with the refresh token"}
		cookies = append(cookies, access, refresh)
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
