package httpapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// withEve adds a second customer, eve@example.com, whose password is "evil".
func (s *shop) withEve(t *testing.T) *shop {
	t.Helper()
	if _, err := s.store.Add(t.Context(), store.NewCustomer{ID: core.Integer(8), Email: "eve@example.com",
		IsActive: true, PasswordHash: hashOf(t, "evil")}); err != nil {
		t.Fatal(err)
	}
	return s
}

// me is the e-mail address of whom the node takes a browser for; "" for nobody.
func (b *tab) me(t *testing.T) string {
	t.Helper()
	_, body := b.ask(t, "GET", "/customers/me/", "", "Accept: application/json")
	for _, email := range []string{"ana@example.com", "eve@example.com"} {
		if strings.Contains(body, email) {
			return email
		}
	}
	return ""
}

// TestAttackSessionUnderTokens: nobody is left behind by a log-in, or a log-out, of the other kind.
func TestAttackSessionUnderTokens(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire, inCookies)).withEve(t)
		eve := s.browser()
		eve.logIn(t, "username=eve@example.com", "password=evil")
		eve.fetchToken(t)
		session, csrf := eve.cookies["sessionid"], eve.token
		eve.enter(t)
		if eve.cookies["sessionid"] != "" || eve.me(t) != "ana@example.com" {
			t.Errorf("after ana's log-in by tokens over eve's session: %v, want no session", eve.cookies)
		}
		if answer, body := eve.ask(t, "POST", "/customers/me/", "{}", "Content-Type: application/json",
			"X-CSRFToken: "+csrf); answer.StatusCode != http.StatusForbidden {
			t.Errorf("the CSRF token of before ana's log-in: %d %s, want 403", answer.StatusCode, body)
		}
		thief := s.browser()
		if thief.cookies["sessionid"] = session; thief.me(t) != "" {
			t.Error("eve's session goes on on the server")
		}
		eve.fetchToken(t)
		if answer, body := eve.send(t, "/auth/token/blacklist/", "{}"); answer.StatusCode != http.StatusOK ||
			eve.me(t) != "" {
			t.Errorf("after the log-out: %d %s, %v", answer.StatusCode, body, eve.cookies)
		}

		// A session that begins somewhere else while tokens are there.
		b := s.app(t)
		b.enter(t)
		other := s.browser()
		other.logIn(t)
		b.cookies["sessionid"] = other.cookies["sessionid"]
		b.fetchToken(t)
		if b.send(t, "/auth/token/blacklist/", "{}"); b.cookies["sessionid"] != "" || b.me(t) != "" ||
			other.me(t) != "" {
			t.Errorf("the log-out of tokens leaves a session: %v", b.cookies)
		}
	})
}

// TestAttackTokensUnderPages: the pages to log in and out leave no tokens of before, in the browser or good.
func TestAttackTokensUnderPages(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire, inCookies)).withEve(t)
		for path, fields := range map[string][]string{
			"/auth/login/":  {"username=eve@example.com", "password=evil"},
			"/auth/logout/": nil,
		} {
			b := s.app(t)
			b.enter(t)
			refresh := b.cookies["refresh"]
			b.ask(t, "GET", "/auth/login/", "")
			answer, _ := b.submit(t, path, fields)
			if b.cookies["access"] != "" || b.cookies["refresh"] != "" || b.me(t) == "ana@example.com" {
				t.Errorf("%s: %d leaves ana's tokens: %v", path, answer.StatusCode, b.cookies)
			}
			if answer, body := s.post(t, "/auth/token/refresh/",
				`{"refresh":"`+refresh+`"}`); answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s leaves the refresh token good: %d %s", path, answer.StatusCode, body)
			}
		}
		// A log-in that fails is none.
		b := s.app(t)
		b.enter(t)
		b.ask(t, "GET", "/auth/login/", "")
		if b.submit(t, "/auth/login/", []string{"username=eve@example.com",
			"password=wrong"}); b.me(t) != "ana@example.com" {
			t.Errorf("a failed log-in logs ana out: %v", b.cookies)
		}
	})
}

// TestAttackCookieTossing has a domain beside this one set cookies here: beside the victim's, or where the victim has
// lost its own.
func TestAttackCookieTossing(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire, inCookies, func(h *httpapi.Config) {
			h.ForwardAuth.Cookie = "access"
		})).withEve(t)
		ana, eve := s.app(t), s.app(t)
		ana.enter(t)
		eve.send(t, "/auth/token/", `{"email":"eve@example.com","password":"evil"}`)
		ana.fetchToken(t)
		tossed := map[string]string{"access": eve.cookies["access"], "refresh": eve.cookies["refresh"]}
		for _, c := range []struct {
			method, path string
			twice        string // the cookie
		}{
			{"GET", "/customers/me/", "access"}, {"GET", "/customers/open/", "access"},
			{"POST", "/customers/me/", "access"}, {"GET", "/auth/check/", "access"},
			{"POST", "/auth/token/verify/", "access"}, {"POST", "/auth/token/refresh/", "refresh"},
			{"POST", "/auth/token/refresh/", "access"},
			{"POST", "/auth/token/blacklist/", "refresh"},
		} {
			var pairs []string
			for _, name := range []string{"csrftoken", "access", "refresh"} {
				pairs = append(pairs, name+"="+ana.cookies[name])
			}
			own, theirs := strings.Join(pairs, "; "), c.twice+"="+tossed[c.twice]
			for _, header := range []string{own + "; " + theirs, theirs + "; " + own} {
				answer, body := s.ask(t, c.method, c.path, "{}", "Cookie: "+header, "Content-Type: application/json",
					"X-CSRFToken: "+ana.token)
				if answer.StatusCode != http.StatusUnauthorized || strings.Contains(body, "eyJ") {
					t.Errorf("%s %s with two cookies %s: %d %s, want 401", c.method, c.path, c.twice, answer.StatusCode,
						body)
				}
				for _, cookie := range answer.Cookies() {
					if cookie.MaxAge >= 0 && cookie.Name != "csrftoken" {
						t.Errorf("%s %s with two cookies %s sets %v", c.method, c.path, c.twice, cookie)
					}
				}
			}
		}
		if log := s.log.String(); !strings.Contains(log, `"cause":"cookie_twice"`) {
			t.Errorf("the log does not say why: %s", log)
		}
		ana.cookies["refresh"] = tossed["refresh"]
		access := ana.cookies["access"]
		if answer, body := ana.send(t, "/auth/token/refresh/", "{}"); answer.StatusCode != http.StatusUnauthorized ||
			ana.cookies["access"] != access {
			t.Errorf("a refresh by eve's token beside ana's access token: %d %s, want 401", answer.StatusCode, body)
		}
		// What names nobody does not stand in the way.
		eve.fetchToken(t)
		eve.cookies["access"] = "nonsense"
		if answer, body := eve.send(t, "/auth/token/refresh/", "{}"); answer.StatusCode != http.StatusOK ||
			eve.me(t) != "eve@example.com" {
			t.Errorf("a refresh beside nonsense: %d %s, want 200", answer.StatusCode, body)
		}
	})
}

// TestAttackLogByHeaders has headers with secrets, or very long ones, refused: nothing of them is in the log.
func TestAttackLogByHeaders(t *testing.T) {
	for _, c := range []struct {
		name, word string
		headers    []string
	}{
		{"origin", "bad_origin", []string{"Origin: https://secret.example"}},
		{"page", "bad_referer", []string{"Referer: https://evil.example/reset/secret"}},
		{"page without TLS", "insecure_referer", []string{"Referer: http://shop.example/secret"}},
		{"no page", "no_referer", nil},
		{"malformed page", "malformed_referer", []string{"Referer: secret"}},
		{"another site", "foreign_site", []string{"Sec-Fetch-Site: cross-site"}},
		{"no cookie", "no_cookie", []string{"Referer: https://shop.example/", "Cookie: a=secret"}},
		{"bad cookie", "bad_cookie", []string{"Referer: https://shop.example/", "Cookie: csrftoken=secret"}},
		{"no token", "no_token", []string{"Referer: https://shop.example/", "Cookie: csrftoken=" +
			strings.Repeat("a", 32)}},
		{"bad token", "bad_token", []string{"Referer: https://shop.example/", "Cookie: csrftoken=" +
			strings.Repeat("a", 32), "X-CSRFToken: secret"}},
	} {
		s := openShop(t, speaking(core.V55, core.Secure, func(h *httpapi.Config) { h.BehindProxy = true }))
		s.ask(t, "POST", "/auth/login/", "", append(c.headers, "Host: shop.example")...)
		if log := s.record(t); !strings.Contains(log, `"csrf":"`+c.word+`"`) || strings.Contains(log, "secret") {
			t.Errorf("%s: the log has %s, want %s and no secret", c.name, log, c.word)
		}
	}
	s := openShop(t, nil)
	method := strings.Repeat("SECRET", 1000)
	s.ask(t, method, "/customers/open/", "")
	if log := s.record(t); !strings.Contains(log, `"method":"other"`) || strings.Contains(log, "SECRET") {
		t.Errorf("the log has the method: %s", log)
	}
}

// TestCallIsRecordedAsItsView, so that a log-in by the form for any request shows where log-ins are looked for.
func TestCallIsRecordedAsItsView(t *testing.T) {
	var mu sync.Mutex
	var seen []httpapi.Observation
	b := openShop(t, speaking(core.V55, core.Secure, func(h *httpapi.Config) {
		h.Observe = func(o httpapi.Observation) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, o)
		}
	})).browser()
	for _, path := range []string{"/auth/token/", "/nothing/"} {
		b.ask(t, "GET", "/auth/login/", "")
		form := url.Values{"csrfmiddlewaretoken": {b.token}, "path": {path}, "method": {"POST"},
			"content": {`{"email":"ana@example.com","password":"wrong"}`}}
		b.ask(t, "POST", pages.CallPath, form.Encode(), "Content-Type: application/x-www-form-urlencoded")
	}
	b.shop.Close() // every request is observed by then
	if len(seen) != 4 || !slices.ContainsFunc(seen, func(o httpapi.Observation) bool {
		return o.Route == "/auth/token/" && o.Code == core.NoActiveAccount
	}) ||
		!slices.ContainsFunc(seen, func(o httpapi.Observation) bool {
			return o.Route == pages.CallPath && o.Status == http.StatusNotFound
		}) {
		t.Errorf("observed %+v, want a log-in at /auth/token/, and a call for a path that is none", seen)
	}
}
