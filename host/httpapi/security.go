package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// The names of the ways to authenticate in the OpenAPI document.
const (
	headerToken   = "token"
	tokenCookie   = "tokenCookie"
	refreshCookie = "refreshCookie"
	checkCookie   = "checkCookie" // ForwardAuth.Cookie
	session       = "session"
)

// security lists the ways to authenticate for a method, any of which will do; "" is none at all.
func (v *view) security(c *Config, method string) []string {
	if v.takesFields(method) && !c.needs(v.fields[0]) { // its token may be in a cookie, or else in the body
		return []string{v.fields[0].cookie, ""}
	}
	if !v.authenticates || method == http.MethodOptions && v.rule == permission.AllowAny {
		return nil
	}
	ways := []string{headerToken}
	if c.TokenCookies.On {
		ways = append(ways, tokenCookie)
	}
	if !c.Browser.Off {
		ways = append(ways, session)
	}
	if v.rule.Decide(method, v.model, permission.Caller{}) == permission.Allowed {
		ways = append(ways, "")
	}
	return ways
}

// securitySchemes are the ways to authenticate.
func (h *handler) securitySchemes() map[string]openapi.Scheme {
	settings := h.cfg.Node.Settings()
	token := openapi.Scheme{Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token."}
	cookieText := "An access token in its cookie."
	if slices.Contains(settings.AuthTokenClasses, core.SlidingToken) {
		token.Description, cookieText = "An access or a sliding token.", "An access or a sliding token in its cookie."
	}
	if h.authHeader != "Authorization" || !strings.EqualFold(settings.AuthHeaderTypes[0], "Bearer") {
		token = openapi.Scheme{
			Type: "apiKey", In: "header", Name: h.authHeader,
			Description: settings.AuthHeaderTypes[0] + ", a space and an access token.",
		}
	}
	schemes := map[string]openapi.Scheme{headerToken: token}
	cookie := func(scheme, name, text string) {
		schemes[scheme] = openapi.Scheme{Type: "apiKey", In: "cookie", Name: name, Description: text}
	}
	const forged = " What changes something needs the CSRF token too, in the field csrfmiddlewaretoken or the " +
		"header X-CSRFToken."
	if h.cfg.TokenCookies.On {
		cookie(tokenCookie, h.cfg.TokenCookies.Access.Name, cookieText+forged)
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
