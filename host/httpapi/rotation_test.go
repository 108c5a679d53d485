package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
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

// rotating has refresh tokens rotate on the secure wire, and the one before end after a time.
func rotating(version core.Version, grace time.Duration) func(*node.Config, *httpapi.Config) {
	return func(n *node.Config, _ *httpapi.Config) {
		n.Settings.Compat, n.Settings.Wire = version, core.Secure
		n.Settings.RotateRefreshTokens, n.Settings.BlacklistAfterRotation = true, true
		n.Settings.RefreshGrace = grace
	}
}

// everyEngine runs a test with each engine, in both versions. make makes the engine of a shop.
func everyEngine(t *testing.T, test func(t *testing.T, version core.Version, engine func(*node.Config))) {
	for _, kind := range engines {
		t.Run(kind.name, func(t *testing.T) {
			open := kind.open(t)
			for _, version := range []core.Version{core.V55, core.V52} {
				t.Run(string(version), func(t *testing.T) {
					test(t, version, func(n *node.Config) {
						var err error
						if n.Engine, err = open(n.Settings, testKeys(t)); err != nil {
							t.Fatal(err)
						}
					})
				})
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

// TestReuseEndsTheLogIn: who uses a refresh token again that is spent is answered as with any blacklisted token, and
// the log-in has ended, with all that descends from it and nothing else. The log says so, without the token.
func TestReuseEndsTheLogIn(t *testing.T) {
	everyEngine(t, func(t *testing.T, version core.Version, engine func(*node.Config)) {
		s := openShop(t, func(n *node.Config, h *httpapi.Config) {
			rotating(version, 0)(n, h)
			engine(n)
		})
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
	})
}

// TestLostAnswerIsGivenAgain: within the window the same request gets the same tokens, byte for byte, and verify takes
// the token that was spent for the present one. Once the successor is used the window is over.
func TestLostAnswerIsGivenAgain(t *testing.T) {
	everyEngine(t, func(t *testing.T, version core.Version, engine func(*node.Config)) {
		repeats := make(chan bool, 8)
		s := openShop(t, func(n *node.Config, h *httpapi.Config) {
			rotating(version, core.MaxGrace)(n, h)
			engine(n)
			h.Observe = func(o httpapi.Observation) {
				if o.Route == "/auth/token/refresh/" {
					repeats <- o.Repeated
				}
			}
		})
		first, _ := s.login(t)
		answer, given, second, access := s.exchange(t, first)
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("refresh: %d %s", answer.StatusCode, given)
		}
		if answer, again, _, _ := s.exchange(t, first); answer.StatusCode != http.StatusOK || again != given {
			t.Errorf("the same again: %d %s, want %s", answer.StatusCode, again, given)
		}
		if one, two := <-repeats, <-repeats; one || !two {
			t.Errorf("observed as repeated: %v, %v; want the second", one, two)
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
	})
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

// TestSessionsEnd: on the secure wire no token outlives refresh.max_session or refresh.idle, and tokens that were
// issued under longer bounds are refused as expired ones. On the exact wire the bounds count for nothing.
func TestSessionsEnd(t *testing.T) {
	const day = 24 * time.Hour
	var after atomic.Int64 // how far the clock is ahead
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		after.Store(0)
		bounded := func(db *store.DB, session, idle time.Duration) *shop {
			return openShop(t, func(n *node.Config, h *httpapi.Config) {
				rotating(version, 0)(n, h)
				n.Settings.Wire, n.Settings.MaxSession, n.Settings.RefreshIdle = wire, session, idle
				n.Now = func() time.Time { return time.Now().Add(time.Duration(after.Load())) }
				if db != nil {
					n.Store = db
				}
			})
		}
		s := bounded(nil, 4*day, 0)
		began := time.Now()
		first, _ := s.login(t)
		after.Store(int64(2 * day))
		_, _, second, access := s.exchange(t, first)
		ends := began.Add(4 * day)
		if wire == core.Exact {
			ends = began.Add(5 * day)
		}
		if exp := expiry(t, second); exp.Sub(ends).Abs() > time.Minute {
			t.Errorf("the second refresh token expires at %v, want %v", exp, ends)
		}
		if exp := expiry(t, access); exp.Sub(began.Add(2*day+time.Hour)).Abs() > time.Minute {
			t.Errorf("its access token expires at %v", exp)
		}
		for name, c := range map[string]struct {
			shop  *shop
			after time.Duration
			cause string
		}{
			"idle":  {bounded(s.store, 4*day, day/2), 2*day + day/2 + time.Minute, "session_idle"},
			"ended": {bounded(s.store, 3*day, 0), 3*day + time.Minute, "session_ended"},
		} {
			after.Store(int64(c.after))
			if wire == core.Exact {
				if answer, body := c.shop.post(t, "/auth/token/verify/", `{"token":"`+second+`"}`); answer.StatusCode !=
					http.StatusOK {
					t.Errorf("%s, exact: %d %s, want 200", name, answer.StatusCode, body)
				}
				continue
			}
			detail, public := "Token is expired", "expired"
			if version == core.V52 {
				detail, public = "Token is invalid or expired", "invalid"
			}
			answer, body, _, _ := c.shop.exchange(t, second)
			if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("X-Auth-Error") != public ||
				body != `{"detail":"`+detail+`","code":"token_not_valid"}` {
				t.Errorf("%s: %d %s %s, want that of an expired token", name, answer.StatusCode, answer.Header, body)
			}
			if answer, body := c.shop.post(t, "/auth/token/verify/", `{"token":"`+second+`"}`); answer.StatusCode !=
				http.StatusUnauthorized {
				t.Errorf("%s: verify: %d %s, want 401", name, answer.StatusCode, body)
			}
			if record := c.shop.logged(t, "request"); !strings.Contains(record, `"cause":"`+c.cause+`"`) {
				t.Errorf("%s: the record is %s", name, record)
			}
		}
	})
}

// TestCookiesEndWithTheirTokens: a cookie whose token ends earlier than its lifetime goes with it, or a browser would
// keep on sending a token that has expired.
func TestCookiesEndWithTheirTokens(t *testing.T) {
	s := openShop(t, func(n *node.Config, h *httpapi.Config) {
		rotating(core.V55, 0)(n, h)
		n.Settings.RefreshIdle = time.Hour
		inCookies(h)
	})
	b := s.app(t)
	for _, c := range b.enter(t).Cookies() {
		want, known := map[string]int{"access": 3600, "refresh": 3600}[c.Name]
		if known && (c.MaxAge > want || c.MaxAge < want-60) {
			t.Errorf("the cookie %s lasts %d seconds, want %d", c.Name, c.MaxAge, want)
		}
	}
}

// expiry is the exp of a token.
func expiry(t *testing.T, token string) time.Time {
	t.Helper()
	var claims struct{ Exp int64 }
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(claims.Exp, 0)
}
