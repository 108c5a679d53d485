package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// rotating has refresh tokens rotate on the secure wire, with a window of so long.
func rotating(version core.Version, grace time.Duration) func(*node.Config, *httpapi.Config) {
	return func(n *node.Config, _ *httpapi.Config) {
		n.Settings.Compat, n.Settings.Wire = version, core.Secure
		n.Settings.RotateRefreshTokens, n.Settings.BlacklistAfterRotation = true, true
		n.Settings.RefreshGrace = grace
	}
}

// TestSpentTokens tries with each engine, in both versions, what becomes of a refresh token that is spent.
func TestSpentTokens(t *testing.T) {
	for _, kind := range engines {
		t.Run(kind.name, func(t *testing.T) {
			open := kind.open(t)
			for name, test := range map[string]func(*testing.T, func(time.Duration, *store.DB) *shop){
				"reuse ends the log-in": reuseEndsTheLogIn, "a lost answer is given again": lostAnswerIsGivenAgain,
				"Django's take part": djangosTokensTakePart,
			} {
				for _, version := range []core.Version{core.V55, core.V52} {
					t.Run(name+" "+string(version), func(t *testing.T) {
						test(t, func(grace time.Duration, db *store.DB) *shop {
							return openShop(t, func(n *node.Config, h *httpapi.Config) {
								rotating(version, grace)(n, h)
								var err error
								if n.Engine, err = open(n.Settings, testKeys(t)); err != nil {
									t.Fatal(err)
								}
								if db != nil {
									n.Store = db
								}
							})
						})
					})
				}
			}
		})
	}
}

// exchange refreshes with a token, and gives the answer and the tokens in it.
func (s *shop) exchange(t *testing.T, refresh string) (answer *http.Response, body, next, access string) {
	t.Helper()
	answer, body = s.post(t, "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`)
	var pair struct{ Access, Refresh string }
	if err := json.Unmarshal([]byte(body), &pair); err != nil {
		t.Fatalf("refresh: %d %s", answer.StatusCode, body)
	}
	return answer, body, pair.Refresh, pair.Access
}

// logged waits for a record of the log with a message, and gives it.
func (s *shop) logged(t *testing.T, message string) string {
	t.Helper()
	for t.Context().Err() == nil {
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, `"msg":"`+message+`"`) && strings.HasSuffix(line, "\n") {
				return line
			}
		}
		time.Sleep(time.Millisecond)
	}
	return ""
}

// reuseEndsTheLogIn: who uses a refresh token again that is spent is answered as with any blacklisted token, and
// the log-in has ended, with all that descends from it and nothing else. The log says so, without the token.
func reuseEndsTheLogIn(t *testing.T, open func(time.Duration, *store.DB) *shop) {
	s := open(0, nil)
	other, _ := s.login(t)
	first, _ := s.login(t)
	_, _, second, access := s.exchange(t, first)
	for _, endpoint := range []string{"refresh", "blacklist"} {
		answer, body := s.post(t, "/auth/token/"+endpoint+"/", `{"refresh":"`+first+`"}`)
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("X-Auth-Error") != "blacklisted" ||
			body != `{"detail":"Token is blacklisted","code":"token_not_valid"}` {
			t.Errorf("%s of a spent token: %d %s %s", endpoint, answer.StatusCode, answer.Header, body)
		}
	}
	if answer, body, _, _ := s.exchange(t, second); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("refresh with its successor: %d %s, want 401", answer.StatusCode, body)
	}
	if answer, body := s.ask(t, "GET", "/customers/me/", "",
		"Authorization: Bearer "+access); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("the access token beside it: %d %s, want 401", answer.StatusCode, body)
	}
	if answer, body, _, _ := s.exchange(t, other); answer.StatusCode != http.StatusOK {
		t.Errorf("refresh of another log-in: %d %s, want 200", answer.StatusCode, body)
	}
	record := s.logged(t, "refresh token reuse: its log-in was ended")
	for _, want := range []string{`"level":"WARN"`, `"count":1,`, `"customer":"7"`, `"family":"`,
		`"client":"127.0.0.1"`} {
		if !strings.Contains(record, want) {
			t.Errorf("the record %s lacks %s", record, want)
		}
	}
	log := s.log.String()
	for _, token := range []string{first, second, access} {
		if strings.Contains(log, token[:40]) || strings.Contains(log, token[len(token)-20:]) {
			t.Error("a token is in the log")
		}
	}
	if strings.Count(log, `"msg":"refresh token reuse`) != 1 || strings.Count(log, `"cause":"token_reused"`) != 1 {
		t.Errorf("the log is %s, want one reuse", log)
	}
}

// lostAnswerIsGivenAgain: within the window the same request gets the same tokens, byte for byte, and verify takes
// the token that was spent for the present one. Once the successor is used the window is over.
func lostAnswerIsGivenAgain(t *testing.T, open func(time.Duration, *store.DB) *shop) {
	s := open(core.MaxGrace, nil)
	first, _ := s.login(t)
	answer, given, second, access := s.exchange(t, first)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("refresh: %d %s", answer.StatusCode, given)
	}
	if answer, again, _, _ := s.exchange(t, first); answer.StatusCode != http.StatusOK || again != given {
		t.Errorf("the same again: %d %s, want %s", answer.StatusCode, again, given)
	}
	for name, token := range map[string]string{"spent": first, "present": second, "access": access} {
		if answer, body := s.post(t, "/auth/token/verify/", `{"token":"`+token+`"}`); body != "{}" {
			t.Errorf("verify of the %s token: %d %s", name, answer.StatusCode, body)
		}
	}
	record := s.logged(t, "refresh token used again in its window: the tokens were given again")
	if !strings.Contains(record, `"level":"INFO"`) || !strings.Contains(record, `"customer":"7"`) {
		t.Errorf("the record is %s", record)
	}
	if answer, body, _, _ := s.exchange(t, second); answer.StatusCode != http.StatusOK {
		t.Fatalf("refresh with the successor: %d %s", answer.StatusCode, body)
	}
	if answer, body := s.post(t, "/auth/token/verify/", `{"token":"`+first+`"}`); answer.StatusCode !=
		http.StatusBadRequest {
		t.Errorf("verify once the successor was used: %d %s, want 400", answer.StatusCode, body)
	}
	if answer, body, _, _ := s.exchange(t, first); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("refresh once the successor was used: %d %s, want 401", answer.StatusCode, body)
	}
}

// djangosTokensTakePart: a refresh token that Django signed with the same key is spent as ours are, in a log-in of
// its own: its answer is given again in the window, and to use it later ends what was refreshed from it.
func djangosTokensTakePart(t *testing.T, open func(time.Duration, *store.DB) *shop) {
	s := open(core.MaxGrace, nil)
	now := time.Now().Unix()
	djangos := func(jti string) string {
		return sign(t, fmt.Sprintf(`{"token_type":"refresh","exp":%d,"iat":%d,"jti":%q,"user_id":"7"}`, now+3600, now,
			jti))
	}
	first, other := djangos("5f0c9f5c7a9f4d0e8b8d6f1f0a2b3c4d"), djangos("0d9a1f5c7a9f4d0e8b8d6f1f0a2b3c4e")
	answer, given, second, _ := s.exchange(t, first)
	if answer.StatusCode != http.StatusOK || !strings.HasSuffix(claimOf(t, second, "jti"), "00000001") {
		t.Fatalf("refresh: %d %s, want a token of generation 1", answer.StatusCode, given)
	}
	if _, again, _, _ := s.exchange(t, first); again != given {
		t.Errorf("the same again: %s, want %s", again, given)
	}
	later := open(0, s.store)
	if answer, body, _, _ := later.exchange(t, first); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the window: %d %s, want 401", answer.StatusCode, body)
	}
	if answer, body, _, _ := later.exchange(t, second); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("its successor: %d %s, want 401", answer.StatusCode, body)
	}
	if answer, body, _, _ := later.exchange(t, other); answer.StatusCode != http.StatusOK {
		t.Errorf("another token of Django's: %d %s, want 200", answer.StatusCode, body)
	}
}

// TestBlacklistInTheWindow: to log out with a refresh token that was spent a moment ago is a log-out, and one with a
// token that was spent before ends the log-in, too, though it is refused.
func TestBlacklistInTheWindow(t *testing.T) {
	for grace, want := range map[time.Duration]int{core.MaxGrace: http.StatusOK, 0: http.StatusUnauthorized} {
		s := openShop(t, rotating(core.V55, grace))
		first, _ := s.login(t)
		_, _, second, _ := s.exchange(t, first)
		if answer, body := s.post(t, "/auth/token/blacklist/", `{"refresh":"`+first+`"}`); answer.StatusCode != want {
			t.Errorf("blacklist with a window of %v: %d %s, want %d", grace, answer.StatusCode, body, want)
		}
		if answer, body, _, _ := s.exchange(t, second); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("refresh after it: %d %s, want 401", answer.StatusCode, body)
		}
	}
}

// TestExpiredTokensEndNothing: a spent token that has expired is refused for that, and its log-in goes on.
func TestExpiredTokensEndNothing(t *testing.T) {
	var after atomic.Int64
	s := openShop(t, func(n *node.Config, h *httpapi.Config) {
		rotating(core.V55, 0)(n, h)
		n.Now = func() time.Time { return time.Now().Add(time.Duration(after.Load())) }
	})
	first, _ := s.login(t)
	after.Store(int64(2 * 24 * time.Hour))
	_, _, second, _ := s.exchange(t, first)
	after.Store(int64(3*24*time.Hour + time.Minute)) // REFRESH_TOKEN_LIFETIME
	if answer, body, _, _ := s.exchange(t, first); answer.StatusCode != http.StatusUnauthorized ||
		!strings.Contains(body, "Token is expired") {
		t.Errorf("refresh with the expired token: %d %s", answer.StatusCode, body)
	}
	if answer, body, _, _ := s.exchange(t, second); answer.StatusCode != http.StatusOK {
		t.Errorf("refresh with its successor: %d %s, want 200", answer.StatusCode, body)
	}
}

// TestRotationInCookies: a refresh replaces the cookie of the refresh token too, within the window by the same one. A
// refused token leaves the cookies as they are, as any refused one does: a new log-in may have set them meanwhile. The
// log-out deletes both, though the token is spent.
func TestRotationInCookies(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		s := openShop(t, func(n *node.Config, h *httpapi.Config) {
			rotating(version, core.MaxGrace)(n, h)
			inCookies(h)
		})
		b := s.app(t)
		b.enter(t)
		first := b.cookies["refresh"]
		refresh := func(token string) (status int, next string) {
			b.cookies["refresh"] = token
			answer, _ := b.send(t, "/auth/token/refresh/", "")
			return answer.StatusCode, b.cookies["refresh"]
		}
		status, second := refresh(first)
		again, same := refresh(first)
		if status != http.StatusOK || again != http.StatusOK || second == first || same != second {
			t.Errorf("two refreshes: %d, %d; want the same new cookie", status, again)
		}
		if status, third := refresh(second); status != http.StatusOK || third == second {
			t.Errorf("refresh with the new cookie: %d", status)
		}
		if status, kept := refresh(first); status != http.StatusUnauthorized || kept != first {
			t.Errorf("refresh with a spent cookie: %d, want 401 and the cookie kept", status)
		}
		if answer, body := b.send(t, "/auth/token/blacklist/", ""); answer.StatusCode != http.StatusUnauthorized ||
			b.cookies["refresh"] != "" || b.cookies["access"] != "" {
			t.Errorf("log-out: %d %s, cookies %v; want 401 and none", answer.StatusCode, body, b.cookies)
		}
	}
}

// TestExplainKeepsTheWindowSecret: the page says the same of a token before and after it is spent, while its window is
// open: a thief who has the token could watch for it. To explain a spent token ends no log-in.
func TestExplainKeepsTheWindowSecret(t *testing.T) {
	b := openPerson(t, rotating(core.V55, core.MaxGrace))
	first, _ := b.login(t)
	explained := func(b *person, want string) {
		t.Helper()
		if _, page := b.explain(t, url.Values{"token": {first}}); !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, main(page))
		}
	}
	explained(b, "not revoked; generation 0, the present one; logged in ")
	_, _, second, _ := b.exchange(t, first)
	explained(b, "not revoked; generation 0, the present one; logged in ")
	later := openPerson(t, func(n *node.Config, h *httpapi.Config) {
		rotating(core.V55, 0)(n, h)
		n.Store = b.store
	})
	explained(later, "(generation 0 of a family at 1; the window is closed; logged in ")
	if answer, body, _, _ := later.exchange(t, second); answer.StatusCode != http.StatusOK {
		t.Errorf("refresh with the successor: %d %s, want 200", answer.StatusCode, body)
	}
}
