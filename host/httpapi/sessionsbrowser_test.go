package httpapi_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/pages"
)

// TestSessionsOfTheBrowser: the list has sessions and log-ins whose tokens are in cookies; ending the own one takes its
// cookies, and no other site can end any.
func TestSessionsOfTheBrowser(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		for name, enter := range map[string]func(*tab){
			"session": func(b *tab) {
				b.logIn(t)
				b.fetchToken(t)
			},
			"cookies": func(b *tab) {
				b.fetchToken(t)
				b.enter(t)
			},
		} {
			s := openShop(t, both(listing, speaking(version, wire, inCookies)))
			other := s.browser()
			enter(other)
			b := s.browser()
			enter(b)
			answer, body := b.ask(t, "GET", sessionsPath, "")
			list := listed(t, answer, body)
			own := list.own(t)
			i := slices.IndexFunc(list.Results, func(r listedSession) bool { return !r.Current })
			if list.Count != 2 || i < 0 || list.Results[0].Kind != map[string]string{"session": "browser",
				"cookies": "token"}[name] || answer.Header.Get("Vary") != "Accept, Cookie" {
				t.Fatalf("%s: %s %v", name, body, answer.Header)
			}
			headers := []string{"X-CSRFToken: " + b.token}
			if answer, _ := b.ask(t, "DELETE", sessionsPath+own+"/", ""); answer.StatusCode != http.StatusForbidden ||
				b.who(t) != http.StatusOK {
				t.Errorf("%s: without the CSRF token: %d, want 403", name, answer.StatusCode)
			}
			if wire == core.Secure {
				if answer, _ := b.ask(t, "DELETE", sessionsPath+own+"/", "", headers[0],
					"Origin: https://evil.example"); answer.StatusCode != http.StatusForbidden {
					t.Errorf("%s: from another site: %d, want 403", name, answer.StatusCode)
				}
			}
			answer, body = b.ask(t, "DELETE", sessionsPath+list.Results[i].ID+"/", "", headers...)
			if answer.StatusCode != http.StatusNoContent || b.who(t) != http.StatusOK {
				t.Errorf("%s: ending the other: %d %s, then %d", name, answer.StatusCode, body, b.who(t))
			}
			if status := other.who(t); status != http.StatusUnauthorized && (wire == core.Secure || name == "session") {
				t.Errorf("%s: the other: %d, want 401", name, status)
			}
			if answer, body := b.ask(t, "DELETE", sessionsPath+own+"/", "", headers...); answer.StatusCode !=
				http.StatusNoContent || b.cookies["sessionid"]+b.cookies["access"]+b.cookies["refresh"] != "" {
				t.Errorf("%s: ending the own: %d %s, cookies %v", name, answer.StatusCode, body,
					slices.Collect(maps.Keys(b.cookies)))
			}
			if status := b.who(t); status != http.StatusUnauthorized {
				t.Errorf("%s: afterwards: %d, want 401", name, status)
			}
		}
	})
}

// TestSessionOnItsPage: a person ends a log-in from the page of its endpoint.
func TestSessionOnItsPage(t *testing.T) {
	b := openPerson(t, listing)
	refresh, access := b.loginFrom(t, "ana@example.com", "phone")
	id := b.sessions(t, access, "").own(t)
	b.logIn(t)
	_, page := b.open(t, pages.IndexPath, nil)
	contains(t, "the start page", page, []string{`href="/auth/sessions/"`, "/auth/sessions/{id}/"},
		[]string{`href="/auth/sessions/{id}/"`, "%7bid%7d"})
	_, page = b.open(t, sessionsPath, nil)
	contains(t, "the list", page, []string{id, "phone", "Session List"}, nil)
	answer, page := b.open(t, sessionsPath+id+"/", nil)
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("the page of one: %d", answer.StatusCode)
	}
	contains(t, "the page of one", page, []string{`name="path" value="/auth/sessions/` + id + `/"`}, nil)
	answer, page = b.open(t, pages.CallPath, url.Values{"path": {sessionsPath + id + "/"}, "method": {"DELETE"},
		"content": {""}, "csrfmiddlewaretoken": {token(t, page)}})
	if answer.StatusCode != http.StatusOK || !strings.Contains(page, "HTTP 204 No Content") {
		t.Errorf("DELETE by the form: %d %s", answer.StatusCode, main(page))
	}
	if answer, _, _, _ := b.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a refresh afterwards: %d, want 401", answer.StatusCode)
	}
}
