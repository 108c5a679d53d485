package node_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
)

// sliding has a node of this version and wire take sliding tokens in a header.
func sliding(version core.Version, wire core.Wire) func(*node.Config) {
	return func(c *node.Config) {
		c.Settings.Compat, c.Settings.Wire = version, wire
		c.Settings.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
	}
}

// slide logs ana in for a sliding token.
func (w *world) slide(t testing.TB) string {
	t.Helper()
	result, err := w.SlidingLogin(t.Context(), client, "ana@example.com", "right")
	return slid(t, result, err)
}

// slid is the sliding token of a result that has nothing else.
func slid(t testing.TB, result node.Result, err error) string {
	t.Helper()
	if err != nil || result.Refused() || len(result.Tokens) != 1 || result.Tokens[0].Type != core.SlidingToken {
		t.Fatalf("%+v, %v; want a sliding token", result.Outcome, err)
	}
	return result.Tokens[0].Value
}

// R3, R4, R5: what ends a log-in ends its sliding token and whatever that was refreshed to.
func TestSlidingTokenEnds(t *testing.T) {
	ana := core.Integer(1)
	ends := map[string]func(t *testing.T, w *world, token string) error{
		"nothing":  func(*testing.T, *world, string) error { return nil },
		"log-out":  func(t *testing.T, w *world, token string) error { return w.EndLogin(t.Context(), token) },
		"disabled": func(t *testing.T, w *world, _ string) error { return w.store.SetActive(t.Context(), ana, false) },
		"new password": func(t *testing.T, w *world, _ string) error {
			return w.store.SetPassword(t.Context(), ana, hash(t, "new"))
		},
		"removed":        func(t *testing.T, w *world, _ string) error { return w.store.Remove(t.Context(), ana, day) },
		"all of ana's":   func(t *testing.T, w *world, _ string) error { return w.store.Revoke(t.Context(), ana) },
		"all of anybody": func(t *testing.T, w *world, _ string) error { return w.store.RevokeAll(t.Context()) },
	}
	for name, end := range ends {
		for _, version := range []core.Version{core.V55, core.V52} {
			for _, wire := range []core.Wire{core.Secure, core.Exact} {
				t.Run(fmt.Sprintf("%s/%s/%s", name, version, wire), func(t *testing.T) {
					w := newWorld(t, sliding(version, wire))
					must(t, w.RaiseLifetimes(t.Context()))
					first := w.slide(t)
					w.passes(time.Minute)
					result, err := w.SlidingRefresh(t.Context(), first)
					second := slid(t, result, err)
					must(t, end(t, w, first))
					w.passes(time.Second)
					for i, token := range []string{first, second} {
						for ask, do := range map[string]func(context.Context, string) (node.Result, error){
							"refresh": w.SlidingRefresh, "header": w.Authenticate, "verify": w.Verify,
						} {
							good := name == "nothing" || ask == "verify" && wire == core.Exact
							if r, err := do(t.Context(), token); err != nil || r.Refused() == good {
								t.Errorf("token %d, %s: %v, %v", i+1, ask, causeOf(r), err)
							}
						}
					}
				})
			}
		}
	}
}

// A sliding token can be refreshed until its refresh_exp, while it has not expired, and no longer.
func TestSlidingTokenLasts(t *testing.T) {
	w := newWorld(t, sliding(core.V55, core.Secure))
	token := w.slide(t)
	for range 24*60/4 - 1 {
		w.passes(4 * time.Minute)
		result, err := w.SlidingRefresh(t.Context(), token)
		token = slid(t, result, err)
	}
	w.passes(4 * time.Minute)
	if result, err := w.SlidingRefresh(t.Context(), token); err != nil || causeOf(result) != cause.RefreshExpired {
		t.Errorf("a day after the log-in: %v, %v; want %v", causeOf(result), err, cause.RefreshExpired)
	}
	w.passes(2 * time.Minute)
	if result, err := w.SlidingRefresh(t.Context(), token); err != nil || causeOf(result) != cause.Expired {
		t.Errorf("six minutes after it was issued: %v, %v; want %v", causeOf(result), err, cause.Expired)
	}
}

// R5: the start of a foreign sliding token is its iat, which moves when it is refreshed. A password that is changed
// after the clock was set back ends it all the same.
func TestForeignSlidingTokenAndTheClock(t *testing.T) {
	w := newWorld(t, sliding(core.V55, core.Secure))
	token := w.signed(t, fmt.Sprintf(`{"token_type":"sliding","exp":%d,"iat":%d,"jti":"django","user_id":"1",`+
		`"refresh_exp":%d}`, w.now.Add(time.Hour).Unix(), w.now.Unix(), w.now.Add(day).Unix()))
	w.now = w.now.Add(90 * time.Second)
	result, err := w.SlidingRefresh(t.Context(), token)
	token = slid(t, result, err)
	w.now = w.now.Add(-80 * time.Second)
	must(t, w.store.SetPassword(t.Context(), core.Integer(1), hash(t, "new")))
	w.now = w.now.Add(100 * time.Second)
	for ask, do := range map[string]func(context.Context, string) (node.Result, error){
		"refresh": w.SlidingRefresh, "header": w.Authenticate, "verify": w.Verify,
	} {
		r, err := do(t.Context(), token)
		if c := causeOf(r); ask == "header" && err == nil && len(r.Refusals) == 2 {
			r.Refusals = r.Refusals[1:] // the first class is that of access tokens
		} else if c == cause.OK {
			t.Errorf("%s: not refused", ask)
		}
		if err != nil || causeOf(r) != cause.CutOff {
			t.Errorf("%s: %v, %v; want %v", ask, causeOf(r), err, cause.CutOff)
		}
	}
}

// A revocation is remembered for as long as the token could have been refreshed, whoever issued it.
func TestRevokedSlidingTokenStaysSo(t *testing.T) {
	w := newWorld(t, func(c *node.Config) {
		sliding(core.V55, core.Secure)(c)
		c.Settings.SlidingTokenLifetime, c.Settings.SlidingTokenRefreshLifetime = 20*day, 20*day
	})
	must(t, w.RaiseLifetimes(t.Context()))
	token := w.slide(t)
	must(t, w.EndLogin(t.Context(), token))
	for range 19 {
		w.passes(day)
		must(t, w.Purge(t.Context()))
	}
	if r, err := w.SlidingRefresh(t.Context(), token); err != nil || causeOf(r) != cause.Blacklisted {
		t.Errorf("refresh after 19 days = %v, %v; want %v", causeOf(r), err, cause.Blacklisted)
	}
}
