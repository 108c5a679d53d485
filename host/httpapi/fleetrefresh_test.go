package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// sameAnswer holds two answers to each other, byte for byte but for the date.
func sameAnswer(t *testing.T, what string, a, b *http.Response, bodyA, bodyB string) {
	t.Helper()
	headers := func(r *http.Response) http.Header {
		h := maps.Clone(r.Header)
		h.Del("Date")
		return h
	}
	if a.StatusCode != b.StatusCode || bodyA != bodyB || fmt.Sprint(headers(a)) != fmt.Sprint(headers(b)) {
		t.Errorf("%s: %d %v %s\nand at home %d %v %s", what, a.StatusCode, a.Header, bodyA, b.StatusCode, b.Header,
			bodyB)
	}
}

// wantUnable holds an answer to a 503 with a reason.
func wantUnable(t *testing.T, what string, answer *http.Response, body, reason string) {
	t.Helper()
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "1" ||
		answer.Header.Get("X-Auth-Error") != reason || strings.Contains(body, "eyJ") {
		t.Errorf("%s: %d %v %s; want 503 for %q", what, answer.StatusCode, answer.Header, body, reason)
	}
}

// TestForwardedRefresh: wherever a refresh token is shown, the client gets what the home of its log-in gives.
func TestForwardedRefresh(t *testing.T) {
	f := openFleet(t, nil)
	for _, way := range []struct{ home, other uint16 }{{2, 3}, {2, 1}, {1, 2}, {3, 2}} {
		home, other := f.nodes[way.home], f.nodes[way.other]
		what := fmt.Sprintf("home %d, asked at %d", way.home, way.other)
		refresh, _ := home.login(t)
		f.asksSince()
		forwarded, body, next, access := other.exchange(t, refresh)
		if forwarded.StatusCode != http.StatusOK || next == "" || access == "" ||
			!slices.Equal(f.asksSince(), []uint16{way.home}) {
			t.Fatalf("%s: %d %s", what, forwarded.StatusCode, body)
		}
		again, bodyAgain, _, _ := home.exchange(t, refresh) // in its window
		sameAnswer(t, what, forwarded, again, body, bodyAgain)
		again, bodyAgain, _, _ = other.exchange(t, refresh)
		sameAnswer(t, what+", again", forwarded, again, body, bodyAgain)
		if answer, body, _, _ := other.exchange(t, next); answer.StatusCode != http.StatusOK {
			t.Errorf("%s, the next: %d %s", what, answer.StatusCode, body)
		}

		// Blacklisted: the refusal is the same, too.
		if answer, body := other.post(t, "/auth/token/blacklist/", `{"refresh":"`+next+`"}`); answer.StatusCode !=
			http.StatusOK {
			t.Fatalf("%s: blacklist at %d: %d %s", what, way.other, answer.StatusCode, body)
		}
		f.asksSince()
		f.spread()
		at, bodyAt, _, _ := home.exchange(t, next)
		forwarded, body, _, _ = other.exchange(t, next)
		sameAnswer(t, what+", blacklisted", forwarded, at, body, bodyAt)
		if at.StatusCode != http.StatusUnauthorized || len(f.asksSince()) > 0 {
			t.Errorf("%s: a blacklisted token: %d, and the home was asked", what, at.StatusCode)
		}
	}
}

// TestForwardedReuse: only the home knows that a token is spent. It refuses and ends the log-in for all nodes.
func TestForwardedReuse(t *testing.T) {
	f := openFleet(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.RefreshGrace = 0 })
	refresh, access := f.nodes[2].login(t)
	if answer, body, _, _ := f.nodes[3].exchange(t, refresh); answer.StatusCode != http.StatusOK {
		t.Fatalf("refresh: %d %s", answer.StatusCode, body)
	}
	forwarded, body, _, _ := f.nodes[3].exchange(t, refresh)
	if forwarded.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "Token is blacklisted") {
		t.Errorf("reuse: %d %s", forwarded.StatusCode, body)
	}
	f.nodes[3].logged(t, "refresh token reuse: its log-in was ended")
	at, bodyAt, _, _ := f.nodes[2].exchange(t, refresh)
	sameAnswer(t, "reuse", forwarded, at, body, bodyAt)
	for number, m := range f.nodes {
		if answer, body := m.me(t, access); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("node %d after the reuse: %d %s", number, answer.StatusCode, body)
		}
	}
}

// TestJudgedBeforeAndAfter: the node that is asked decides too, before it asks the home and once it has the answer.
func TestJudgedBeforeAndAfter(t *testing.T) {
	blacklist := func(m *member, token string) {
		if r, err := m.Blacklist(t.Context(), token); err != nil || r.Refused() {
			t.Errorf("Blacklist = %+v, %v", r, err)
		}
	}
	for _, c := range []struct {
		name   string
		change func(f *fleet, refresh string)
		status int
		says   string
	}{
		{"nothing", func(*fleet, string) {}, 200, ""},
		{"revoked here", func(f *fleet, refresh string) { blacklist(f.nodes[3], refresh) }, 401,
			"Token is blacklisted"},
		{"disabled at the hub", func(f *fleet, _ string) {
			if err := f.nodes[1].store.SetActive(t.Context(), core.Integer(7), false); err != nil {
				t.Error(err)
			}
			f.spread()
		}, 401, ""},
		{"logged out everywhere", func(f *fleet, _ string) {
			if err := f.nodes[1].store.Revoke(t.Context(), core.Integer(7)); err != nil {
				t.Error(err)
			}
			f.spread()
		}, 401, ""},
		{"stale", func(f *fleet, _ string) { f.nodes[3].set(func(m *member) { m.age = staleness + 1 }) }, 503, "stale"},
	} {
		for _, when := range []string{"before", "after"} {
			t.Run(c.name+" "+when, func(t *testing.T) {
				f := openFleet(t, nil)
				refresh, _ := f.nodes[2].login(t)
				if when == "before" {
					c.change(f, refresh)
				} else {
					f.sync = func() {} // the home has not heard of it
					f.answered = func(_ uint16, answer []byte) []byte { c.change(f, refresh); return answer }
				}
				answer, body, _, _ := f.nodes[3].exchange(t, refresh)
				if answer.StatusCode != c.status || !strings.Contains(body, c.says) && c.status != 503 ||
					strings.Contains(body, "eyJ") != (c.status == 200) {
					t.Errorf("refresh: %d %s; want %d", answer.StatusCode, body, c.status)
				}
				if c.status == 503 {
					wantUnable(t, "refresh", answer, body, c.says)
				}
				if asked := len(f.asksSince()) > 0; asked != (when == "after" || c.name == "nothing") {
					t.Errorf("the home was asked: %v", asked)
				}
			})
		}
	}
}

// TestLeaseAndConfirmation: a home that may not advance log-ins does not, and nobody gets tokens that the fleet does
// not hold, not even again.
func TestLeaseAndConfirmation(t *testing.T) {
	f := openFleet(t, nil)
	home, other := f.nodes[2], f.nodes[3]
	refresh, access := home.login(t)

	home.set(func(m *member) { m.leased = errors.New("the old lease runs on") })
	answer, body, _, _ := home.exchange(t, refresh)
	wantUnable(t, "without a lease", answer, body, "unleased")
	answer, body, _, _ = other.exchange(t, refresh)
	wantUnable(t, "without a lease, asked elsewhere", answer, body, "away")
	if answer, body := home.me(t, access); answer.StatusCode != http.StatusOK {
		t.Errorf("a check without a lease: %d %s", answer.StatusCode, body)
	}
	if answer, body := home.ask(t, "GET", "/readyz", ""); answer.StatusCode != http.StatusServiceUnavailable ||
		!strings.Contains(body, `"error":"unleased"`) {
		t.Errorf("/readyz without a lease: %d %s", answer.StatusCode, body)
	}

	home.set(func(m *member) { m.leased, m.confirmed = nil, errors.New("the hub is away") })
	for _, what := range []string{"unconfirmed", "unconfirmed, given again"} {
		answer, body, _, _ = home.exchange(t, refresh)
		wantUnable(t, what, answer, body, "unconfirmed")
		answer, body, _, _ = other.exchange(t, refresh)
		wantUnable(t, what+", asked elsewhere", answer, body, "away")
	}
	if home.confirms != 4 {
		t.Errorf("the fleet was asked for confirmation %d times, want 4", home.confirms)
	}
	home.set(func(m *member) { m.confirmed = nil })
	at, bodyAt, next, _ := home.exchange(t, refresh)
	if at.StatusCode != http.StatusOK || next == "" {
		t.Fatalf("once the hub is back: %d %s", at.StatusCode, bodyAt)
	}
	forwarded, body, _, _ := other.exchange(t, refresh)
	sameAnswer(t, "once the hub is back", forwarded, at, body, bodyAt)
}

// TestLeaseEndsMeanwhile: tokens do not leave a home whose lease ended while it made them.
func TestLeaseEndsMeanwhile(t *testing.T) {
	f := openFleet(t, nil)
	home := f.nodes[2]
	refresh, _ := home.login(t)
	confirming := confirming{member: home, do: func() {
		home.set(func(m *member) { m.leased = errors.New("it ran out") })
	}}
	home.config.Fleet = confirming
	n, err := node.New(home.config)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := n.Refresh(t.Context(), refresh); !errors.Is(err, node.ErrUnleased) || len(r.Tokens) > 0 {
		t.Errorf("Refresh = %+v, %v; want %v", r, err, node.ErrUnleased)
	}
}

// confirming is a member that does something whenever it waits for the fleet.
type confirming struct {
	*member
	do func()
}

func (c confirming) Confirmed(context.Context) error { c.do(); return nil }

// TestHomeAway: without the home nobody advances the log-in. With home_away: access_only the client gets an access
// token and keeps the refresh token, unless the home may have spent it.
func TestHomeAway(t *testing.T) {
	for _, accessOnly := range []bool{false, true} {
		t.Run(fmt.Sprintf("access only %v", accessOnly), func(t *testing.T) {
			f := openFleet(t, func(n *node.Config, _ *httpapi.Config) {
				engine := core.NewNative(n.Settings.AccessOnly(), namedKey{testKeys(t)})
				if accessOnly {
					n.AwayEngine = func() core.Engine { return engine }
				}
			})
			home, other := f.nodes[2], f.nodes[3]
			refresh, _ := home.login(t)
			f.away[2] = node.ErrAway
			answer, body, next, access := other.exchange(t, refresh)
			if !accessOnly {
				wantUnable(t, "home away", answer, body, "away")
			} else {
				if answer.StatusCode != http.StatusOK || next != "" || body != `{"access":"`+access+`"}` {
					t.Fatalf("home away: %d %s; want an access token alone", answer.StatusCode, body)
				}
				if answer, body := other.me(t, access); answer.StatusCode != http.StatusOK {
					t.Errorf("the access token: %d %s", answer.StatusCode, body)
				}
				other.set(func(m *member) { m.age = staleness + 1 })
				answer, body, _, _ = other.exchange(t, refresh)
				wantUnable(t, "home away, and stale", answer, body, "stale")
				other.set(func(m *member) { m.age = 0 })
			}
			f.away[2] = context.DeadlineExceeded // of the lane: the home may have done it
			answer, body, _, _ = other.exchange(t, refresh)
			wantUnable(t, "home silent", answer, body, "away")
			f.away[2] = nil
			if answer, body, next, _ = home.exchange(t, refresh); answer.StatusCode != http.StatusOK || next == "" {
				t.Fatalf("the refresh token afterwards: %d %s", answer.StatusCode, body)
			}
			if access != "" {
				if r, err := home.Blacklist(t.Context(), next); err != nil || r.Refused() {
					t.Fatalf("Blacklist = %+v, %v", r, err)
				}
				f.spread()
				if answer, _ := other.me(t, access); answer.StatusCode != http.StatusUnauthorized {
					t.Errorf("the access token of a log-in that ended: %d", answer.StatusCode)
				}
			}
		})
	}
}

// TestAccessOnlyEndsWithTheSession: no access token outlives the session.
func TestAccessOnlyEndsWithTheSession(t *testing.T) {
	f := openFleet(t, func(n *node.Config, _ *httpapi.Config) {
		n.Settings.RefreshTokenLifetime, n.Settings.MaxSession = time.Hour, time.Hour
		n.Settings.AccessTokenLifetime = time.Hour
		engine := core.NewNative(n.Settings.AccessOnly(), namedKey{testKeys(t)})
		n.AwayEngine = func() core.Engine { return engine }
	})
	refresh, _ := f.nodes[2].login(t)
	f.away[2] = node.ErrAway
	answer, body, _, _ := f.nodes[3].exchange(t, refresh)
	wantUnable(t, "the session ends before an access token would", answer, body, "away")
}

// TestHomesDisagree: a node that is asked for a family of another home does not ask on.
func TestHomesDisagree(t *testing.T) {
	f := openFleet(t, nil)
	refresh, _ := f.nodes[2].login(t)
	f.asked = func(_ uint16, request []byte) (uint16, []byte) { return 1, request }
	answer, body, _, _ := f.nodes[3].exchange(t, refresh)
	wantUnable(t, "asked of a node that is not the home", answer, body, "away")
	if asks := f.asksSince(); len(asks) != 1 {
		t.Errorf("%d nodes were asked, want one", len(asks))
	}
	f.asked = nil
	if answer, body, _, _ := f.nodes[2].exchange(t, refresh); answer.StatusCode != http.StatusOK {
		t.Errorf("the token afterwards: %d %s", answer.StatusCode, body)
	}
}

// TestTamperedAnswers: nobody gets tokens but those that continue the log-in of the token that was sent.
func TestTamperedAnswers(t *testing.T) {
	f := openFleet(t, nil)
	home, other := f.nodes[2], f.nodes[3]
	var foreign []byte // the answer to another client
	f.answered = func(_ uint16, answer []byte) []byte { foreign = bytes.Clone(answer); return answer }
	another, _ := home.login(t)
	other.exchange(t, another)
	for name, tamper := range map[string]func([]byte) []byte{
		"of another client": func([]byte) []byte { return foreign },
		"of another version": func(b []byte) []byte {
			b[0]++
			return b
		},
		"cut":            func(b []byte) []byte { return b[:len(b)-1] },
		"longer":         func(b []byte) []byte { return append(b, 0) },
		"empty":          func([]byte) []byte { return nil },
		"of no tokens":   func(b []byte) []byte { return append(b[:11:11], 0, 0) },
		"a forged token": func(b []byte) []byte { b[bytes.LastIndex(b, []byte("eyJ"))+8] ^= 1; return b },
	} {
		t.Run(name, func(t *testing.T) {
			refresh, _ := home.login(t)
			f.answered = func(_ uint16, answer []byte) []byte { return tamper(bytes.Clone(answer)) }
			answer, body, _, _ := other.exchange(t, refresh)
			wantUnable(t, name, answer, body, "away")
		})
	}
}

// TestOneTokenAtAllNodes: whatever the nodes to which one refresh token is shown at once, it is spent once (R1), and
// all get the same (R2).
func TestOneTokenAtAllNodes(t *testing.T) {
	f := openFleet(t, nil)
	for range 4 {
		token, _ := f.nodes[2].login(t)
		for generation := 1; generation <= 3; generation++ {
			bodies := map[string]int{}
			var mu sync.Mutex
			var group sync.WaitGroup
			for client := range 12 {
				group.Go(func() {
					_, body, _, _ := f.nodes[uint16(client%3+1)].exchange(t, token)
					mu.Lock()
					defer mu.Unlock()
					bodies[body]++
				})
			}
			group.Wait()
			if len(bodies) != 1 {
				t.Fatalf("generation %d: one token was exchanged for %d answers: %v", generation, len(bodies), bodies)
			}
			_, _, token, _ = f.nodes[3].exchange(t, token)
		}
	}
}
