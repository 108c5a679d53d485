package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
)

const jwks = `{"keys":[{"kty":"EC","kid":"one","use":"sig","alg":"ES256","crv":"P-256","x":"a","y":"b"}]}`

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// someKeys are two public keys, one of which signs later, one that is gone, and a symmetric one.
func someKeys() *httpapi.PublishedKeys {
	return &httpapi.PublishedKeys{JWKS: []byte(jwks), ETag: `"v1"`, MaxAge: time.Hour, List: []httpapi.PublishedKey{
		{ID: "one", Algorithm: "ES256", State: "signing", Origin: "generated", Added: day, SignsFrom: day,
			Ends: day.Add(48 * time.Hour)},
		{ID: "two", Algorithm: "EdDSA", State: "published", Origin: "imported", Added: day,
			SignsFrom: day.Add(24 * time.Hour)},
		{ID: "old", Algorithm: "RS256", State: "gone", Origin: "signing.key", Added: day, Ends: day},
		{ID: "hmac", Algorithm: "HS256", State: "verifying", Origin: "SECRET_KEY", Added: day,
			Ends: day.Add(72 * time.Hour)},
	}, Next: "key two begins to sign", At: day.Add(24 * time.Hour)}
}

const issuer = "https://shop.example"

// openKeys is a shop with keys and an issuer, and whatever change adds.
func openKeys(t *testing.T, change func(*node.Config, *httpapi.Config)) *shop {
	return openShop(t, func(n *node.Config, c *httpapi.Config) {
		n.Settings.Issuer, c.Keys = new(issuer), someKeys
		if change != nil {
			change(n, c)
		}
	})
}

var documents = []string{"/.well-known/jwks.json", "/.well-known/openid-configuration",
	"/.well-known/oauth-authorization-server"}

// TestWellKnownDocuments: verifiers get them whatever they send, under any name, and from pages of any origin.
func TestWellKnownDocuments(t *testing.T) {
	for name, change := range map[string]func(*node.Config, *httpapi.Config){
		"default": nil,
		"exact":   func(n *node.Config, _ *httpapi.Config) { n.Settings.Wire = core.Exact },
		"5.2":     func(n *node.Config, _ *httpapi.Config) { n.Settings.Compat = core.V52 },
		"strict": func(_ *node.Config, c *httpapi.Config) {
			c.AllowedHosts, c.Browser.Off = []string{"127.0.0.1"}, true
			c.CORS = browser.CORS{Origins: []string{"https://app.example"}, Credentials: true}
			c.Throttles.Anon = throttle.Rate{Requests: 1, Period: time.Hour}
		},
	} {
		s := openKeys(t, change)
		promised := func(string, *http.Response, string) {}
		if name != "strict" { // its document names another server than checkAnswer asks
			_, router := description(t, s)
			promised = func(where string, answer *http.Response, body string) {
				checkAnswer(t, router, where, "", answer, body)
			}
		}
		for _, path := range documents {
			where := name + ": " + path
			var first string
			for i, headers := range [][]string{
				nil, {"Accept: text/html"}, {"Accept: image/png"}, {"Host: 10.0.0.1"}, {"Authorization: Bearer junk"},
				{"Cookie: sessionid=x; csrftoken=y"}, {"Origin: https://app.example"},
				{"Origin: https://other.example"},
			} {
				answer, body := s.ask(t, "GET", path, "", headers...)
				h := answer.Header
				if i == 0 {
					first = body
					promised(where, answer, body)
				}
				if answer.StatusCode != http.StatusOK || body != first || h.Get("Content-Type") != "application/json" ||
					h.Get("Cache-Control") != "public, max-age=3600" || len(h["Set-Cookie"])+len(h["Vary"]) > 0 ||
					!slices.Equal(h["Access-Control-Allow-Origin"], []string{"*"}) ||
					h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Etag") == "" {
					t.Errorf("%s with %v = %d %v %s", where, headers, answer.StatusCode, h, body)
				}
			}
			if answer, body := s.ask(t, "HEAD", path, ""); answer.StatusCode != http.StatusOK || body != "" ||
				answer.ContentLength != int64(len(first)) {
				t.Errorf("HEAD %s = %d, %d bytes, %q", where, answer.StatusCode, answer.ContentLength, body)
			}
			answer, body := s.ask(t, "OPTIONS", path, "", "Origin: https://any.example",
				"Access-Control-Request-Method: GET", "Access-Control-Request-Headers: if-none-match")
			promised(where, answer, body)
			if h := answer.Header; answer.StatusCode != http.StatusOK || h.Get("Allow") != "GET, HEAD, OPTIONS" ||
				h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "GET, HEAD" ||
				h.Get("Access-Control-Allow-Headers") != "*" || !strings.HasPrefix(body, `{"name":"`) {
				t.Errorf("OPTIONS %s = %d %v %s", where, answer.StatusCode, h, body)
			}
			answer, body = s.post(t, path, "{}")
			if answer.StatusCode != http.StatusMethodNotAllowed ||
				body != `{"detail":"Method \"POST\" not allowed."}` ||
				answer.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
				t.Errorf("POST %s = %d %v %s", where, answer.StatusCode, answer.Header, body)
			}
		}
	}
}

// TestIfNoneMatch: who has the document already is told so (RFC 9110 §13.1.2).
func TestIfNoneMatch(t *testing.T) {
	s := openKeys(t, nil)
	for _, c := range []struct {
		header string
		status int
	}{
		{`"v1"`, 304}, {`W/"v1"`, 304}, {`*`, 304}, {` * `, 304}, {`"v0", "v1"`, 304}, {`"v0",W/"v1"`, 304},
		{`"a,b" , "v1"`, 304}, {`, ,"v1"`, 304}, {`"v1", nonsense`, 304}, {`"v1`, 200}, {`v1`, 200}, {`"v0" "v1"`, 200},
		{`"v0"`, 200}, {`"V1"`, 200}, {`w/"v1"`, 200}, {`"v0",*`, 200}, {`W/`, 200}, {``, 200},
	} {
		answer, body := s.ask(t, "GET", documents[0], "", "If-None-Match: "+c.header)
		h := answer.Header
		if answer.StatusCode != c.status || h.Get("Etag") != `"v1"` || h.Get("Cache-Control") == "" ||
			h.Get("Access-Control-Allow-Origin") != "*" ||
			c.status == 304 && (body != "" || h.Get("Content-Type") != "") {
			t.Errorf("%s = %d %v %s, want %d", c.header, answer.StatusCode, h, body, c.status)
		}
	}
	for _, path := range documents[1:] {
		answer, _ := s.ask(t, "GET", path, "")
		tag := answer.Header.Get("Etag")
		if answer, _ = s.ask(t, "HEAD", path, "", "If-None-Match: "+tag); answer.StatusCode != 304 || tag == "" {
			t.Errorf("%s with %s = %d, want 304", path, tag, answer.StatusCode)
		}
	}
}

// TestNoKeysArePublished: a node without public keys has an empty set.
func TestNoKeysArePublished(t *testing.T) {
	for name, keys := range map[string]func() *httpapi.PublishedKeys{
		"no function": nil, "none": func() *httpapi.PublishedKeys { return nil },
	} {
		s := openKeys(t, func(_ *node.Config, c *httpapi.Config) { c.Keys = keys })
		answer, body := s.ask(t, "GET", documents[0], "")
		if answer.StatusCode != http.StatusOK || body != `{"keys":[]}` ||
			answer.Header.Get("Cache-Control") != "public, max-age=60" || answer.Header.Get("Etag") == "" {
			t.Errorf("%s: %d %v %s", name, answer.StatusCode, answer.Header, body)
		}
	}
}
