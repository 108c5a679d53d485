package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

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
	lasts := map[string]int{}
	for _, c := range b.enter(t).Cookies() {
		lasts[c.Name] = c.MaxAge
	}
	for _, name := range []string{"access", "refresh"} {
		if n := lasts[name]; n > 3600 || n < 3600-60 {
			t.Errorf("the cookie %s lasts %d seconds, want 3600", name, n)
		}
	}
}

// expiry is the exp of a token.
func expiry(t *testing.T, token string) time.Time {
	t.Helper()
	seconds, err := strconv.ParseInt(claimOf(t, token, "exp"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0)
}

// claimOf is a claim of a token: a number as it stands, or a text without its quotes.
func claimOf(t *testing.T, token, name string) string {
	t.Helper()
	var claims map[string]json.RawMessage
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token+"..", ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(claims[name]), `"`)
}
