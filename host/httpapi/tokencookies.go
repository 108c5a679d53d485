package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// csrfPath is where a web application gets its CSRF token.
const csrfPath = "/auth/csrf/"

// intoCookies has the tokens of the answer go into cookies, if tokens are kept there. The request must not be forged: one that logs a browser in as somebody
// else is an attack too.
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

// logsOut has both cookies go where the body has no token: whatever comes of the one in the cookie, the browser is to be logged out.
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

// refuseForeign refuses a refresh token from a cookie beside the access token of another customer, or beside two access tokens.
func (rq *request) refuseForeign(token string) error {
	if !rq.reply.byCookie {
		return nil
	}
	foreign, err := rq.browser().IsForeign(rq.Context(), rq.node, token)
	if err == nil && foreign {
		err = refusal{op: core.Refresh, refusals: []core.Refusal{{Cause: core.Malformed}}, reason: foreignCookie}
	}
	return err
}

// token is the token in a field of the body, or where the body has none the one in a cookie.
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

// giveCSRF answers GET /auth/csrf/ with {"csrftoken"}: the token to send as X-CSRFToken with each request that changes something. The answer sets the
// cookie that the token goes with. A page of another site can read neither, unless CORS lets it.
func (h *handler) giveCSRF(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	body, err := django.Render(django.Object(django.Text("csrftoken", rq.browser().CSRFToken())), 0)
	if err != nil {
		return rq.h.compat.failed(err)
	}
	return rq.neverCache(answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: body})
}
