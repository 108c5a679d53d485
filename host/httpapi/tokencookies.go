package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// TokenCookies keeps the tokens of web applications in cookies that no script can read. The zero value is off: tokens are in bodies alone.
//
// A log-in at /auth/token/ sets both cookies, and its body has no token. A request to refresh, verify or blacklist without a token in its
// body is served by the cookies, and what it gives goes into them; one with a token in its body is answered in its body, as without cookies. Views
// take the access token from its cookie where there is no header. Blacklisting by the cookie is the log-out: the log-in's tokens are refused from then
// on and both cookies go, whatever the answer.
//
// All of these must not be forged where a cookie authorises them, and neither may the log-in: they need the CSRF token, which GET /auth/csrf/
// gives.
type TokenCookies struct {
	On bool
	// Access is the cookie of the access token. Its path is always /. Its name is by default "__Host-access", which no other domain can set;
	// "__Secure-access" where it has a domain; "access" where it is not Secure.
	Access CookieConfig
	// Refresh is the cookie of the refresh token. Its path is always /auth/token/, so that no other request carries it. Its name is by default
	// "__Secure-refresh", or "refresh" where it is not Secure.
	Refresh CookieConfig
}

// csrfPath is where a web application gets its CSRF token.
const csrfPath = "/auth/csrf/"

// refreshPath is the path of the cookie with the refresh token: what takes one is below.
const refreshPath = "/auth/token/"

// maxCookie is how long the name and the value of a cookie are together, in bytes: browsers drop longer ones (RFC 6265bis §5.6).
const maxCookie = 4096

// Filled is t with its defaults.
func (t TokenCookies) Filled() TokenCookies {
	prefix := func(c CookieConfig) string {
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
	if t.Access.Name == t.Refresh.Name {
		errs = append(errs, errors.New("httpapi: TokenCookies.Refresh.Name: is the name of the cookie with the access token too"))
	}
	return errors.Join(errs...)
}

// accessCookie is the access token in its cookie.
func (rq *request) accessCookie() (token string, sent bool) {
	if !rq.cfg.TokenCookies.On {
		return "", false
	}
	return rq.cookie(rq.cfg.TokenCookies.Access.Name)
}

// intoCookies has the tokens of the answer go into cookies, if tokens are kept there. The request must not be forged: one that logs a browser in as somebody
// else is an attack too.
func (rq *request) intoCookies() error {
	if !rq.cfg.TokenCookies.On {
		return nil
	}
	if err := rq.refuseForged(); err != nil {
		return err
	}
	rq.byCookie = true
	return nil
}

// logsOut has both cookies go where the body has no token: whatever comes of the one in the cookie, the browser is to be logged out.
func (rq *request) logsOut(field string) error {
	if !rq.cfg.TokenCookies.On {
		return nil
	}
	if inBody, err := rq.hasField(field); inBody || err != nil {
		return err
	}
	if err := rq.intoCookies(); err != nil {
		return err
	}
	t := &rq.cfg.TokenCookies
	rq.visit.set = append(rq.visit.set, t.Access.hidden("", 0), t.Refresh.hidden("", 0))
	return nil
}

// token is the token in a field of the body, or where the body has none the one in a cookie.
func (rq *request) token(field string, cookie CookieConfig) (string, error) {
	if rq.cfg.TokenCookies.On {
		inBody, err := rq.hasField(field)
		if err != nil {
			return "", err
		}
		if token, sent := rq.cookie(cookie.Name); !inBody && sent {
			return token, rq.intoCookies()
		}
	}
	texts, err := rq.texts(field)
	if err != nil {
		return "", err
	}
	return texts[0], nil
}

// hasField reports whether the body has a field, whatever is in it.
func (rq *request) hasField(name string) (bool, error) {
	body, err := rq.data()
	if err != nil {
		return false, err
	}
	if body.Form != nil {
		_, has := body.Form.Get(name)
		return has, nil
	}
	_, has := body.JSON.Get(name)
	// What is no object has no fields, and is refused as such.
	return has || body.JSON.Kind() != django.KindObject, nil
}

// keep puts tokens into their cookies.
func (rq *request) keep(tokens []core.Token) error {
	t, settings := &rq.cfg.TokenCookies, rq.node.Settings()
	for _, token := range tokens {
		cookie, age := t.Access, settings.AccessTokenLifetime
		if token.Type == core.RefreshToken {
			cookie, age = t.Refresh, settings.RefreshTokenLifetime
		}
		if len(cookie.Name)+len(token.Value) > maxCookie {
			return fmt.Errorf("%s token of %d bytes fits into no cookie: configure fewer claims, or no cookies", token.Type, len(token.Value))
		}
		rq.visit.set = append(rq.visit.set, cookie.hidden(token.Value, max(age, time.Second)))
	}
	return nil
}

// authenticateCookie finds out who asks by the access token in its cookie; found is false where there is none.
func (rq *request) authenticateCookie() (found bool, err error) {
	token, sent := rq.accessCookie()
	if !sent {
		return false, nil
	}
	if err := rq.check(token); err != nil {
		return true, err
	}
	rq.visit.personal = true
	return true, rq.refuseForged()
}

// giveCSRF answers GET /auth/csrf/ with {"csrftoken"}: the token to send as X-CSRFToken with each request that changes something. The answer sets the
// cookie that the token goes with. A page of another site can read neither, unless CORS lets it.
func (h *handler) giveCSRF(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	body, err := django.Render(django.Object(django.Text("csrftoken", rq.csrfToken())), 0)
	if err != nil {
		return rq.compat.failed(err)
	}
	return rq.neverCache(answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: body})
}
