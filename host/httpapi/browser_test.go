package httpapi_test

import (
	"maps"
	"net/http"
	"net/url"
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

// tab is a browser: it keeps cookies between requests, and the CSRF token of the last page. It sends the headers that a
// test gives it; person sends those of somebody who opens a page.
type tab struct {
	shop    *shop
	cookies map[string]string
	token   string
}

func (s *shop) browser() *tab { return &tab{shop: s, cookies: map[string]string{}} }

// ask sends a request with the cookies, and keeps those of the answer.
func (b *tab) ask(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	var cookies []string
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		cookies = append(cookies, name+"="+b.cookies[name])
	}
	if len(cookies) > 0 {
		headers = append([]string{"Cookie: " + strings.Join(cookies, "; ")}, headers...)
	}
	answer, text := b.shop.ask(t, method, path, body, headers...)
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	if token, ok := formIn(text)["csrfmiddlewaretoken"].(string); ok {
		b.token = token
	}
	return answer, text
}

// submit posts a form, "name=value" each, with the CSRF token.
func (b *tab) submit(t *testing.T, path string, fields []string, headers ...string) (*http.Response, string) {
	t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {b.token}}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		form.Set(name, value)
	}
	return b.ask(t, "POST", path, form.Encode(), append(headers, "Content-Type: application/x-www-form-urlencoded")...)
}

// logIn opens the page and logs ana in.
func (b *tab) logIn(t *testing.T, fields ...string) *http.Response {
	t.Helper()
	b.ask(t, "GET", "/auth/login/", "")
	answer, body := b.submit(t, "/auth/login/", append([]string{"username=ana@example.com", "password=right"},
		fields...))
	if answer.StatusCode != http.StatusFound || b.cookies["sessionid"] == "" {
		t.Fatalf("log-in: %d %s", answer.StatusCode, body)
	}
	return answer
}

// who is the status of a view that only customers may call.
func (b *tab) who(t *testing.T) int {
	t.Helper()
	answer, _ := b.ask(t, "GET", "/customers/me/", "")
	return answer.StatusCode
}

// bothVersions runs a test in both versions, with each wire.
func bothVersions(t *testing.T, test func(t *testing.T, version core.Version, wire core.Wire)) {
	for _, version := range []core.Version{core.V55, core.V52} {
		for _, wire := range []core.Wire{core.Secure, core.Exact} {
			t.Run(string(version)+"/"+wireName(wire), func(t *testing.T) { test(t, version, wire) })
		}
	}
}

func wireName(wire core.Wire) string {
	if wire == core.Secure {
		return "secure"
	}
	return "exact"
}

// speaking sets version and wire of a shop.
func speaking(version core.Version, wire core.Wire, more ...func(*httpapi.Config)) func(*node.Config, *httpapi.Config) {
	return func(n *node.Config, h *httpapi.Config) {
		n.Settings.Compat, n.Settings.Wire = version, wire
		for _, change := range more {
			change(h)
		}
	}
}

func TestLogInLookLogOut(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		b := openShop(t, speaking(version, wire)).browser()
		if status := b.who(t); status != http.StatusUnauthorized || len(b.cookies) != 0 {
			t.Errorf("before the log-in: %d with cookies %v, want 401 and none", status, b.cookies)
		}
		if answer := b.logIn(t, "next=/customers/me/?x=1"); answer.Header.Get("Location") != "/customers/me/?x=1" {
			t.Errorf("log-in leads to %q", answer.Header.Get("Location"))
		}
		if status := b.who(t); status != http.StatusOK {
			t.Errorf("after the log-in: %d, want 200", status)
		}
		secret := b.cookies["sessionid"]
		_, page := b.ask(t, "GET", "/auth/login/", "")
		if !strings.Contains(page, "ana@example.com") {
			t.Error("the log-in page does not say who is logged in")
		}
		answer, page := b.submit(t, "/auth/logout/", nil)
		if answer.StatusCode != http.StatusOK || !strings.Contains(page, "Logged out") || b.cookies["sessionid"] != "" {
			t.Errorf("log-out: %d, cookies %v; want a page and no session", answer.StatusCode, b.cookies)
		}
		// The session is gone on the server too.
		b.cookies["sessionid"] = secret
		if status := b.who(t); status != http.StatusUnauthorized {
			t.Errorf("with the old session: %d, want 401", status)
		}
		if b.cookies["sessionid"] != "" {
			t.Error("the cookie of a session that has ended is not deleted")
		}
	})
}

func TestLogOutLeads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path, field, setting string
		now, older                   string // Location in 5.5 and in 5.2; "": none
	}{
		{"POST", "/auth/logout/", "", "", "", ""},
		{"POST", "/auth/logout/", "", "/bye/", "/bye/", "/bye/"},
		{"POST", "/auth/logout/", "next=/a/", "/bye/", "/a/", "/a/"},
		{"POST", "/auth/logout/?next=/b/", "", "", "/b/", "/b/"},
		{"POST", "/auth/logout/?next=/b/", "next=/a/", "", "/a/", "/a/"},
		{"POST", "/auth/logout/", "next=//evil.example", "", "", "/auth/logout/"},
		{"POST", "/auth/logout/", "next=//evil.example", "/bye/", "/bye/", "/auth/logout/"},
		{"POST", "/auth/logout/?x=1", "", "", "/auth/logout/", ""},
		{"GET", "/auth/logout/?next=/b/", "", "", "", "/b/"},
		{"OPTIONS", "/auth/logout/?next=/b/", "", "", "", "/b/"},
	} {
		for version, want := range map[core.Version]string{core.V55: c.now, core.V52: c.older} {
			b := openShop(t, speaking(version, core.Exact, func(h *httpapi.Config) {
				h.Browser.LogoutRedirect = c.setting
			})).browser()
			b.logIn(t)
			b.ask(t, "GET", "/auth/login/", "")
			var answer *http.Response
			if c.method == "POST" {
				answer, _ = b.submit(t, c.path, []string{c.field})
			} else {
				answer, _ = b.ask(t, c.method, c.path, "")
			}
			if got := answer.Header.Get("Location"); got != want {
				t.Errorf("%s: %s %s %s with LOGOUT_REDIRECT_URL %q: %d to %q, want %q", version, c.method, c.path,
					c.field, c.setting, answer.StatusCode, got, want)
			}
			if out := b.who(t) == http.StatusUnauthorized; out != (c.method == "POST" || version == core.V52) {
				t.Errorf("%s: %s %s: logged out %v", version, c.method, c.path, out)
			}
		}
	}
}

func TestLogInFormSaysWhatIsWrong(t *testing.T) {
	s := openShop(t, nil)
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"wrong password", []string{"username=ana@example.com", "password=x"},
			"Please enter a correct email address and password. Note that both fields may be case-sensitive."},
		{"unknown", []string{"username=nobody@example.com", "password=right"},
			"Please enter a correct email address and password."},
		{"padded password", []string{"username=ana@example.com", "password= right"},
			"Please enter a correct email address and password."},
		{"nothing", nil, "This field is required."},
		{"spaces", []string{"username=   ", "password=x"}, "This field is required."},
		{"null in the address", []string{"username=a\x00", "password=x"}, "Null characters are not allowed."},
		{"null in the password", []string{"username=ana@example.com", "password=\x00"},
			"Null characters are not allowed."},
	} {
		b := s.browser()
		b.ask(t, "GET", "/auth/login/", "")
		answer, page := b.submit(t, "/auth/login/", append(c.fields, "next=/a/"))
		if answer.StatusCode != http.StatusOK || !strings.Contains(page, c.want) || b.cookies["sessionid"] != "" {
			t.Errorf("%s: %d without %q, cookies %v", c.name, answer.StatusCode, c.want, b.cookies)
		}
		if form := formIn(page); form["next"] != "/a/" {
			t.Errorf("%s: the page forgets where to go: %v", c.name, form)
		}
	}
}

func TestSessionCookie(t *testing.T) {
	for name, c := range map[string]struct {
		change        func(*httpapi.Config)
		session, csrf string // what the headers must have
		lacks         string
	}{
		"defaults": {func(*httpapi.Config) {}, "HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
			"Max-Age=31449600; Path=/; SameSite=Lax", "Secure"},
		"secure": {func(h *httpapi.Config) { h.Browser.Session.Secure, h.Browser.CSRF.Secure = true, true },
			"SameSite=Lax; Secure", "SameSite=Lax; Secure", "Domain"},
		"all": {func(h *httpapi.Config) {
			h.Browser.Session = browser.Cookie{Name: "sessionid", Domain: "shop.example", Path: "/x",
				SameSite: "Strict"}
			h.Browser.CSRF = browser.Cookie{Domain: ".example", SameSite: "None", Secure: true}
		}, "sessionid=", "Domain=.example", "Secure; Secure"},
	} {
		b := openShop(t, func(_ *node.Config, h *httpapi.Config) { c.change(h) }).browser()
		cookies := strings.Join(b.logIn(t).Header.Values("Set-Cookie"), "\n")
		if !strings.Contains(cookies, c.session) || !strings.Contains(cookies, c.csrf) ||
			strings.Contains(cookies, c.lacks) {
			t.Errorf("%s: cookies %s; want %q and %q and no %q", name, cookies, c.session, c.csrf, c.lacks)
		}
	}
	// A Django on the same host keeps its own cookies.
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.Browser.Session.Name, h.Browser.CSRF.Name = "tokens_session", "tokens_csrf"
	})
	b := s.browser()
	b.cookies["sessionid"], b.cookies["csrftoken"] = "theirs-and-long-enough", "theirs"
	b.ask(t, "GET", "/auth/login/", "")
	answer, _ := b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right"})
	if answer.StatusCode != http.StatusFound || b.cookies["tokens_session"] == "" ||
		b.cookies["sessionid"] != "theirs-and-long-enough" || b.cookies["csrftoken"] != "theirs" {
		t.Errorf("with other names: %d, cookies %v", answer.StatusCode, b.cookies)
	}
}

// TestUselessSessionCookies: a session cookie of no session logs nobody in, and is deleted.
func TestUselessSessionCookies(t *testing.T) {
	s := openShop(t, nil)
	for _, value := range []string{"x", "0123456789abcdef0123456789abcdef", strings.Repeat("A", 43), `"quoted value"`,
		"é", strings.Repeat("x", 5000)} {
		b := s.browser()
		b.cookies["sessionid"] = value
		answer, body := b.ask(t, "GET", "/customers/me/", "")
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("Vary") != "Accept, Cookie" ||
			len(b.cookies) != 0 {
			t.Errorf("session %.20q: %d %s, Vary %q, cookies %v", value, answer.StatusCode, body,
				answer.Header.Get("Vary"), b.cookies)
		}
	}
}

// TestSessionCSRF: a POST that a session authorises needs a CSRF token. Each version refuses in its own words.
func TestSessionCSRF(t *testing.T) {
	t.Parallel()
	const json = "Content-Type: application/json"
	for _, c := range []struct {
		name       string
		change     func(b *tab) []string // headers to add
		body       string
		status     int
		now, older string // detail
	}{
		{"no cookie", func(b *tab) []string {
			delete(b.cookies, "csrftoken")
			return nil
		}, "{}", 403, "CSRF cookie not set.", "CSRF cookie not set."},
		{"no token", func(*tab) []string {
			return nil
		}, "{}", 403, "CSRF token missing.", "CSRF token missing or incorrect."},
		{"short token", func(*tab) []string { return []string{"X-CSRFToken: x"} }, "{}", 403,
			"CSRF token from the 'X-Csrftoken' HTTP header has incorrect length.", "CSRF token missing or incorrect."},
		{"token of other characters", func(*tab) []string {
			return []string{"X-CSRFToken: " + strings.Repeat("-", 32)}
		}, "{}", 403,
			"CSRF token from the 'X-Csrftoken' HTTP header has invalid characters.",
			"CSRF token missing or incorrect."},
		{"another token", func(*tab) []string { return []string{"X-CSRFToken: " + strings.Repeat("x", 64)} }, "{}", 403,
			"CSRF token from the 'X-Csrftoken' HTTP header incorrect.", "CSRF token missing or incorrect."},
		{"broken cookie", func(b *tab) []string {
			b.cookies["csrftoken"] = "x"
			return []string{"X-CSRFToken: x"}
		}, "{}", 403,
			"CSRF cookie has incorrect length.", "CSRF token missing or incorrect."},
		{"another token in the form", func(*tab) []string {
			return []string{"Content-Type: application/x-www-form-urlencoded"}
		}, "csrfmiddlewaretoken=" + strings.Repeat("x", 64), 403,
			"CSRF token from POST incorrect.", "CSRF token missing or incorrect."},
		{"body that cannot be read", func(*tab) []string { return nil }, "{", 400, "", ""},
		{"cookie as token", func(b *tab) []string {
			return []string{"X-CSRFToken: " + b.cookies["csrftoken"]}
		}, "{}", 200, "", ""},
		{"token of a page", func(b *tab) []string { return []string{"X-CSRFToken: " + b.token} }, "{}", 200, "", ""},
		{"cookie of the other version", func(b *tab) []string {
			b.cookies["csrftoken"] = strings.Repeat("c", 32) + strings.Repeat("d", 32)
			return []string{"X-CSRFToken: " + strings.Repeat("b", 32)}
		}, "{}", 200, "", ""},
	} {
		for version, detail := range map[core.Version]string{core.V55: c.now, core.V52: c.older} {
			b := openShop(t, speaking(version, core.Exact)).browser()
			b.logIn(t)
			b.ask(t, "GET", "/auth/login/", "")
			headers := append([]string{json}, c.change(b)...)
			answer, body := b.ask(t, "POST", "/customers/me/", c.body, headers...)
			if answer.StatusCode != c.status || detail != "" && body != `{"detail":"CSRF Failed: `+detail+`"}` {
				t.Errorf("%s, %s: %d %s, want %d %s", version, c.name, answer.StatusCode, body, c.status, detail)
			}
			if answer.Header.Get("WWW-Authenticate") != "" && c.status == 403 {
				t.Errorf("%s, %s: a 403 asks for authentication", version, c.name)
			}
		}
	}
}

// TestFormAuthorisesByItself: a form may carry the CSRF token itself. The view receives the field too, as in the
// reference.
func TestFormAuthorisesByItself(t *testing.T) {
	b := openShop(t, nil).browser()
	b.logIn(t)
	b.ask(t, "GET", "/auth/login/", "")
	answer, body := b.submit(t, "/customers/me/", []string{"a=1"})
	if answer.StatusCode != http.StatusOK || !strings.Contains(body, `"a":"1"`) ||
		!strings.Contains(body, `"csrfmiddlewaretoken":"`) {
		t.Errorf("a form with its token: %d %s", answer.StatusCode, body)
	}
}

// TestTokenDecides: where there is a header, the session counts for nothing.
func TestTokenDecides(t *testing.T) {
	s := openShop(t, nil)
	b := s.browser()
	b.logIn(t)
	if answer, body := b.ask(t, "GET", "/customers/me/", "",
		"Authorization: Bearer nonsense"); answer.StatusCode != http.StatusUnauthorized ||
		answer.Header.Get("Vary") != "Accept" {
		t.Errorf("a bad token beside a session: %d %s, Vary %q", answer.StatusCode, body, answer.Header.Get("Vary"))
	}
	if answer, _ := b.ask(t, "GET", "/customers/me/", "",
		"Authorization: Basic x"); answer.StatusCode != http.StatusOK {
		t.Errorf("another scheme beside a session: %d, want 200", answer.StatusCode)
	}
	_, access := s.login(t)
	if answer, _ := b.ask(t, "POST", "/customers/me/", "{}", "Authorization: Bearer "+access,
		"Content-Type: application/json"); answer.StatusCode != http.StatusOK {
		t.Errorf("a token beside a session needs a CSRF token: %d", answer.StatusCode)
	}
}

func TestThrottledLogInPage(t *testing.T) {
	rate := throttle.Rate{Requests: 1, Period: time.Minute}
	for name, throttles := range map[string]httpapi.Throttles{"login": {Login: rate}, "account": {Account: rate}} {
		b := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.Throttles = throttles }).browser()
		b.ask(t, "GET", "/auth/login/", "")
		b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=wrong"})
		answer, page := b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right"})
		if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" ||
			!strings.Contains(page, "Too many attempts to log in. Try again in ") || b.cookies["sessionid"] != "" {
			t.Errorf("%s: the second log-in: %d, cookies %v", name, answer.StatusCode, b.cookies)
		}
		if api, _ := b.shop.post(t, "/auth/token/",
			`{"email":"ana@example.com","password":"right"}`); api.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%s: a log-in by the API after those by the page: %d, want 429", name, api.StatusCode)
		}
	}
}

func TestLogInPageWithoutStore(t *testing.T) {
	b := openShop(t, nil).browser()
	b.logIn(t)
	if err := b.shop.store.Close(); err != nil {
		t.Fatal(err)
	}
	if answer, _ := b.ask(t, "GET", "/auth/login/", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("the page without a store: %d, want 200", answer.StatusCode)
	}
	answer, page := b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right"})
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" ||
		!strings.Contains(page, "try again later") {
		t.Errorf("a log-in without a store: %d", answer.StatusCode)
	}
	if status := b.who(t); status != http.StatusServiceUnavailable || b.cookies["sessionid"] == "" {
		t.Errorf("a session without a store: %d, cookies %v; want 503 and the cookie kept", status, b.cookies)
	}
	if answer, _ := b.submit(t, "/auth/logout/", nil); answer.StatusCode != http.StatusServiceUnavailable ||
		b.cookies["sessionid"] == "" {
		t.Errorf("a log-out without a store: %d, cookies %v; want 503: the session has not ended", answer.StatusCode,
			b.cookies)
	}
}

// TestBrowserOff: a node for programs alone has no pages, and takes no session for anything.
func TestBrowserOff(t *testing.T) {
	s := openShop(t, nil)
	b := s.browser()
	b.logIn(t)
	without := openShop(t, func(n *node.Config, h *httpapi.Config) { n.Store, h.Browser.Off = s.store, true })
	b.shop = without
	if status := b.who(t); status != http.StatusUnauthorized || b.cookies["sessionid"] == "" {
		t.Errorf("a session at a node without pages: %d, cookies %v; want 401 and the cookies as they were", status,
			b.cookies)
	}
	for _, path := range []string{"/auth/login/", "/auth/logout/", "/accounts/profile/", "/auth/browse/",
		"/auth/csrf/"} {
		if answer, _ := b.ask(t, "GET", path, "", "Accept: text/html"); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, answer.StatusCode)
		}
	}
	if answer, body := b.ask(t, "GET", "/customers/me/", "",
		"Accept: text/html,*/*;q=0.8"); answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("what a browser is shown: %q %s, want JSON", answer.Header.Get("Content-Type"), body)
	}
	if _, access := without.login(t); access == "" {
		t.Error("no log-in by the API")
	}
}

// TestProgramsDoNoCookieWork: pages and tokens in cookies are on, and still a call without cookies asks package browser
// for nothing, whatever the answer.
func TestProgramsDoNoCookieWork(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.TokenCookies.On = true })
	httpapi.ForbidCookieWork(s.Config.Handler)
	const access = "Authorization: Bearer x"
	for _, c := range []struct {
		method, path, body, header string
		status                     int
	}{
		{"POST", "/auth/token/refresh/", `{"refresh":"x"}`, "", 401},
		{"POST", "/auth/token/verify/", `{"token":"x"}`, "", 401},
		{"POST", "/auth/token/blacklist/", `{"refresh":"x"}`, "", 401},
		{"POST", "/auth/token/verify/", `{`, "", 400},
		{"GET", "/customers/me/", "", access, 401},
		{"GET", "/customers/me/", "", "", 401},
		{"OPTIONS", "/auth/token/", "", "", 200},
		{"GET", "/customers/me", "", "", 301},
		{"GET", "/nowhere/", "", "", 404},
		{"GET", "/openapi.json", "", "", 200},
		{"GET", "/auth/check/", "", access, 401},
		{"GET", "/auth/check/", "", "", 401},
		// A browser's calls do cookie work, and so fail here: the test can find it.
		{"GET", "/customers/me/", "", "Cookie: a=b", 500},
		{"POST", "/auth/token/", `{"email":"ana@example.com","password":"right"}`, "", 500},
	} {
		headers := []string{"Content-Type: application/json"}
		if c.header != "" {
			headers = append(headers, c.header)
		}
		if answer, body := s.ask(t, c.method, c.path, c.body, headers...); answer.StatusCode != c.status {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.header, answer.StatusCode, body, c.status)
		}
	}
}
