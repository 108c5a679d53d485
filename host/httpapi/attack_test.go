package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// TestAttackSessionFixation plants a session in a browser before its owner logs in: a made-up one, and one that the
// attacker has himself.
func TestAttackSessionFixation(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		if _, err := s.store.Add(t.Context(), store.NewCustomer{ID: core.Integer(8), Email: "eve@example.com",
			IsActive: true, PasswordHash: hashOf(t, "evil")}); err != nil {
			t.Fatal(err)
		}
		eve := s.browser()
		eve.logIn(t, "username=eve@example.com", "password=evil")
		for _, planted := range []string{eve.cookies["sessionid"], strings.Repeat("A", 43), "planted-session"} {
			ana := s.browser()
			ana.cookies["sessionid"] = planted
			ana.ask(t, "GET", "/auth/login/", "")
			ana.cookies["sessionid"] = planted
			before := ana.cookies["csrftoken"]
			answer, _ := ana.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right"})
			if answer.StatusCode != http.StatusFound || ana.cookies["sessionid"] == planted ||
				ana.cookies["csrftoken"] == before {
				t.Errorf("log-in over %q: %d, session and CSRF token are to be new: %v", planted, answer.StatusCode,
					ana.cookies)
			}
			thief := s.browser()
			thief.cookies["sessionid"] = planted
			if status := thief.who(t); status != http.StatusUnauthorized {
				t.Errorf("with the planted session %q: %d, want 401", planted, status)
			}
			if status := ana.who(t); status != http.StatusOK {
				t.Errorf("ana after the log-in: %d, want 200", status)
			}
		}
	})
}

// TestAttackSiblingDomain forges requests from a domain beside this one, which can set cookies here and so knows the
// CSRF secret.
func TestAttackSiblingDomain(t *testing.T) {
	const planted = "plantedplantedplantedplantedplan"
	forge := func(b *tab, path string, headers ...string) (*http.Response, string) {
		b.cookies["csrftoken"], b.token = planted, planted
		return b.submit(t, path, []string{"username=ana@example.com", "password=right", "a=1"}, headers...)
	}
	for _, version := range []core.Version{core.V55, core.V52} {
		b := openShop(t, speaking(version, core.Secure)).browser()
		b.logIn(t)
		for _, path := range []string{"/auth/login/", "/auth/logout/", "/customers/me/"} {
			for name, headers := range map[string][]string{
				"by its origin":         {"Origin: http://evil.127.0.0.1"},
				"by another port":       {"Origin: http://127.0.0.1:1"},
				"by no origin":          {"Origin: null"},
				"by a form of a frame":  {"Origin: null", "Sec-Fetch-Site: same-site"},
				"without a word":        {"Sec-Fetch-Site: same-site"},
				"from another site":     {"Sec-Fetch-Site: cross-site"},
				"by a scheme with less": {"Origin: https://127.0.0.1"},
			} {
				if answer, body := forge(b, path, headers...); answer.StatusCode != http.StatusForbidden {
					t.Errorf("%s, %s %s: %d %s, want 403", version, path, name, answer.StatusCode, body)
				}
				if status := b.who(t); status != http.StatusOK {
					t.Errorf("%s, %s %s: ana is logged out: %d", version, path, name, status)
				}
			}
		}
	}
	// The reference of version 5.2 does not look at the origin, and neither do we where it is spoken to the letter.
	b := openShop(t, speaking(core.V52, core.Exact)).browser()
	if answer, _ := forge(b, "/auth/login/", "Origin: http://evil.127.0.0.1"); answer.StatusCode != http.StatusFound {
		t.Errorf("5.2 to the letter: %d, want 302", answer.StatusCode)
	}
}

// TestAttackForgedOverTLS: over TLS the origin or else the page that a request comes from has to be this node's, or
// one that is trusted.
func TestAttackForgedOverTLS(t *testing.T) {
	const secret = "abcdefghijklmnopqrstuvwxyzabcdef"
	type visitor struct {
		*tab
		name  string
		older bool
	}
	var browsers []visitor
	for _, version := range []core.Version{core.V55, core.V52} {
		for _, behind := range []bool{true, false} {
			b := openShop(t, speaking(version, core.Exact, func(h *httpapi.Config) {
				h.BehindProxy = behind
				h.Browser.TrustedOrigins = []string{"https://*.trusted.example", "https://one.example:8443"}
			})).browser()
			if !behind {
				b.overTLS(t)
			}
			b.ask(t, "GET", "/auth/login/", "", "Host: shop.example")
			answer, body := b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right"},
				"Host: shop.example", "Origin: https://shop.example", "Referer: https://shop.example/")
			if answer.StatusCode != http.StatusFound {
				t.Fatalf("%s: log-in over TLS: %d %s", version, answer.StatusCode, body)
			}
			browsers = append(browsers, visitor{b, fmt.Sprintf("%s, behind a proxy %v", version, behind),
				version == core.V52})
		}
	}
	for _, c := range []struct {
		name    string
		headers []string
		now     string // the reason in 5.5; "" where it is taken
		older   string
	}{
		{"own origin and page", []string{"Origin: https://shop.example", "Referer: https://shop.example/x"}, "", ""},
		{"own page", []string{"Referer: https://shop.example/auth/login/"}, "", ""},
		{"trusted origin and page", []string{"Origin: https://www.trusted.example",
			"Referer: https://www.trusted.example/"}, "", ""},
		{"exact trusted origin", []string{"Origin: https://one.example:8443", "Referer: https://one.example:8443/"}, "",
			""},
		{"nothing", nil, "Referer checking failed - no Referer.", "Referer checking failed - no Referer."},
		{"malformed page", []string{"Referer: shop.example"}, "Referer checking failed - Referer is malformed.",
			"Referer checking failed - Referer is malformed."},
		{"page without TLS", []string{"Referer: http://shop.example/"},
			"Referer checking failed - Referer is insecure while host is secure.",
			"Referer checking failed - Referer is insecure while host is secure."},
		{"page of another site", []string{"Referer: https://evil.example/"},
			"Referer checking failed - https://evil.example/ does not match any trusted origins.",
			"Referer checking failed - https://evil.example/ does not match any trusted origins."},
		{"page of a domain with the same end", []string{"Referer: https://untrusted.example/"},
			"Referer checking failed - https://untrusted.example/ does not match any trusted origins.",
			"Referer checking failed - https://untrusted.example/ does not match any trusted origins."},
		{"origin without TLS", []string{"Origin: http://shop.example"},
			"Origin checking failed - http://shop.example does not match any trusted origins.",
			"Referer checking failed - no Referer."},
		{"trusted origin, another scheme", []string{"Origin: http://www.trusted.example"},
			"Origin checking failed - http://www.trusted.example does not match any trusted origins.",
			"Referer checking failed - no Referer."},
	} {
		for _, b := range browsers {
			b.cookies["csrftoken"] = secret
			reason := c.now
			if b.older {
				reason = c.older
			}
			answer, body := b.ask(t, "POST", "/customers/me/", "{}", append(c.headers, "Host: shop.example",
				"X-CSRFToken: "+secret, "Content-Type: application/json")...)
			if want := `{"detail":"CSRF Failed: ` + reason + `"}`; reason == "" && answer.StatusCode != http.StatusOK ||
				reason != "" && body != want {
				t.Errorf("%s, %s: %d %s, want %q", b.name, c.name, answer.StatusCode, body, reason)
			}
		}
	}
}

// overTLS has the shop of a browser answer over TLS from now on.
func (b *tab) overTLS(t *testing.T) {
	t.Helper()
	server := httptest.NewTLSServer(b.shop.Config.Handler)
	t.Cleanup(server.Close)
	b.shop.Server = server
}

// TestAttackLoginCSRF logs a browser in as the attacker, by a form on his page: he has his own CSRF cookie, but
// cannot set it here.
func TestAttackLoginCSRF(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire, func(h *httpapi.Config) { h.TokenCookies.On = true }))
		attacker := s.browser()
		attacker.ask(t, "GET", "/auth/login/", "")
		for name, cookies := range map[string]map[string]string{
			"no cookie":        {},
			"another's cookie": {"csrftoken": "victimvictimvictimvictimvictimvi"},
		} {
			victim := s.browser()
			victim.cookies, victim.token = cookies, attacker.token
			answer, page := victim.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right"})
			if answer.StatusCode != http.StatusForbidden || victim.cookies["sessionid"] != "" ||
				!strings.Contains(page, "CSRF verification failed. Request aborted.") {
				t.Errorf("%s: %d, cookies %v; want 403", name, answer.StatusCode, victim.cookies)
			}
			if strings.Contains(page, "cookie not set") || strings.Contains(page, "incorrect") {
				t.Errorf("%s: the page says why: %s", name, page)
			}
			answer, body := victim.ask(t, "POST", "/auth/token/",
				"email=ana%40example.com&password=right&csrfmiddlewaretoken="+attacker.token,
				"Content-Type: application/x-www-form-urlencoded")
			if answer.StatusCode != http.StatusForbidden || victim.cookies["access"] != "" ||
				strings.Contains(body, "access") {
				t.Errorf("%s: tokens in cookies: %d %s, cookies %v; want 403", name, answer.StatusCode, body,
					victim.cookies)
			}
		}
	})
}

// hostile are URLs that lead away, or run something, though they look as if they did not.
var hostile = []string{
	"//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\\evil.example`, `\/evil.example`,
	`/\/evil.example`,
	"http://evil.example/", "HTTPS://evil.example", "http:///evil.example", "http:evil.example", "http:/evil.example",
	`http:\\evil.example`,
	"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x",
	"ftp://127.0.0.1/",
	"\t//evil.example", "\x00//evil.example", "\u200b//evil.example", "//evil.example:80", "//127.0.0.1@evil.example",
	`//127.0.0.1\@evil.example`,
	"http://127.0.0.1:80@evil.example/", "http://[::1]/", "http://[", "//evil.example／x",
	"https://127.0.0.1.evil.example/",
}

// TestAttackOpenRedirect gives the pages hostile URLs to go to, in the form and in the query.
func TestAttackOpenRedirect(t *testing.T) {
	t.Parallel()
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		for _, target := range hostile {
			for _, path := range []string{"/auth/login/", "/auth/login/?next=" + url.QueryEscape(target)} {
				b := s.browser()
				_, page := b.ask(t, "GET", path, "")
				if next, _ := formIn(page)["next"].(string); next != "" {
					t.Errorf("the page at %s would go to %q", path, next)
				}
				fields := []string{"username=ana@example.com", "password=right"}
				if path == "/auth/login/" {
					fields = append(fields, "next="+target)
				}
				answer, _ := b.submit(t, path, fields)
				if got := answer.Header.Get("Location"); got != "/accounts/profile/" {
					t.Errorf("log-in with %q leads to %q", target, got)
				}
				b.ask(t, "GET", "/auth/login/", "")
				answer, _ = b.submit(t, "/auth/logout/", []string{"next=" + target})
				if got := answer.Header.Get("Location"); got != "" && got != "/auth/logout/" {
					t.Errorf("log-out with %q leads to %q", target, got)
				}
			}
		}
	})
}

// TestAttackHeaderInjection has line ends in what becomes a header.
func TestAttackHeaderInjection(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		for _, next := range []string{"/a\r\nSet-Cookie: evil=1", "/a\nX-Evil: 1", "/a%0d%0aX-Evil: 1",
			"/\r\n\r\n<script>", "/a\x00b", "/é\u2028"} {
			b := s.browser()
			answer := b.logIn(t, "next="+next)
			location := answer.Header.Get("Location")
			if !strings.HasPrefix(location, "/") || strings.ContainsAny(location, "\r\n\x00 <") ||
				answer.Header.Get("X-Evil") != "" || b.cookies["evil"] != "" {
				t.Errorf("next %q: Location %q, headers %v", next, location, answer.Header)
			}
		}
		b := s.browser()
		b.cookies["csrftoken"], b.cookies["sessionid"] = `"a\015\012X-Evil: 1"`, `"\015\012X-Evil: 1"`
		for _, path := range []string{"/auth/login/", "/customers/me/"} {
			if answer, _ := b.ask(t, "GET", path, ""); answer.Header.Get("X-Evil") != "" {
				t.Errorf("%s: a cookie made a header: %v", path, answer.Header)
			}
		}
	})
}

// TestAttackCachedPage looks for what the next person at the same machine, or behind the same proxy, could be shown.
func TestAttackCachedPage(t *testing.T) {
	s := openShop(t, speaking(core.V55, core.Secure, func(h *httpapi.Config) { h.TokenCookies.On = true }))
	b := s.browser()
	kept := func(answer *http.Response) bool {
		return !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") ||
			!strings.Contains(answer.Header.Get("Vary"), "Cookie")
	}
	if answer := b.logIn(t); kept(answer) {
		t.Errorf("the log-in may be kept: %v", answer.Header)
	}
	for _, path := range []string{"/auth/login/", "/accounts/profile/", "/customers/me/", "/customers/me/?format=api",
		"/auth/csrf/"} {
		answer, body := b.ask(t, "GET", path, "", "Accept: text/html,*/*")
		if answer.StatusCode != http.StatusOK || kept(answer) {
			t.Errorf("%s = %d %.60s with Cache-Control %q, Vary %q", path, answer.StatusCode, body,
				answer.Header.Get("Cache-Control"), answer.Header.Get("Vary"))
		}
	}
	if answer, _ := b.submit(t, "/auth/logout/", nil); kept(answer) {
		t.Errorf("the log-out may be kept: %v", answer.Header)
	}
	if answer, body := b.ask(t, "GET", "/accounts/profile/", "", "Accept: text/html"); strings.Contains(body,
		"ana@example.com") || answer.StatusCode == http.StatusOK {
		t.Errorf("the profile after the log-out: %d %s", answer.StatusCode, body)
	}
}

// TestAttackClickjacking: no page, and no answer of the API, lets itself be framed.
func TestAttackClickjacking(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		b := openShop(t, speaking(version, wire)).browser()
		b.logIn(t)
		for _, ask := range []string{
			"GET /auth/login/", "POST /auth/login/", "PUT /auth/login/", "GET /auth/logout/", "GET /accounts/profile/",
			"GET /auth/browse/",
			"GET /auth/token/explain/", "GET /customers/me/?format=api", "GET /customers/me/", "GET /nothing/",
			"GET /auth/token/?format=api",
		} {
			method, path, _ := strings.Cut(ask, " ")
			answer, _ := b.ask(t, method, path, "", "Accept: text/html,*/*")
			if answer.Header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: X-Frame-Options %q, want DENY", ask, answer.Header.Get("X-Frame-Options"))
			}
			isPage := strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html")
			if policy := answer.Header.Get("Content-Security-Policy"); isPage &&
				!strings.Contains(policy, "frame-ancestors 'none'") {
				t.Errorf("%s: Content-Security-Policy %q, want no frames", ask, policy)
			}
		}
	})
}

// TestSessionEndsOverHTTP: a new password, disabling and removal end the sessions that there are.
func TestSessionEndsOverHTTP(t *testing.T) {
	for name, end := range map[string]func(s *shop) error{
		"password changed": func(s *shop) error {
			return s.store.SetPassword(t.Context(), core.Integer(7), hashOf(t, "another"))
		},
		"disabled":   func(s *shop) error { return s.store.SetActive(t.Context(), core.Integer(7), false) },
		"removed":    func(s *shop) error { return s.store.Remove(t.Context(), core.Integer(7), 0) },
		"logged out": func(s *shop) error { return s.store.Revoke(t.Context(), core.Integer(7)) },
	} {
		b := openShop(t, nil).browser()
		b.logIn(t)
		if status := b.who(t); status != http.StatusOK {
			t.Fatalf("before: %d", status)
		}
		if err := end(b.shop); err != nil {
			t.Fatal(err)
		}
		if status := b.who(t); status != http.StatusUnauthorized || b.cookies["sessionid"] != "" {
			t.Errorf("%s: %d, cookies %v; want 401 and no session", name, status, b.cookies)
		}
	}
}

// TestSecretsStayOutOfTheLog: neither session nor CSRF secrets nor passwords are recorded.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.TokenCookies.On = true })
	b := s.browser()
	b.ask(t, "GET", "/auth/login/", "")
	b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=not-that-secret"})
	b.logIn(t)
	b.who(t)
	b.ask(t, "POST", "/customers/me/", "{}", "Content-Type: application/json")
	b.ask(t, "POST", "/auth/token/", `{"email":"ana@example.com","password":"right"}`, "Content-Type: application/json",
		"X-CSRFToken: "+b.cookies["csrftoken"])
	log := s.record(t)
	secrets := []string{"not-that-secret", b.token}
	for _, value := range b.cookies {
		secrets = append(secrets, value)
	}
	for _, secret := range secrets {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log holds %.20q", secret)
		}
	}
	if !strings.Contains(log, `"code":"no_active_account"`) || !strings.Contains(log, `"route":"/auth/login/"`) {
		t.Errorf("the log does not say how log-ins ended: %s", log)
	}
}

// TestNoEntropyNoPages: without entropy there are no CSRF secrets, and so no forms.
func TestNoEntropyNoPages(t *testing.T) {
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		n.Rand = strings.NewReader("short")
	})
	if answer, _ := s.ask(t, "GET", "/auth/login/", ""); answer.StatusCode != http.StatusInternalServerError ||
		len(answer.Cookies()) != 0 {
		t.Errorf("the page without entropy: %d, cookies %v; want 500", answer.StatusCode, answer.Cookies())
	}
}
