package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

const slidingLogin = `{"email":"ana@example.com","password":"right"}`

// takesSliding has views take sliding tokens too.
func takesSliding(n *node.Config) {
	n.Settings.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
}

// slide logs ana in for a sliding token.
func (s *shop) slide(t testing.TB) string {
	t.Helper()
	answer, body := s.post(t, "/auth/token/sliding/", slidingLogin)
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || answer.StatusCode != http.StatusOK ||
		made.Token == "" {
		t.Fatalf("log-in: %d %s (%v)", answer.StatusCode, body, err)
	}
	return made.Token
}

// TestSlidingTokenIsTakenEverywhere: where an access token says who asks, so does a sliding token, if the settings have
// its class; to a proxy as well.
func TestSlidingTokenIsTakenEverywhere(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		for _, takes := range []bool{true, false} {
			s := openShop(t, func(n *node.Config, h *httpapi.Config) {
				speaking(version, wire)(n, h)
				if takes {
					takesSliding(n)
				}
			})
			token := s.slide(t)
			want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[takes]
			for _, path := range []string{"/customers/me/", "/auth/check/"} {
				answer, body := s.ask(t, "GET", path, "", "Authorization: Bearer "+token)
				if answer.StatusCode != want {
					t.Errorf("%s, taken %v: %d %s, want %d", path, takes, answer.StatusCode, body, want)
				}
			}
		}
	})
}

// TestSlidingLoginAnswer: the answer to a log-in shows the customer, and a refresh does not.
func TestSlidingLoginAnswer(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.LoginAnswer = claimmaptest.Members(t, "email=email")
	})
	_, body := s.post(t, "/auth/token/sliding/", slidingLogin)
	if !strings.HasPrefix(body, `{"token":"ey`) || !strings.HasSuffix(body, `","email":"ana@example.com"}`) {
		t.Errorf("log-in: %s", body)
	}
	_, body = s.post(t, "/auth/token/sliding/refresh/", `{"token":"`+s.slide(t)+`"}`)
	if !strings.HasPrefix(body, `{"token":"ey`) || strings.Contains(body, "email") {
		t.Errorf("refresh: %s", body)
	}
}

// TestSlidingTokenInCookie: a sliding token stands in the cookie of the access token, and none of the refresh token is
// left beside it.
func TestSlidingTokenInCookie(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		b := openShop(t, func(n *node.Config, h *httpapi.Config) {
			speaking(version, wire, inCookies)(n, h)
			takesSliding(n)
		}).app(t)
		b.enter(t)
		answer, body := b.send(t, "/auth/token/sliding/", slidingLogin)
		token := b.cookies["access"]
		if answer.StatusCode != http.StatusOK || body != "{}" || token == "" || b.cookies["refresh"] != "" {
			t.Fatalf("log-in: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
		}
		b.fetchToken(t)
		if status := b.who(t); status != http.StatusOK {
			t.Errorf("after the log-in: %d, want 200", status)
		}
		answer, body = b.send(t, "/auth/token/sliding/refresh/", "")
		if answer.StatusCode != http.StatusOK || body != "{}" || b.cookies["access"] == "" {
			t.Errorf("refresh: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
		}
		if answer, body := b.send(t, "/auth/token/verify/", "{}"); answer.StatusCode != http.StatusOK || body != "{}" {
			t.Errorf("verify: %d %s", answer.StatusCode, body)
		}
		for _, path := range []string{"/auth/token/sliding/", "/auth/token/sliding/refresh/"} {
			answer, body := b.ask(t, "POST", path, map[bool]string{true: slidingLogin}[strings.HasSuffix(path, "ing/")],
				"Content-Type: application/json")
			if answer.StatusCode != http.StatusForbidden || !strings.HasPrefix(body, `{"detail":"CSRF Failed: `) {
				t.Errorf("%s without the CSRF token: %d %s, want 403", path, answer.StatusCode, body)
			}
		}
		answer, body = b.send(t, "/auth/token/blacklist/", "")
		if answer.StatusCode != http.StatusOK || body != "{}" || b.cookies["access"] != "" {
			t.Errorf("log-out: %d %s, cookies %v", answer.StatusCode, body, b.cookies)
		}
		// The log-in has ended, whoever kept its first token.
		for _, status := range []int{b.who(t), b.shop.sliding(t, token)} {
			if status != http.StatusUnauthorized {
				t.Errorf("after the log-out: %d, want 401", status)
			}
		}
	})
}

// sliding is the status of a refresh of a sliding token in the body.
func (s *shop) sliding(t *testing.T, token string) int {
	t.Helper()
	answer, _ := s.post(t, "/auth/token/sliding/refresh/", `{"token":"`+token+`"}`)
	return answer.StatusCode
}

// TestSlidingTokenInNoCookie: where views take no sliding tokens, a cookie would be of no use, so there is none.
func TestSlidingTokenInNoCookie(t *testing.T) {
	b := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h) }).app(t)
	token := b.shop.slide(t)
	b.enter(t)
	if answer, body := b.send(t, "/auth/token/sliding/refresh/", ""); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("refresh without a token: %d %s, want 400", answer.StatusCode, body)
	}
	if status := b.shop.sliding(t, token); status != http.StatusOK {
		t.Errorf("refresh: %d, want 200", status)
	}
}
