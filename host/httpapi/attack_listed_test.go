package httpapi_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
)

// TestAttackEndedStaysEnded: while a thief refreshes as fast as it can, its log-ins are ended until none is listed.
// What it has got by then is good for nothing, however the answers crossed.
func TestAttackEndedStaysEnded(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, both(listing, speaking(version, wire), func(n *node.Config, _ *httpapi.Config) {
			n.Settings.RotateRefreshTokens, n.Settings.BlacklistAfterRotation = true, true
		}))
		_, owner := s.loginFrom(t, "ana@example.com", "owner")
		own := s.sessions(t, owner, "").own(t)
		for range 5 {
			var mu sync.Mutex
			var got []string
			var work sync.WaitGroup
			for range 3 {
				stolen, _ := s.loginFrom(t, "ana@example.com", "thief")
				mu.Lock()
				got = append(got, stolen)
				mu.Unlock()
				work.Go(func() {
					for range 40 {
						answer, _, next, _ := s.exchange(t, stolen)
						if answer.StatusCode != http.StatusOK {
							return
						}
						if next != "" {
							stolen = next
						}
						mu.Lock()
						got = append(got, next)
						mu.Unlock()
					}
				})
			}
			end := func() (left int) {
				for _, r := range s.sessions(t, owner, "").Results {
					if r.ID == own {
						continue
					}
					left++
					answer, body := s.ask(t, "DELETE", sessionsPath+r.ID+"/", "", "Authorization: Bearer "+owner)
					if answer.StatusCode != http.StatusNoContent && answer.StatusCode != http.StatusNotFound {
						t.Errorf("%d %s", answer.StatusCode, body)
					}
				}
				return left
			}
			work.Go(func() {
				for range 10 {
					end()
				}
			})
			work.Wait()
			for end() > 0 {
			}
			for i, stolen := range got {
				if answer, body, _, _ := s.exchange(t, stolen); answer.StatusCode == http.StatusOK {
					t.Errorf("of %d refresh tokens number %d is good after the end: %s", len(got), i, body)
				}
			}
			if n := s.sessions(t, owner, "").Count; n != 1 {
				t.Errorf("%d are listed in the end, want 1", n)
			}
		}
	})
}

// TestAttackPasswordOfCookies: no other site changes the password of a browser that is logged in by cookies of either
// kind or both, however it sends the request, and none ends a log-in.
func TestAttackPasswordOfCookies(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		for name, enter := range map[string]func(*tab){
			"session": func(b *tab) { b.logIn(t) },
			"tokens":  func(b *tab) { b.enter(t) },
			"both": func(b *tab) {
				other := b.shop.app(t)
				other.enter(t)
				b.logIn(t)
				b.cookies["access"], b.cookies["refresh"] = other.cookies["access"], other.cookies["refresh"]
			},
		} {
			s := openShop(t, both(listing, speaking(version, wire, inCookies)))
			before, err := s.store.Get(t.Context(), core.Integer(7))
			if err != nil {
				t.Fatal(err)
			}
			b := s.app(t)
			enter(b)
			_, list := b.ask(t, "GET", sessionsPath, "", "Accept: application/json")
			id := listed(t, &http.Response{StatusCode: 200}, list).own(t)
			form := url.Values{"current_password": {"right"}, "new_password": {next}, "old_password": {"right"},
				"new_password1": {next}, "new_password2": {next}}.Encode()
			for _, c := range []struct{ method, path, body, header string }{
				{"POST", passwordChange, form, "Content-Type: application/x-www-form-urlencoded"},
				{"POST", passwordChange, newPassword("right", next), "Content-Type: text/plain"},
				{"POST", passwordChange, newPassword("right", next), "Content-Type: application/json"},
				{"POST", passwordChange, newPassword("right", next), "Authorization: Basic YTpi"},
				{"POST", passwordChange + "?_method=POST", form, "X-HTTP-Method-Override: POST"},
				{"POST", pages.ProfilePath, form, "Content-Type: application/x-www-form-urlencoded"},
				{"POST", pages.ProfilePath, "everywhere=yes", "Content-Type: application/x-www-form-urlencoded"},
				{"POST", pages.ProfilePath, "end=" + id, "Content-Type: application/x-www-form-urlencoded"},
				{"POST", sessionsPath + id + "/", "_method=DELETE", "X-HTTP-Method-Override: DELETE"},
				{"DELETE", sessionsPath + id + "/", "", "Sec-Fetch-Site: same-origin"},
				{"delete", sessionsPath + id + "/", "", "X-Requested-With: XMLHttpRequest"},
			} {
				for _, from := range []string{"Origin: https://evil.example", "Origin: null",
					"Referer: https://evil.example/", "X-Forwarded-Host: evil.example"} {
					answer, body := b.ask(t, c.method, c.path, c.body, c.header, from, "Accept: text/html")
					if answer.StatusCode < 300 {
						t.Errorf("%s: %s %s, %s, %s: %d %s", name, c.method, c.path, c.header, from,
							answer.StatusCode, body)
					}
				}
			}
			if status := b.who(t); status != http.StatusOK {
				t.Errorf("%s: the log-in afterwards: %d", name, status)
			}
			after, err := s.store.Get(t.Context(), core.Integer(7))
			if err != nil || after.RevokeClaim != before.RevokeClaim {
				t.Errorf("%s: the password was changed (%v)", name, err)
			}
		}
	})
}
