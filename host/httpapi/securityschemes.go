package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core"
)

// The names in the document of the ways to authenticate by a cookie.
const (
	tokenCookie   = "tokenCookie"
	refreshCookie = "refreshCookie"
	checkCookie   = "checkCookie" // ForwardAuth.Cookie
	session       = "session"
)

// security is who may call a method of a view: the ways to authenticate, any of which will do; an empty one is none
// at all.
func (h *handler) security(v *view, method string) []object {
	way := func(name string) object { return object{name: []string{}} }
	if v.takesFields(method) && !h.needsFields(v) { // its token may be in a cookie, or else in the body
		if v.path == "/auth/token/verify/" {
			return []object{way(tokenCookie), {}}
		}
		return []object{way(refreshCookie), {}}
	}
	if !v.authenticates || method == http.MethodOptions && v.rule == core.AllowAny {
		return []object{}
	}
	ways := []object{way("token")}
	if h.cfg.TokenCookies.On {
		ways = append(ways, way(tokenCookie))
	}
	if !h.cfg.Browser.Off {
		ways = append(ways, way(session))
	}
	if v.rule.Decide(method, v.model, core.Caller{}) == core.Allowed {
		ways = append(ways, object{})
	}
	return ways
}

// securitySchemes are the ways to authenticate.
func (h *handler) securitySchemes() object {
	settings := h.cfg.Node.Settings()
	token := object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token."}
	if h.authHeader != "AUTHORIZATION" || !strings.EqualFold(settings.AuthHeaderTypes[0], "Bearer") {
		token = object{"type": "apiKey", "in": "header", "name": http.CanonicalHeaderKey(h.authHeader),
			"description": settings.AuthHeaderTypes[0] + ", a space and an access token."}
	}
	schemes := object{"token": token}
	cookie := func(scheme, name, text string) {
		schemes[scheme] = object{"type": "apiKey", "in": "cookie", "name": name, "description": text}
	}
	const forged = " What changes something needs the CSRF token too, in the field csrfmiddlewaretoken or the header X-CSRFToken."
	if h.cfg.TokenCookies.On {
		cookie(tokenCookie, h.cfg.TokenCookies.Access.Name, "An access token in its cookie."+forged)
		cookie(refreshCookie, h.cfg.TokenCookies.Refresh.Name, "A refresh token in its cookie."+forged)
	}
	if h.cfg.ForwardAuth.Cookie != "" {
		cookie(checkCookie, h.cfg.ForwardAuth.Cookie, "An access token in the cookie that "+checkPath+" reads.")
	}
	if !h.cfg.Browser.Off {
		cookie(session, h.cfg.Browser.Session.Name, "The session of a browser."+forged)
	}
	return schemes
}
