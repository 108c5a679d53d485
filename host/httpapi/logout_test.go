package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

// TestLogOutByAButton: in `secure` who follows a link to the log-out is asked, and nothing but the button logs out.
// In `exact` it is as recorded.
func TestLogOutByAButton(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		p := openPerson(t, speaking(version, wire, func(h *httpapi.Config) { h.Browser.LogoutRedirect = "/bye/" }))
		p.logIn(t)
		loggedIn := func() bool {
			answer, _ := p.open(t, "/customers/me/?format=json", nil)
			return answer.StatusCode == http.StatusOK
		}
		answer, page := p.open(t, "/auth/logout/?next=/a/", nil)
		if wire == core.Exact {
			want, in := http.StatusMethodNotAllowed, true
			if version == core.V52 {
				want, in = http.StatusFound, false
			}
			if answer.StatusCode != want || loggedIn() != in {
				t.Errorf("GET: %d, logged in %v; want %d, %v", answer.StatusCode, loggedIn(), want, in)
			}
			return
		}
		form := formIn(page)
		if answer.StatusCode != http.StatusOK ||
			!strings.Contains(page, `<button type="submit" class="wide">Log out</button>`) || form["next"] != "/a/" ||
			!strings.Contains(main(page), "ana@example.com") || !strings.Contains(answer.Header.Get("Cache-Control"),
			"no-store") {
			t.Fatalf("GET: %d %v %s", answer.StatusCode, answer.Header, main(page))
		}
		b := p.browser()
		b.cookies = p.cookies
		for _, c := range []struct {
			method string
			header string
			status int
		}{
			{"GET", "Accept: image/avif,image/webp,*/*;q=0.8", 405}, {"GET", "Accept: */*", 405},
			{"HEAD", "Accept: text/html", 200}, {"HEAD", "Accept: */*", 405},
			{"OPTIONS", "Accept: text/html", 200}, {"PUT", "Accept: text/html", 403}, {"DELETE", "Accept: text/html",
				403}, {"POST", "Accept: text/html", 403},
		} {
			if answer, _ := b.ask(t, c.method, "/auth/logout/", "", c.header); answer.StatusCode != c.status ||
				!loggedIn() {
				t.Errorf("%s with %s: %d, logged in %v; want %d and nothing else", c.method, c.header,
					answer.StatusCode, loggedIn(), c.status)
			}
		}
		if _, page := p.open(t, "/auth/logout/?next=//evil.example/", nil); formIn(page)["next"] != nil {
			t.Errorf("the page leads to another site: %v", formIn(page))
		}
		answer, _ = p.open(t, "/auth/logout/", url.Values{"csrfmiddlewaretoken": {token(t, page)}, "next": {"/a/"}})
		if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "/a/" || loggedIn() {
			t.Errorf("the button: %d to %q, logged in %v", answer.StatusCode, answer.Header.Get("Location"), loggedIn())
		}
		if answer, page := p.open(t, "/auth/logout/", nil); answer.StatusCode != http.StatusOK ||
			strings.Contains(main(page), "ana@example.com") {
			t.Errorf("nobody's: %d %s", answer.StatusCode, main(page))
		}
	})
}
