package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestStale: a node that knows too little answers 503, and never that a token is not valid. A log-out is possible all
// the same. With when_stale: open tokens are checked, but nothing is issued.
func TestStale(t *testing.T) {
	for _, policy := range []core.StalePolicy{core.Closed, core.Open} {
		t.Run(fmt.Sprintf("open %v", policy == core.Open), func(t *testing.T) {
			f := openFleet(t, func(n *node.Config, h *httpapi.Config) {
				n.Settings.WhenStale = policy
				n.Settings.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
			})
			m := f.nodes[2]
			refresh, access := m.login(t)
			sliding := m.slide(t)
			person := m.browser()
			person.logIn(t)
			person.token = person.cookies["csrftoken"]
			session := "Cookie: sessionid=" + person.cookies["sessionid"]
			m.set(func(m *member) { m.age = staleness + 1 })
			bearer := "Authorization: Bearer "
			const credentials = `{"email":"ana@example.com","password":"right"}`
			checks := []struct{ name, path, body, header string }{
				{"check", "/customers/me/", "", bearer + access},
				{"check of a sliding token", "/customers/me/", "", bearer + sliding},
				{"session", "/customers/me/", "", session},
				{"forward-auth", "/auth/check/", "", bearer + access},
				{"verify", "/auth/token/verify/", `{"token":"` + access + `"}`, ""},
				{"readiness", "/readyz", "", ""},
			}
			issues := []struct{ name, path, body string }{
				{"log-in", "/auth/token/", credentials},
				{"wrong log-in", "/auth/token/", strings.Replace(credentials, "right", "wrong", 1)},
				{"sliding log-in", "/auth/token/sliding/", credentials},
				{"refresh", "/auth/token/refresh/", `{"refresh":"` + refresh + `"}`},
				{"sliding refresh", "/auth/token/sliding/refresh/", `{"token":"` + sliding + `"}`},
			}
			for _, c := range checks {
				method := "GET"
				if c.body != "" {
					method = "POST"
				}
				headers := slices.DeleteFunc([]string{"Content-Type: application/json", c.header},
					func(h string) bool { return h == "" })
				answer, body := m.ask(t, method, c.path, c.body, headers...)
				switch {
				case policy == core.Closed:
					wantUnable(t, c.name, answer, body, "stale")
				case answer.StatusCode != http.StatusOK:
					t.Errorf("%s: %d %s, want 200", c.name, answer.StatusCode, body)
				}
			}
			for _, c := range issues {
				answer, body := m.post(t, c.path, c.body)
				wantUnable(t, c.name, answer, body, "stale")
			}
			again := m.browser()
			again.ask(t, "GET", "/auth/login/", "")
			if answer, body := again.submit(t, "/auth/login/", []string{"username=ana@example.com",
				"password=right"}); answer.StatusCode != http.StatusServiceUnavailable ||
				again.cookies["sessionid"] != "" || answer.Header.Get("X-Auth-Error") != "stale" {
				t.Errorf("log-in in the browser: %d %s", answer.StatusCode, body)
			}

			// What may have come since is not refused; what no newer state can change is.
			for name, token := range map[string]string{
				"a key that may have come":      unknownKid,
				"a customer that may have come": tokenFor(t, m, 99),
			} {
				answer, body := m.me(t, token)
				wantUnable(t, name, answer, body, "stale")
			}
			if answer, body := m.me(t, "a.b.c"); answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("no token at all: %d %s", answer.StatusCode, body)
			}

			if answer, body := m.post(t, "/auth/token/blacklist/", `{"refresh":"`+refresh+`"}`); answer.StatusCode !=
				http.StatusOK {
				t.Errorf("blacklist: %d %s", answer.StatusCode, body)
			}
			if answer, body := person.submit(t, "/auth/logout/", nil); answer.StatusCode != http.StatusOK {
				t.Errorf("log-out: %d %s", answer.StatusCode, body)
			}
			m.set(func(m *member) { m.age = staleness - time.Second })
			for name, header := range map[string]string{"blacklisted": "Authorization: Bearer " + access,
				"session ended": session} {
				if answer, body := m.ask(t, "GET", "/customers/me/", "", header); answer.StatusCode !=
					http.StatusUnauthorized {
					t.Errorf("%s, and young again: %d %s", name, answer.StatusCode, body)
				}
			}
			if answer, body := m.ask(t, "GET", "/readyz", ""); answer.StatusCode != http.StatusOK {
				t.Errorf("/readyz when young again: %d %s", answer.StatusCode, body)
			}
		})
	}
}

// unknownKid is a token of a key that this node does not know.
const unknownKid = "eyJhbGciOiJFUzI1NiIsImtpZCI6Im5ldyIsInR5cCI6IkpXVCJ9.e30.AAAA"

// tokenFor is an access token for a customer whom the node has not heard of.
func tokenFor(t *testing.T, m *member, customer int64) string {
	t.Helper()
	engine := core.NewNative(m.config.Settings, namedKey{testKeys(t)})
	id := core.Integer(customer)
	o, err := engine.Decide(t.Context(), core.Request{Op: core.Login, Now: time.Now(), State: core.State{
		Customer: core.Customer{ID: id, UserID: id, Active: true}, PasswordGood: true, Number: 3},
		Entropy: []byte(strings.Repeat("entropy!", core.EntropyBytes/8+1))[:core.EntropyBytes]})
	if err != nil || len(o.Tokens) != 2 {
		t.Fatal(o, err)
	}
	return o.Tokens[1].Value
}

// TestClockOfTheFleet: a node whose clock is off the hub's issues nothing, and checks.
func TestClockOfTheFleet(t *testing.T) {
	f := openFleet(t, nil)
	m := f.nodes[3]
	_, access := m.login(t)
	m.set(func(m *member) { m.issues = errors.New("5s ahead of the hub") })
	answer, body := m.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("log-in: %d %s", answer.StatusCode, body)
	}
	if answer, body := m.me(t, access); answer.StatusCode != http.StatusOK {
		t.Errorf("check: %d %s", answer.StatusCode, body)
	}
	if answer, body := m.ask(t, "GET", "/readyz", ""); !strings.Contains(body, `"error":"clock"`) {
		t.Errorf("/readyz: %d %s", answer.StatusCode, body)
	}
}

// TestLogOutEverywhereAtAnEdge: the hub decides, and once the edge has answered it takes none of the old tokens.
func TestLogOutEverywhereAtAnEdge(t *testing.T) {
	f := openFleet(t, nil)
	edge := f.nodes[2]
	_, elsewhere := f.nodes[3].login(t)
	for _, way := range []string{"token", "session"} {
		refresh, access := edge.login(t)
		person := edge.browser()
		person.logIn(t)
		token := person.cookies["csrftoken"]
		headers := map[string][]string{"token": {"Authorization: Bearer " + access},
			"session": {"Cookie: sessionid=" + person.cookies["sessionid"] + "; csrftoken=" + token,
				"X-CSRFToken: " + token}}[way]

		f.away[1] = node.ErrAway
		answer, body := edge.post(t, logOutAll, "", headers...)
		wantUnable(t, way+", the hub is away", answer, body, "away")
		f.away[1] = nil
		if answer, body := edge.me(t, access); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: a check after a log-out that failed: %d %s", way, answer.StatusCode, body)
		}

		spread := make(chan struct{})
		f.sync = func() { // the change comes later than the answer of the hub
			go func() { defer close(spread); time.Sleep(50 * time.Millisecond); f.spread() }()
		}
		answer, body = edge.post(t, logOutAll, "", headers...)
		if answer.StatusCode != http.StatusOK || body != "{}" {
			t.Fatalf("%s: log-out everywhere: %d %s", way, answer.StatusCode, body)
		}
		for name, old := range map[string]string{"own": access, "other": elsewhere} {
			if answer, body := edge.me(t, old); answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: a check of the %s log-in afterwards: %d %s", way, name, answer.StatusCode, body)
			}
		}
		f.sync = f.spread
		<-spread
		if answer, body, _, _ := edge.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: refresh afterwards: %d %s", way, answer.StatusCode, body)
		}
		if _, access := edge.login(t); access == "" {
			t.Errorf("%s: no log-in afterwards", way)
		}
	}
	if f.nodes[1].confirms == 0 {
		t.Error("the hub did not wait until another holds what it wrote")
	}
}

// TestLogOutAtTheHub: a log-out at the hub is answered when another node knows of it, one at an edge at once.
func TestLogOutAtTheHub(t *testing.T) {
	f := openFleet(t, nil)
	for number, m := range f.nodes {
		m.set(func(m *member) { m.confirmed = errors.New("nobody has it") })
		refresh, access := m.login(t)
		answer, body := m.post(t, "/auth/token/blacklist/", `{"refresh": "`+refresh+`"}`)
		if number == 1 {
			wantUnable(t, "a log-out that only the hub knows", answer, body, "unconfirmed")
		} else if answer.StatusCode != http.StatusOK {
			t.Errorf("a log-out at node %d: %d %s", number, answer.StatusCode, body)
		}
		if answer, body := m.me(t, access); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("a check at node %d afterwards: %d %s", number, answer.StatusCode, body)
		}
	}
}

// TestLogOutAtANodeThatLeaves: what nobody else will hear of is not acknowledged.
func TestLogOutAtANodeThatLeaves(t *testing.T) {
	m := openFleet(t, nil).nodes[2]
	refresh, _ := m.login(t)
	m.set(func(m *member) { m.tells = errors.New("it is being withdrawn") })
	answer, body := m.post(t, "/auth/token/blacklist/", `{"refresh": "`+refresh+`"}`)
	wantUnable(t, "a log-out", answer, body, "unconfirmed")
}

// TestHubRefusesLogOut: the hub may know that a token is good no more.
func TestHubRefusesLogOut(t *testing.T) {
	f := openFleet(t, nil)
	_, access := f.nodes[2].login(t)
	if err := f.nodes[1].store.SetActive(t.Context(), core.Integer(7), false); err != nil {
		t.Fatal(err)
	}
	if answer, body := f.nodes[2].post(t, logOutAll, "", "Authorization: Bearer "+access); answer.StatusCode !=
		http.StatusUnauthorized {
		t.Errorf("log-out everywhere with a token that the hub refuses: %d %s", answer.StatusCode, body)
	}
}

// TestPasswordAtAnEdge: the hub checks the current password and stores the new one, under which the edge logs in as
// soon as it has answered.
func TestPasswordAtAnEdge(t *testing.T) {
	f := openFleet(t, nil)
	edge := f.nodes[3]
	_, access := edge.login(t)
	change := func(email, current, next string) (node.Result, error) {
		client := node.Client{Prefix: netip.MustParsePrefix("192.0.2.0/24")}
		return edge.ChangePassword(t.Context(), client, email, current, next)
	}
	f.away[1] = node.ErrAway
	if r, err := change("ana@example.com", "right", "next"); !errors.Is(err, node.ErrAway) {
		t.Errorf("ChangePassword without the hub = %+v, %v", r, err)
	}
	f.away[1] = nil
	f.asksSince()
	for _, c := range [][2]string{{"ana@example.com", "wrong"}, {"nobody@example.com", "right"}} {
		if r, err := change(c[0], c[1], "next"); err != nil || !r.Refused() {
			t.Errorf("ChangePassword of %v = %+v, %v; want a refusal", c, r, err)
		}
	}
	if r, err := change("ana@example.com", "right", "next"); err != nil || r.Refused() {
		t.Fatalf("ChangePassword = %+v, %v", r, err)
	}
	if asks := f.asksSince(); !slices.Equal(asks, []uint16{1, 1, 1}) {
		t.Errorf("asked %v, want the hub each time", asks)
	}
	if answer, body := edge.me(t, access); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a check of the old log-in: %d %s", answer.StatusCode, body)
	}
	for number, m := range f.nodes {
		f.spread()
		for given, want := range map[string]int{"next": http.StatusOK, "right": http.StatusUnauthorized} {
			if answer, body := m.post(t, "/auth/token/", `{"email":"ana@example.com","password":"`+given+
				`"}`); answer.StatusCode != want {
				t.Errorf("node %d: log-in with %q: %d %s", number, given, answer.StatusCode, body)
			}
		}
	}
}

// TestOnlyTheHubAnswersCalls: no other node takes an edge's word, and no call that it does not know.
func TestOnlyTheHubAnswersCalls(t *testing.T) {
	f := openFleet(t, nil)
	_, access := f.nodes[2].login(t)
	for name, c := range map[string]struct {
		to      uint16
		call    byte
		request string
	}{
		"an edge":         {3, node.CallLogoutAll, ""},
		"an unknown call": {1, 99, ""},
		"no message":      {1, node.CallPassword, "x"},
		"an edge's word":  {1, node.CallLogoutAll, "\x01\x00\x00\x00\x00\x01\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		"nobody":          {1, node.CallLogoutAll, "\x01\x00\x00\x00\x00"},
	} {
		answer, err := f.nodes[c.to].AnswerHub(t.Context(), 2, c.call, []byte(c.request))
		if err != nil || len(answer) != 3 || answer[1] != 0 {
			t.Errorf("%s: %x, %v; want a fault", name, answer, err)
		}
	}
	if answer, body := f.nodes[2].me(t, access); answer.StatusCode != http.StatusOK {
		t.Errorf("a check afterwards: %d %s", answer.StatusCode, body)
	}
}
