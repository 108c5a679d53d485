package httpapi_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// person is someone who looks at a shop with a browser, and keeps its cookies.
type person struct {
	*shop
	cookies map[string]string
}

func openPerson(t *testing.T, change func(*node.Config, *httpapi.Config)) *person {
	return &person{openShop(t, change), map[string]string{}}
}

// asPerson are the headers by which a browser says that a person opens a page.
var asPerson = []string{"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	"Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin"}

// open asks for a page, and posts a form if there is one.
func (b *person) open(t *testing.T, path string, form url.Values) (*http.Response, string) {
	t.Helper()
	method, headers := "GET", append([]string{}, asPerson...)
	if form != nil {
		method = "POST"
		headers = append(headers, "Content-Type: application/x-www-form-urlencoded", "Origin: "+b.URL)
	}
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	headers = append(headers, "Cookie: "+strings.Join(pairs, "; "))
	answer, body := b.ask(t, method, path, form.Encode(), headers...)
	for _, c := range answer.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return answer, body
}

var csrfInput = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`)

// token is the CSRF token of a page.
func token(t *testing.T, page string) string {
	t.Helper()
	found := csrfInput.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no CSRF token: %s", main(page))
	}
	return found[1]
}

// logIn logs ana in.
func (b *person) logIn(t *testing.T) {
	t.Helper()
	_, page := b.open(t, "/auth/login/", nil)
	answer, page := b.open(t, "/auth/login/", url.Values{"username": {"ana@example.com"}, "password": {"right"},
		"csrfmiddlewaretoken": {token(t, page)}})
	if answer.StatusCode != http.StatusFound {
		t.Fatalf("log-in: %d %s", answer.StatusCode, main(page))
	}
}

const djangosNotFound = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n" +
	"  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"

// TestPagesForPersonsAlone: programs get what the reference gives them where a person gets a page.
func TestPagesForPersonsAlone(t *testing.T) {
	s := openShop(t, nil)
	for _, path := range []string{"/", "/nothing/", "/accounts/profile/"} {
		for _, accept := range []string{"application/json", "*/*", ""} {
			if answer, body := s.ask(t, "GET", path, "", "Accept: "+accept); answer.StatusCode != http.StatusNotFound ||
				body != djangosNotFound {
				t.Errorf("GET %s with Accept %q = %d %s, want Django's page", path, accept, answer.StatusCode,
					main(body))
			}
		}
	}
	if answer, body := s.ask(t, "GET", "/nothing/", "",
		"Accept: text/html"); answer.StatusCode != http.StatusNotFound || body != djangosNotFound {
		t.Errorf("an unknown path without Sec-Fetch-Mode = %d %s, want Django's page", answer.StatusCode, main(body))
	}
	for _, header := range []string{"Sec-Fetch-Mode: navigate", "Upgrade-Insecure-Requests: 1"} {
		answer, body := s.ask(t, "GET", "/nothing/", "", "Accept: text/html,*/*;q=0.8", header)
		if answer.StatusCode != http.StatusNotFound ||
			!strings.Contains(body, "The requested resource was not found on this server.") ||
			!strings.Contains(body, "<style>") {
			t.Errorf("an unknown path for a person = %d %s", answer.StatusCode, main(body))
		}
		if strings.Contains(header, "Sec") != (answer.Header.Get("Content-Security-Policy") == pages.Policy()) &&
			answer.Header.Get("Content-Security-Policy") == "" {
			t.Error("the page has no policy")
		}
	}
	if answer, _ := s.ask(t, "GET", "/", "", "Accept: text/html"); answer.StatusCode != http.StatusFound ||
		answer.Header.Get("Location") != pages.IndexPath {
		t.Errorf("/ for a browser = %d to %q, want the start page", answer.StatusCode, answer.Header.Get("Location"))
	}
}

// TestPagesAreNotCachedNorFramed: attacks that need nothing but a page: a cache that keeps it for the next visitor, a
// frame around it.
func TestPagesAreNotCachedNorFramed(t *testing.T) {
	b := openPerson(t, nil)
	b.logIn(t)
	for _, path := range []string{
		"/accounts/profile/", "/auth/browse/", "/auth/token/explain/", "/auth/login/", "/customers/me/", "/auth/token/",
		"/customers/open/", "/customers/", "/nothing/",
	} {
		answer, _ := b.open(t, path, nil)
		h := answer.Header
		if h.Get("Content-Security-Policy") != pages.Policy() || h.Get("X-Frame-Options") != "DENY" ||
			h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: protection is missing: %v", path, h)
		}
		if !strings.Contains(h.Get("Cache-Control"), "no-store") || !strings.Contains(h.Get("Cache-Control"),
			"private") {
			t.Errorf("%s may be kept: Cache-Control %q", path, h.Get("Cache-Control"))
		}
		if path != "/nothing/" && !strings.Contains(h.Get("Vary"), "Cookie") {
			t.Errorf("%s: Vary %q lacks Cookie", path, h.Get("Vary"))
		}
		if h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s is %s", path, h.Get("Content-Type"))
		}
	}
}

func TestProfile(t *testing.T) {
	b := openPerson(t, nil)
	answer, _ := b.open(t, "/accounts/profile/", nil)
	if want := "/auth/login/?next=%2Faccounts%2Fprofile%2F"; answer.StatusCode != http.StatusFound ||
		answer.Header.Get("Location") != want {
		t.Errorf("profile of nobody = %d to %q, want %q", answer.StatusCode, answer.Header.Get("Location"), want)
	}
	b.logIn(t)
	answer, page := b.open(t, "/accounts/profile/", nil)
	if answer.StatusCode != http.StatusOK || !strings.Contains(page, "ana@example.com") ||
		!strings.Contains(page, "<h1>Ana</h1>") {
		t.Errorf("profile = %d %s", answer.StatusCode, main(page))
	}
	if n := strings.Count(page, ">Log out<"); n != 1 {
		t.Errorf("the profile has %d buttons to log out, want 1", n)
	}
	if answer, page = b.open(t, "/auth/logout/",
		url.Values{"csrfmiddlewaretoken": {token(t, page)}}); answer.StatusCode != http.StatusOK ||
		!strings.Contains(page, "Logged out") {
		t.Errorf("log-out = %d %s", answer.StatusCode, main(page))
	}
	if answer, _ = b.open(t, "/accounts/profile/", nil); answer.StatusCode != http.StatusFound {
		t.Errorf("profile after the log-out = %d", answer.StatusCode)
	}
}

// TestIndexListsEveryView, so that none is forgotten.
func TestIndexListsEveryView(t *testing.T) {
	b := openPerson(t, nil)
	_, page := b.open(t, pages.IndexPath, nil)
	for _, path := range httpapi.Paths(b.Config.Handler) {
		if !strings.Contains(page, `<a href="`+path+`">`) {
			t.Errorf("the start page has no link to %s", path)
		}
		answer, body := b.open(t, path, nil)
		if answer.StatusCode == http.StatusNotFound || !strings.Contains(body, "<h1>") ||
			!strings.Contains(body, ">"+path+"<") {
			t.Errorf("%s in a browser = %d %s", path, answer.StatusCode, main(body))
		}
	}
}

// TestIndexForNewcomers: the groups in which a newcomer looks, and commands that work where the page was found.
func TestIndexForNewcomers(t *testing.T) {
	b := openPerson(t, nil)
	_, page := b.open(t, pages.IndexPath, nil)
	contains(t, "start", page, []string{
		">Tokens</h2>", ">Customers</h2>", ">In a browser</h2>", "curl -s " + b.URL +
			"/auth/token/ -H &#x27;Content-Type: application/json&#x27;",
		"Authorization: Bearer ACCESS", `<a href="/auth/login/">Log in</a>`,
		"blacklists it: from then on it is refused.",
	}, []string{"rest_framework"})
	b.logIn(t)
	_, page = b.open(t, pages.IndexPath, nil)
	contains(t, "start of ana", page, []string{`<a href="/accounts/profile/">Your account</a>`}, nil)

	inCookies := openPerson(t, func(_ *node.Config, c *httpapi.Config) { c.TokenCookies.On = true })
	_, page = inCookies.open(t, pages.IndexPath, nil)
	// which would need the CSRF token
	contains(t, "start with tokens in cookies", page, []string{"/auth/csrf/"}, []string{"curl"})
}

// TestThrottledPages say in words how long to wait, and blame no field.
func TestThrottledPages(t *testing.T) {
	b := openPerson(t, func(_ *node.Config, c *httpapi.Config) {
		c.Now = func() time.Time { return time.Unix(1_800_000_000, 0) }
		c.Throttles = httpapi.Throttles{Login: throttle.Rate{Requests: 1, Period: time.Hour},
			Anon: throttle.Rate{Requests: 3, Period: 24 * time.Hour}}
	})
	_, page := b.open(t, "/auth/login/", nil)
	form := url.Values{"username": {"ana@example.com"}, "password": {"wrong"}, "csrfmiddlewaretoken": {token(t, page)}}
	b.open(t, "/auth/login/", form)
	answer, page := b.open(t, "/auth/login/", form)
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "3600" {
		t.Errorf("second log-in = %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	contains(t, "second log-in", page, []string{"Try again in 1 hour.", "<title>Error: Log in",
		`value="ana@example.com"`}, []string{"aria-invalid", "seconds", "notice bad"})

	answer, page = b.open(t, "/auth/token/", url.Values{"email": {"ana@example.com"}, "password": {"wrong"}})
	if answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("token form = %d", answer.StatusCode)
	}
	contains(t, "token form", page, []string{"Too many requests. Try again in 1 hour."}, []string{"aria-invalid"})

	answer, page = b.explain(t, url.Values{"token": {"nonsense"}})
	if answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("explain = %d", answer.StatusCode)
	}
	contains(t, "explain", page, []string{"Too many requests", "Try again in 24 hours."}, []string{"a while"})
}

// TestNodeWithoutPages: a node for programs alone has none, and answers browsers as programs.
func TestNodeWithoutPages(t *testing.T) {
	b := openPerson(t, func(_ *node.Config, c *httpapi.Config) { c.Browser.Off = true })
	for _, path := range []string{"/", "/accounts/profile/", "/auth/login/", "/auth/logout/", pages.IndexPath,
		pages.CallPath, pages.ExplainPath, pages.KeysPath} {
		if answer, _ := b.open(t, path, nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, answer.StatusCode)
		}
	}
	doc, _ := description(t, b.shop) // which is for programs
	if doc.Components.SecuritySchemes["session"] != nil {
		t.Error("sessions are described where there are none")
	}
	answer, body := b.open(t, "/customers/me/", nil)
	if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("a view = %d %s %s, want JSON", answer.StatusCode, answer.Header.Get("Content-Type"), main(body))
	}
	if answer, body = b.ask(t, "GET", "/customers/me/", "",
		"Accept: text/html"); answer.StatusCode != http.StatusNotAcceptable {
		t.Errorf("text/html alone = %d %s, want 406", answer.StatusCode, main(body))
	}
}

// TestHostileRequests puts HTML into what a page shows of a request.
func TestHostileRequests(t *testing.T) {
	b := openPerson(t, nil)
	for _, c := range []struct {
		path string
		form url.Values
	}{
		{"/customers/open/?x=<script>alert(1)</script>", nil},
		{"/auth/token/", url.Values{"email": {`"><script>alert(1)</script>`}, "password": {""}}},
		{"/auth/token/verify/", url.Values{"token": {"</textarea><script>alert(1)</script>"}}},
		{"/auth/login/?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E", nil},
	} {
		if _, page := b.open(t, c.path, c.form); strings.Contains(page, "<script") {
			t.Errorf("%s shows a script: %s", c.path, main(page))
		}
	}
}
