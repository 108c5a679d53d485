package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

// TestPlainPage has what Django's plain pages for 400 carry of a browser's visit.
func TestPlainPage(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		t.Run(string(version), func(t *testing.T) {
			s := openShop(t, speaking(version, core.Exact, func(h *httpapi.Config) {
				h.AllowedHosts = []string{"127.0.0.1"}
			}))

			// A tab in the scheme hides it from Django 3.2 until it redirects; 5.2 finds the URL unsafe at once, and
			// leads elsewhere.
			b := s.browser()
			b.ask(t, "GET", "/auth/login/", "")
			answer, _ := b.submit(t, "/auth/login/", []string{"username=ana@example.com", "password=right",
				"next=java\tscript:alert(1)"})
			status, location, kept := http.StatusFound, "/accounts/profile/",
				"max-age=0, no-cache, no-store, must-revalidate, private"
			if version == core.V52 {
				status, location, kept = http.StatusBadRequest, "", ""
			}
			if answer.StatusCode != status || answer.Header.Get("Location") != location ||
				answer.Header.Get("Cache-Control") != kept || b.cookies["sessionid"] == "" {
				t.Errorf("log-in with a script as next: %d %v, want %d to %q, Cache-Control %q, and a session",
					answer.StatusCode, answer.Header, status, location, kept)
			}

			// Whose session it is was asked before the body was read.
			b = s.browser()
			b.logIn(t)
			answer, _ = b.ask(t, "POST", "/customers/me/", strings.Repeat("a=1&", 1001),
				"Content-Type: application/x-www-form-urlencoded", "X-CSRFToken: "+b.token)
			if answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Vary") != "Cookie" {
				t.Errorf("too many fields, by session: %d, Vary %q, want 400 and Cookie", answer.StatusCode,
					answer.Header.Get("Vary"))
			}

			// Django 5.2 replaces a CSRF cookie that it cannot use even where the host is not allowed.
			b = s.browser()
			b.cookies["csrftoken"] = "short"
			answer, _ = b.ask(t, "GET", "/customers/me/", "", "Host: evil.example")
			if got := b.cookies["csrftoken"]; answer.StatusCode != http.StatusBadRequest ||
				(got == "short") != (version == core.V52) {
				t.Errorf("another host with a bad CSRF cookie: %d, and the cookie is %q", answer.StatusCode, got)
			}
		})
	}
}
