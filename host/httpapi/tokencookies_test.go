package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
)

// inCookies has a shop keep tokens in cookies.
func inCookies(h *httpapi.Config) { h.TokenCookies.On = true }

// app is a web application in a browser: it gets a CSRF token and sends it with all that it sends.
func (s *shop) app(t *testing.T) *tab {
	t.Helper()
	b := s.browser()
	b.fetchToken(t)
	return b
}

func (b *tab) fetchToken(t *testing.T) {
	t.Helper()
	answer, body := b.ask(t, "GET", "/auth/csrf/", "")
	token, ok := strings.CutPrefix(body, `{"csrftoken":"`)
	if answer.StatusCode != http.StatusOK || !ok || b.cookies["csrftoken"] == "" {
		t.Fatalf("CSRF token: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
	}
	b.token = strings.TrimSuffix(token, `"}`)
}

// send posts JSON with the CSRF token.
func (b *tab) send(t *testing.T, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	return b.ask(t, "POST", path, body, append(headers, "Content-Type: application/json", "X-CSRFToken: "+b.token)...)
}

// enter logs ana in with tokens in cookies, and gets the CSRF token anew, which the log-in changes.
func (b *tab) enter(t *testing.T) *http.Response {
	t.Helper()
	answer, body := b.send(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	if answer.StatusCode != http.StatusOK || body != "{}" || b.cookies["access"] == "" || b.cookies["refresh"] == "" {
		t.Fatalf("log-in: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
	}
	b.fetchToken(t)
	return answer
}

func TestTokensInCookies(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire, inCookies))
		b := s.app(t)
		if status := b.who(t); status != http.StatusUnauthorized {
			t.Errorf("before the log-in: %d, want 401", status)
		}
		b.enter(t)
		if status := b.who(t); status != http.StatusOK {
			t.Errorf("after the log-in: %d, want 200", status)
		}
		if answer, body := b.send(t, "/customers/me/", `{"a":1}`); answer.StatusCode != http.StatusOK ||
			answer.Header.Get("Vary") != "Accept, Cookie" {
			t.Errorf("POST with the CSRF token: %d %s, Vary %q", answer.StatusCode, body, answer.Header.Get("Vary"))
		}
		if answer, body := b.ask(t, "POST", "/customers/me/", "{}",
			"Content-Type: application/json"); answer.StatusCode != http.StatusForbidden ||
			!strings.Contains(body, "CSRF Failed") {
			t.Errorf("POST without it: %d %s, want 403", answer.StatusCode, body)
		}
		refresh := b.cookies["refresh"]
		delete(b.cookies, "access") // the browser dropped it when its time was over
		if answer, body := b.send(t, "/auth/token/refresh/", ""); answer.StatusCode != http.StatusOK || body != "{}" ||
			b.cookies["access"] == "" {
			t.Errorf("refresh: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
		}
		if answer, body := b.send(t, "/auth/token/verify/", "{}"); answer.StatusCode != http.StatusOK || body != "{}" {
			t.Errorf("verify: %d %s", answer.StatusCode, body)
		}
		answer, body := b.send(t, "/auth/token/blacklist/", "")
		if answer.StatusCode != http.StatusOK || body != "{}" || b.cookies["access"] != "" ||
			b.cookies["refresh"] != "" {
			t.Errorf("log-out: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
		}
		// The family is revoked, whoever kept the token.
		if answer, body := s.post(t, "/auth/token/refresh/",
			`{"refresh":"`+refresh+`"}`); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("refresh after the log-out: %d %s, want 401", answer.StatusCode, body)
		}
		if status := b.who(t); status != http.StatusUnauthorized {
			t.Errorf("after the log-out: %d, want 401", status)
		}
	})
}

// TestTokenCookiesAreProtected: nothing that a cookie authorises, and no log-in, goes without the CSRF token.
func TestTokenCookiesAreProtected(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		b := openShop(t, speaking(version, core.Secure, inCookies)).app(t)
		b.enter(t)
		access, refresh := b.cookies["access"], b.cookies["refresh"]
		for _, path := range []string{"/auth/token/", "/auth/token/refresh/", "/auth/token/verify/",
			"/auth/token/blacklist/"} {
			body := "{}"
			if path == "/auth/token/" {
				body = `{"email":"ana@example.com","password":"right"}`
			}
			for name, headers := range map[string][]string{
				"no token":       nil,
				"wrong token":    {"X-CSRFToken: " + strings.Repeat("x", 32)},
				"foreign origin": {"X-CSRFToken: " + b.token, "Origin: https://evil.example"},
				"sibling":        {"X-CSRFToken: " + b.token, "Sec-Fetch-Site: same-site"},
			} {
				answer, got := b.ask(t, "POST", path, body, append(headers, "Content-Type: application/json")...)
				if answer.StatusCode != http.StatusForbidden || !strings.HasPrefix(got, `{"detail":"CSRF Failed: `) {
					t.Errorf("%s, %s with %s: %d %s, want 403", version, path, name, answer.StatusCode, got)
				}
				if b.cookies["access"] != access || b.cookies["refresh"] != refresh {
					t.Fatalf("%s, %s with %s changed the cookies", version, path, name)
				}
			}
		}
	}
}

func TestTokenCookieAttributes(t *testing.T) {
	for name, c := range map[string]struct {
		cookies         browser.TokenCookies
		access, refresh string
	}{
		"plain": {browser.TokenCookies{}, "access=.; HttpOnly; Max-Age=.; Path=/; SameSite=Lax",
			"refresh=.; HttpOnly; Max-Age=.; Path=/auth/token/; SameSite=Lax"},
		"secure": {browser.TokenCookies{Access: browser.Cookie{Secure: true}, Refresh: browser.Cookie{Secure: true,
			SameSite: "Strict"}},
			"__Host-access=.; HttpOnly; Max-Age=.; Path=/; SameSite=Lax; Secure",
			"__Secure-refresh=.; HttpOnly; Max-Age=.; Path=/auth/token/; SameSite=Strict; Secure"},
		"for a domain": {browser.TokenCookies{Access: browser.Cookie{Secure: true, Domain: "shop.example"},
			Refresh: browser.Cookie{Name: "r"}},
			"__Secure-access=.; Domain=shop.example; HttpOnly; Max-Age=.; Path=/; SameSite=Lax; Secure",
			"r=.; HttpOnly; Max-Age=.; Path=/auth/token/; SameSite=Lax"},
	} {
		c.cookies.On = true
		b := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.TokenCookies = c.cookies }).app(t)
		set := func(answer *http.Response) (list []string) {
			for _, line := range answer.Header.Values("Set-Cookie") {
				if strings.HasPrefix(line, "csrftoken=") {
					continue
				}
				var parts []string
				for i, part := range strings.Split(line, "; ") {
					if strings.HasPrefix(part, "expires=") {
						continue
					}
					if key, _, _ := strings.Cut(part, "="); i == 0 || key == "Max-Age" {
						part = key + "=."
					}
					parts = append(parts, part)
				}
				list = append(list, strings.Join(parts, "; "))
			}
			return list
		}
		answer, _ := b.send(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
		if got := set(answer); len(got) != 2 || got[0] != c.refresh || got[1] != c.access {
			t.Errorf("%s: log-in sets %q, want %q and %q", name, got, c.refresh, c.access)
		}
		if control := answer.Header.Get("Cache-Control"); !strings.Contains(control, "no-store") {
			t.Errorf("%s: Cache-Control %q of an answer with tokens", name, control)
		}
		b.fetchToken(t)
		if answer, _ = b.send(t, "/auth/token/refresh/", ""); len(set(answer)) != 1 || set(answer)[0] != c.access {
			t.Errorf("%s: refresh sets %q, want %q", name, set(answer), c.access)
		}
		if answer, _ = b.send(t, "/auth/token/blacklist/", ""); len(set(answer)) != 2 || set(answer)[0] != c.access ||
			set(answer)[1] != c.refresh {
			t.Errorf("%s: log-out sets %q, want %q and %q", name, set(answer), c.access, c.refresh)
		}
		for _, cookie := range answer.Cookies() {
			if cookie.MaxAge >= 0 || cookie.Value != "" || !cookie.Expires.Before(time.Unix(1, 0)) {
				t.Errorf("%s: log-out sets %v, want it deleted", name, cookie)
			}
		}
	}
}

// TestLogOutClearsWhateverComes: a browser is logged out though its refresh token is of no use any more.
func TestLogOutClearsWhateverComes(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h) })
	for name, c := range map[string]struct {
		change func(b *tab)
		status int
	}{
		"no refresh token": {func(b *tab) { delete(b.cookies, "refresh") }, http.StatusBadRequest},
		"broken":           {func(b *tab) { b.cookies["refresh"] = "x.y.z" }, http.StatusUnauthorized},
		"revoked before": {func(b *tab) {
			s.post(t, "/auth/token/blacklist/", `{"refresh":"`+b.cookies["refresh"]+`"}`)
		}, http.StatusUnauthorized},
		"access token there": {func(b *tab) { b.cookies["refresh"] = b.cookies["access"] }, http.StatusUnauthorized},
	} {
		b := s.app(t)
		b.enter(t)
		c.change(b)
		if answer, body := b.send(t, "/auth/token/blacklist/", "{}"); answer.StatusCode != c.status ||
			b.cookies["access"] != "" || b.cookies["refresh"] != "" {
			t.Errorf("%s: %d %s, cookies %v; want %d and none", name, answer.StatusCode, body, b.cookies, c.status)
		}
	}
}

// TestTokenInBody: whoever sends a token in the body holds it already, and is answered in the body.
func TestTokenInBody(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h) })
	b := s.app(t)
	b.enter(t)
	refresh, access := b.cookies["refresh"], b.cookies["access"]
	answer, body := b.ask(t, "POST", "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`,
		"Content-Type: application/json")
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(body, `{"access":"`) || len(answer.Cookies()) != 0 {
		t.Errorf("refresh by the body: %d %s, cookies %v", answer.StatusCode, body, answer.Cookies())
	}
	if answer, body := b.ask(t, "POST", "/auth/token/verify/", `{"token":"nonsense"}`,
		"Content-Type: application/json"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("verify of a bad token in the body: %d %s, want 401", answer.StatusCode, body)
	}
	if answer, body := b.ask(t, "GET", "/customers/me/", "",
		"Authorization: Bearer nonsense"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a bad header beside the cookie: %d %s, want 401", answer.StatusCode, body)
	}
	b.cookies = map[string]string{}
	if answer, body := b.ask(t, "POST", "/customers/me/", "{}", "Content-Type: application/json",
		"Authorization: Bearer "+access); answer.StatusCode != http.StatusOK {
		t.Errorf("POST with a header: %d %s, want 200 without any CSRF token", answer.StatusCode, body)
	}
	if answer, body := b.ask(t, "POST", "/auth/token/refresh/", "[]",
		"Content-Type: application/json"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("refresh with a list: %d %s, want 400", answer.StatusCode, body)
	}
}

// TestBadAccessCookie: a cookie that names nobody is refused as a header would be, and is no session.
func TestBadAccessCookie(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h) })
	b := s.browser()
	b.logIn(t)
	b.cookies["access"] = "nonsense"
	answer, body := b.ask(t, "GET", "/customers/me/", "")
	if answer.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "token_not_valid") ||
		answer.Header.Get("Vary") != "Accept, Cookie" {
		t.Errorf("a bad access token in the cookie: %d %s, Vary %q", answer.StatusCode, body, answer.Header.Get("Vary"))
	}
}

// TestTokensWithoutCookies: by default a cookie with a token counts for nothing.
func TestTokensWithoutCookies(t *testing.T) {
	s := openShop(t, nil)
	refresh, access := s.login(t)
	b := s.browser()
	b.cookies["access"], b.cookies["refresh"] = access, refresh
	if status := b.who(t); status != http.StatusUnauthorized {
		t.Errorf("by the cookie: %d, want 401", status)
	}
	if answer, body := b.send(t, "/auth/token/refresh/", "{}"); answer.StatusCode != http.StatusBadRequest ||
		len(answer.Cookies()) != 0 {
		t.Errorf("refresh by the cookie: %d %s, want 400", answer.StatusCode, body)
	}
	if answer, _ := b.ask(t, "GET", "/auth/csrf/", ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("/auth/csrf/ = %d, want 404", answer.StatusCode)
	}
}

// TestCookiesForProgramsAlone: cookies work at a node without pages too.
func TestCookiesForProgramsAlone(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h); h.Browser.Off = true })
	b := s.app(t)
	b.enter(t)
	if status := b.who(t); status != http.StatusOK {
		t.Errorf("by the cookie: %d, want 200", status)
	}
}

// TestLogInAnswerBesideCookies: what is configured to be shown of the customer stands in the body, without tokens.
func TestLogInAnswerBesideCookies(t *testing.T) {
	email, err := claimmap.ParseField("email")
	if err != nil {
		t.Fatal(err)
	}
	b := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		inCookies(h)
		h.LoginAnswer = claimmap.Members{{Name: "email", Field: email}}
	}).app(t)
	if _, body := b.send(t, "/auth/token/",
		`{"email":"ana@example.com","password":"right"}`); body != `{"email":"ana@example.com"}` {
		t.Errorf("log-in: %s", body)
	}
}
