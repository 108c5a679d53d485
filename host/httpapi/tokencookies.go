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
	return errors.Join(errs...)
}

// accessCookie is the access token in its cookie.
func (rq *request) accessCookie() (token string, sent bool) {
	if !rq.cfg.TokenCookies.On {
		return "", false
	}
	return rq.tokenCookie(rq.cfg.TokenCookies.Access.Name)
}

// tokenCookie is the token in a cookie; of two cookies with its name none counts, so that it is "", which is no token.
func (rq *request) tokenCookie(name string) (token string, sent bool) {
	token, sent = rq.cookie(name)
	if header, _ := rq.header("Cookie"); sent && django.CountCookies(header, name) > 1 {
		token, rq.visit.twice = "", true
	}
	return token, sent
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
	rq.dropTokens()
	return rq.endSession()
}

// dropTokens deletes both cookies.
func (rq *request) dropTokens() {
	t := &rq.cfg.TokenCookies
	rq.visit.set = append(rq.visit.set, t.Access.hidden("", 0), t.Refresh.hidden("", 0))
}

// endTokens logs the tokens of a browser out by a page, if tokens are kept there. The cookie with the refresh token is not sent to pages: so the log-in
// ends that the access token descends from, and where that is gone the refresh token is good until it expires, for whoever has kept it.
func (rq *request) endTokens() error {
	if !rq.cfg.TokenCookies.On {
		return nil
	}
	if token, sent := rq.accessCookie(); sent {
		if err := rq.node.EndLogin(rq.Context(), token); err != nil {
			return err
		}
	}
	rq.dropTokens()
	return nil
}

// afresh lets nothing stand of who was here before a log-in by tokens: the session ends, so that the log-out leaves nobody logged in, and whoever knew
// the CSRF secret knows nothing.
func (rq *request) afresh() error {
	if err := rq.endSession(); err != nil {
		return err
	}
	return rq.rotateCSRF()
}

// refuseForeign refuses a refresh token from a cookie beside the access token of another customer, or two access tokens.
func (rq *request) refuseForeign(token string) error {
	if !rq.byCookie {
		return nil
	}
	access, sent := rq.accessCookie()
	if !sent {
		return nil
	}
	foreign, err := rq.node.OfOthers(rq.Context(), token, access)
	if err == nil && (foreign || rq.visit.twice) {
		err = refusal{op: core.Refresh, refusals: []core.Refusal{{Cause: core.Malformed}}, reason: foreignCookie}
	}
	return err
}

// token is the token in a field of the body, or where the body has none the one in a cookie.
func (rq *request) token(field string, cookie CookieConfig) (string, error) {
	if rq.cfg.TokenCookies.On {
		inBody, err := rq.hasField(field)
		if err != nil {
			return "", err
		}
		if !inBody {
			if token, sent := rq.tokenCookie(cookie.Name); sent {
				return token, rq.intoCookies()
			}
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
