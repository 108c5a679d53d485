package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// TestThrottles sends one request after the other; what each may do depends on those before it.
func TestThrottles(t *testing.T) {
	rate := func(text string) throttle.Rate {
		r, err := throttle.ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	const (
		verify = "/auth/token/verify/"
		good   = `{"email":"ana@example.com","password":"right"}`
		wrong  = `{"email":"ana@example.com","password":"wrong"}`
		other  = `{"email":"ben@example.com","password":"wrong"}`
	)
	type step struct {
		after  time.Duration // since the step before
		path   string        // "" for GET /customers/me/ with a token
		body   string
		from   string // X-Forwarded-For
		status int
		wait   string // Retry-After
	}
	for _, version := range []core.Version{core.V55, core.V52} {
		for _, c := range []struct {
			name      string
			throttles httpapi.Throttles
			steps     []step
		}{
			{"anon: each address", httpapi.Throttles{Anon: rate("2/min")}, []step{
				{0, verify, "{}", "192.0.2.1", 400, ""},
				{10 * time.Second, verify, "{}", "192.0.2.1", 400, ""},
				{time.Second, verify, "{}", "192.0.2.1", 429, "49"},
				{0, "/auth/token/refresh/", "{}", "192.0.2.1", 429, "49"},
				{0, verify, "{}", "192.0.2.2", 400, ""},
				{0, "", "", "192.0.2.1", 200, ""}, // a customer is somebody
				{0, "/healthz", "", "192.0.2.1", 405, ""},
				{48500 * time.Millisecond, verify, "{}", "192.0.2.1", 429, "1"},
				{500 * time.Millisecond, verify, "{}", "192.0.2.1", 400, ""},
			}},
			{"anon: an IPv6 network is one client", httpapi.Throttles{Anon: rate("1/hour")}, []step{
				{0, verify, "{}", "2001:db8::1", 400, ""},
				{0, verify, "{}", "2001:db8::ffff:2", 429, "3600"},
				{0, verify, "{}", "2001:db8:0:1::1", 400, ""},
			}},
			{"user: each customer, whatever the address", httpapi.Throttles{User: rate("2/day")}, []step{
				{0, "", "", "192.0.2.1", 200, ""},
				{0, "", "", "192.0.2.2", 200, ""},
				{0, "", "", "192.0.2.3", 429, "86400"},
				{0, verify, "{}", "192.0.2.3", 400, ""},
			}},
			{"login: log-ins only", httpapi.Throttles{Login: rate("1/s")}, []step{
				{0, "/auth/token/", good, "192.0.2.1", 200, ""},
				{0, "/auth/token/", good, "192.0.2.1", 429, "1"},
				{0, "/auth/token/", good, "192.0.2.2", 200, ""},
				{0, verify, "{}", "192.0.2.1", 400, ""},
				{time.Second, "/auth/token/", good, "192.0.2.1", 200, ""},
				{0, "/auth/token/sliding/", good, "192.0.2.1", 429, "1"},
			}},
			{"account: each e-mail address, whoever asks", httpapi.Throttles{Account: rate("2/min")}, []step{
				{0, "/auth/token/", wrong, "192.0.2.1", 401, ""},
				{0, "/auth/token/", wrong, "192.0.2.2", 401, ""},
				{0, "/auth/token/", good, "192.0.2.3", 429, "60"},
				{0, "/auth/token/sliding/", good, "192.0.2.4", 429, "60"},
				{0, "/auth/token/", other, "192.0.2.1", 401, ""},
			}},
			{"several: the longest wait", httpapi.Throttles{Anon: rate("1/min"), Login: rate("1/hour")}, []step{
				{0, "/auth/token/", good, "192.0.2.1", 200, ""},
				{0, "/auth/token/", good, "192.0.2.1", 429, "3600"},
			}},
			{"off", httpapi.Throttles{}, []step{
				{0, "/auth/token/", good, "192.0.2.1", 200, ""}, {0, "/auth/token/", good, "192.0.2.1", 200, ""},
			}},
		} {
			t.Run(c.name+" "+string(version), func(t *testing.T) {
				now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
				s := openShop(t, func(n *node.Config, h *httpapi.Config) {
					n.Settings.Compat = version
					h.Now = func() time.Time { return now }
					h.TrustedHops = 1
					h.Throttles = c.throttles
				})
				// From an address of its own, so that the steps meet rates that are untouched, but for that of the
				// account.
				token := ""
				if c.throttles.Account == (throttle.Rate{}) {
					_, body := s.post(t, "/auth/token/", good, "X-Forwarded-For: 198.51.100.1")
					var pair struct{ Access string }
					if err := json.Unmarshal([]byte(body), &pair); err != nil {
						t.Fatal(err)
					}
					token = pair.Access
				}
				for i, step := range c.steps {
					now = now.Add(step.after)
					var answer *http.Response
					var body string
					if step.path == "" {
						answer, body = s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+token,
							"X-Forwarded-For: "+step.from)
					} else {
						answer, body = s.post(t, step.path, step.body, "X-Forwarded-For: "+step.from)
					}
					if got := answer.Header.Get("Retry-After"); answer.StatusCode != step.status || got != step.wait {
						t.Errorf("step %d: %d, Retry-After %q, %s; want %d, %q", i, answer.StatusCode, got, body,
							step.status, step.wait)
					}
					unit := " seconds."
					if step.wait == "1" {
						unit = " second."
					}
					want := `{"detail":"Request was throttled. Expected available in ` + step.wait + unit + `"}`
					if step.status == http.StatusTooManyRequests && body != want {
						t.Errorf("step %d: %s, want %s", i, body, want)
					}
				}
			})
		}
	}
}

// TestThrottleHistoryIsShared: a handler that takes the place of another one knows what that one admitted.
func TestThrottleHistoryIsShared(t *testing.T) {
	history := throttle.NewHistory(0)
	for i, want := range []int{http.StatusBadRequest, http.StatusTooManyRequests} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
			h.Throttles.Anon, h.ThrottleHistory = throttle.Rate{Requests: 1, Period: time.Hour}, history
		})
		if answer, body := s.post(t, "/auth/token/verify/", "{}"); answer.StatusCode != want {
			t.Errorf("handler %d: %d %s, want %d", i, answer.StatusCode, body, want)
		}
	}
}

func TestClientAddress(t *testing.T) {
	for _, c := range []struct {
		name string
		hops int
		sent []string // X-Forwarded-For
		want string
	}{
		{"no proxy is trusted", 0, []string{"192.0.2.1"}, "127.0.0.1"},
		{"one hop", 1, []string{"192.0.2.1"}, "192.0.2.1"},
		{"one hop, and what the client says itself", 1, []string{"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},
		{"one hop, and what the client says itself in a header of its own", 1, []string{"203.0.113.9", "192.0.2.1"},
			"192.0.2.1"},
		{"two hops", 2, []string{"203.0.113.9, 192.0.2.1,10.0.0.1"}, "192.0.2.1"},
		{"two hops, one entry", 2, []string{"192.0.2.1"}, "192.0.2.1"},
		{"one hop that says nothing", 1, nil, "127.0.0.1"},
		{"one hop that says nonsense", 1, []string{"192.0.2.1, unknown"}, "127.0.0.1"},
		{"empty", 1, []string{""}, "127.0.0.1"},
		{"with a port", 1, []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{"IPv6", 1, []string{"2001:DB8::1"}, "2001:db8::1"},
		{"IPv6 in brackets, with a port", 1, []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv6 in brackets", 1, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv4 in IPv6", 1, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"IPv6 with a zone", 1, []string{"fe80::1%eth0"}, "fe80::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.TrustedHops = c.hops })
			request, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/customers/me/", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header["X-Forwarded-For"] = c.sent
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if record := s.record(t); !strings.Contains(record, `"client":"`+c.want+`"`) {
				t.Errorf("X-Forwarded-For %q with %d hops: log = %s, want client %s", c.sent, c.hops, record, c.want)
			}
		})
	}
}
