package httpapi

import (
	"net/http"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// csrfPath is where a web application gets its CSRF token.
const csrfPath = "/auth/csrf/"

// intoCookies puts the tokens of the answer into cookies, if that is on. The request must not be forged: to log a
// browser in as somebody else is an attack too.
func (rq *request) intoCookies() error {
	if !rq.h.cfg.TokenCookies.On {
		return nil
	}
	if err := rq.refuseForged(); err != nil {
		return err
	}
	rq.reply.byCookie = true
	return nil
}

// logsOut logs the browser out, if tokens are kept in cookies and the body has none: both cookies go, whatever
// becomes of the token in the cookie, and the session ends.
func (rq *request) logsOut(field string) error {
	if !rq.h.cfg.TokenCookies.On {
		return nil
	}
	if inBody, err := rq.hasField(field); inBody || err != nil {
		return err
	}
	if err := rq.intoCookies(); err != nil {
		return err
	}
	rq.browser().DropTokens()
	return rq.browser().EndSession(rq.Context(), rq.node)
}

// refuseForeign refuses a refresh token from a cookie that came beside the access token of another customer, or
// beside two access tokens.
func (rq *request) refuseForeign(token string) error {
	if !rq.reply.byCookie {
		return nil
	}
	foreign, err := rq.browser().IsForeign(rq.Context(), rq.node, token)
	if err == nil && foreign {
		err = refusal{op: core.Refresh, refusals: []core.Refusal{{Cause: cause.Malformed}}, reason: foreignCookie}
	}
	return err
}

// slidesInCookies reports whether the cookie of the access token holds sliding tokens too: where views take them.
func (c *Config) slidesInCookies() bool {
	return c.TokenCookies.On && slices.Contains(c.Node.Settings().AuthTokenClasses, core.SlidingToken)
}

// slidingToken is the token in the body, else a sliding token in its cookie.
func (rq *request) slidingToken() (string, error) {
	if rq.h.cfg.slidesInCookies() {
		return rq.token("token", rq.h.cfg.TokenCookies.Access)
	}
	texts, err := rq.texts("token")
	if err != nil {
		return "", err
	}
	return texts[0], nil
}

// endsSliding ends the log-in of the sliding token with which a browser logs out: it has no refresh token.
func (rq *request) endsSliding() (bool, error) {
	if !rq.reply.byCookie || !rq.h.cfg.slidesInCookies() {
		return false, nil
	}
	if _, sent := rq.browser().Token(rq.h.cfg.TokenCookies.Refresh.Name); sent {
		return false, nil
	}
	token, sent := rq.browser().AccessToken()
	if !sent {
		return false, nil
	}
	return true, rq.node.EndLogin(rq.Context(), token)
}

// token is the token in a field of the body, else the one in a cookie.
func (rq *request) token(field string, cookie browser.Cookie) (string, error) {
	if rq.h.cfg.TokenCookies.On && rq.hasCookies() {
		inBody, err := rq.hasField(field)
		if err != nil {
			return "", err
		}
		if !inBody {
			if token, sent := rq.browser().Token(cookie.Name); sent {
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

// hasField reports whether the body has a field, whatever its value.
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
	// What is no object counts as having it, so that it is refused as a body and not served by a cookie.
	return has || body.JSON.Kind() != django.KindObject, nil
}

// giveCSRF answers GET /auth/csrf/ with {"csrftoken"}: the token to send as X-CSRFToken with each request that changes
// something. The answer sets the cookie to go with it. A page of another site can read neither, unless CORS lets it.
func (h *handler) giveCSRF(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	token := django.Text("csrftoken", rq.browser().CSRFToken())
	return rq.neverCache(h.compat.json(http.StatusOK, django.Object(token)))
}
