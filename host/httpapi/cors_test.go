package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
)

const app = "https://app.example"

func corsShop(t *testing.T) *shop {
	return openShop(t, func(_ *node.Config, h *httpapi.Config) {
		inCookies(h)
		h.AllowedHosts = []string{"tokens.example"}
		h.CORS = browser.CORS{Origins: []string{app, "https://*.shop.example"}, Credentials: true, MaxAge: time.Minute}
		h.Browser.TrustedOrigins = []string{app}
	})
}

// TestPreflight: whether a page of another origin may send a request is answered before anything else is looked at.
func TestPreflight(t *testing.T) {
	s := corsShop(t)
	for _, c := range []struct {
		origin, method, headers string
		allowed                 bool
	}{
		{app, "POST", "content-type,x-csrftoken", true},
		{app, "DELETE", "authorization", true},
		{"https://a.shop.example", "POST", "", true},
		{"https://a.b.shop.example", "POST", "", true},
		{"https://shop.example", "POST", "", true},
		{"https://untrustedshop.example", "POST", "", false},
		{"https://evil.example/.shop.example", "POST", "", false},
		{"https://evil.example?.shop.example", "POST", "", false},
		{"https://evil.example#.shop.example", "POST", "", false},
		{"https:evil.shop.example", "POST", "", false},
		{"http://a.shop.example", "POST", "", false},
		{"https://evil.example", "POST", "", false},
		{"https://app.example.evil.example", "POST", "", false},
		{"http://app.example", "POST", "", false},
		{"https://app.example:8443", "POST", "", false},
		{"null", "POST", "", false},
		{app, "POST", "x-other", false},
		{app, "CONNECT", "", false},
	} {
		headers := []string{"Host: elsewhere.example", "Origin: " + c.origin, "Access-Control-Request-Method: " +
			c.method}
		if c.headers != "" {
			headers = append(headers, "Access-Control-Request-Headers: "+c.headers)
		}
		answer, body := s.ask(t, "OPTIONS", "/auth/token/", "", headers...)
		if answer.StatusCode != http.StatusNoContent || body != "" || !strings.Contains(answer.Header.Get("Vary"),
			"Origin") {
			t.Errorf("preflight of %s %s: %d %s, Vary %q", c.origin, c.method, answer.StatusCode, body,
				answer.Header.Get("Vary"))
		}
		origin, credentials := answer.Header.Get("Access-Control-Allow-Origin"),
			answer.Header.Get("Access-Control-Allow-Credentials")
		if c.allowed && (origin != c.origin || credentials != "true" ||
			answer.Header.Get("Access-Control-Max-Age") != "60") || !c.allowed && (origin != "" || credentials != "") {
			t.Errorf("preflight of %s %s %s: %v, want allowed %v", c.origin, c.method, c.headers, answer.Header,
				c.allowed)
		}
	}
}

// TestNoPreflight is what looks like one but is of no page.
func TestNoPreflight(t *testing.T) {
	s := corsShop(t)
	if answer, body := s.ask(t, "OPTIONS", "/auth/token/", "",
		"Access-Control-Request-Method: POST"); answer.StatusCode != http.StatusNoContent || body != "" ||
		answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without an origin: %d %s %v", answer.StatusCode, body, answer.Header)
	}
	if answer, body := s.ask(t, "OPTIONS", "/auth/token/", "", "Host: tokens.example",
		"Origin: "+app); answer.StatusCode != http.StatusOK || !strings.Contains(body, `"renders"`) {
		t.Errorf("without a method: %d %s, want what the view says of itself", answer.StatusCode, body)
	}
}

// TestCrossOrigin is a web application of an origin that may, with its tokens in cookies, and the same of one that
// may not.
func TestCrossOrigin(t *testing.T) {
	s := corsShop(t)
	for origin, allowed := range map[string]bool{app: true, "https://evil.example": false} {
		headers := []string{"Host: tokens.example", "Origin: " + origin}
		b := s.browser()
		answer, body := b.ask(t, "GET", "/auth/csrf/", "", headers...)
		if got := answer.Header.Get("Access-Control-Allow-Origin"); (got == origin) != allowed || got == "*" ||
			answer.Header.Get("Vary") != "Cookie, Origin" {
			t.Errorf("%s: Access-Control-Allow-Origin %q, Vary %q", origin, got, answer.Header.Get("Vary"))
		}
		b.token = strings.TrimSuffix(strings.TrimPrefix(body, `{"csrftoken":"`), `"}`)
		answer, body = b.send(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`, headers...)
		if (answer.StatusCode == http.StatusOK) != allowed {
			t.Errorf("%s: log-in %d %s", origin, answer.StatusCode, body)
		}
		answer, _ = b.ask(t, "GET", "/customers/me/", "", headers...)
		if (answer.StatusCode == http.StatusOK) != allowed || !strings.Contains(answer.Header.Get("Vary"), "Origin") {
			t.Errorf("%s: %d, Vary %q", origin, answer.StatusCode, answer.Header.Get("Vary"))
		}
	}
}

// TestNoCORS: by default nothing is said of origins, and no preflight is answered as one.
func TestNoCORS(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		for _, method := range []string{"OPTIONS", "GET"} {
			answer, _ := s.ask(t, method, "/customers/me/", "", "Origin: "+app, "Access-Control-Request-Method: POST")
			for name := range answer.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s = %q", method, name, answer.Header.Get(name))
				}
			}
			if strings.Contains(answer.Header.Get("Vary"), "Origin") || answer.StatusCode == http.StatusNoContent {
				t.Errorf("%s: %d, Vary %q", method, answer.StatusCode, answer.Header.Get("Vary"))
			}
		}
	})
}

// TestAnyOriginWithoutCredentials: "*" lets any page read what needs no cookie.
func TestAnyOriginWithoutCredentials(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.CORS.Origins = []string{"*"} })
	answer, _ := s.ask(t, "GET", "/customers/me/", "", "Origin: https://any.example")
	if answer.Header.Get("Access-Control-Allow-Origin") != "*" ||
		answer.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("headers %v", answer.Header)
	}
}

// TestCORSHeaders: what tracing adds to requests and answers passes where it is configured, beside what always does.
func TestCORSHeaders(t *testing.T) {
	traced := browser.CORS{Origins: []string{app}, Headers: []string{"Sentry-Trace", "traceparent", "X-Request-ID"},
		ExposeHeaders: []string{"x-request-id"}}
	for _, c := range []struct {
		cors    browser.CORS
		headers string
		allowed bool
	}{
		{traced, "authorization,content-type,sentry-trace,traceparent,x-request-id", true},
		{traced, "accept,authorization,content-type,user-agent,x-csrftoken,x-requested-with", true},
		{traced, "baggage", false},
		{browser.CORS{Origins: []string{app}}, "traceparent", false},
		{browser.CORS{Origins: []string{app}, Headers: []string{"*"}, Credentials: true}, "anything,authorization",
			true},
	} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.CORS = c.cors })
		answer, _ := s.ask(t, "OPTIONS", "/auth/token/", "", "Origin: "+app, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: "+c.headers)
		if got := answer.Header.Get("Access-Control-Allow-Headers"); (got == c.headers) != c.allowed ||
			(got == "") == c.allowed {
			t.Errorf("%v, %s: allowed %q, want %v", c.cors.Headers, c.headers, got, c.allowed)
		}
	}
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.CORS = traced })
	answer, _ := s.ask(t, "GET", "/customers/me/", "", "Origin: "+app)
	if got := answer.Header.Get("Access-Control-Expose-Headers"); got != "Retry-After, X-Auth-Error, X-Request-Id" {
		t.Errorf("exposed %q", got)
	}
}
