package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// TestRecordsTellOneLogin: the records of a log-in and of all that is asked of its tokens have one family, and name
// the key.
func TestRecordsTellOneLogin(t *testing.T) {
	ring, err := keyring.Generate("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		n.Engine = core.NewNative(n.Settings, ring)
	})
	ask := func(path, body string, headers ...string) (family any, text string) {
		t.Helper()
		s.log.Lock()
		s.log.Reset()
		s.log.Unlock()
		method := "POST"
		if body == "" {
			method = "GET"
		}
		_, text = s.ask(t, method, path, body, append(headers, "Content-Type: application/json")...)
		var record map[string]any
		if err := json.Unmarshal([]byte(s.record(t)), &record); err != nil {
			t.Fatal(err)
		}
		if kid := record["kid"]; (record["family"] == nil) != (kid == nil) || kid != nil &&
			kid != ring.Set().Keys[0].ID {
			t.Errorf("%s: kid %v, family %v; want both, or neither", path, kid, record["family"])
		}
		if record["client"] != "127.0.0.1" {
			t.Errorf("%s: client %v, want 127.0.0.1", path, record["client"])
		}
		return record["family"], text
	}
	family, body := ask("/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	if text, _ := family.(string); len(text) != 12 {
		t.Errorf("log-in: family %v, want 12 hex digits", family)
	}
	var pair struct{ Refresh, Access string }
	if err := json.Unmarshal([]byte(body), &pair); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, body, access string
		want               any
	}{
		{"/customers/me/", "", pair.Access, family},
		{"/auth/token/verify/", `{"token":"` + pair.Access + `"}`, "", family},
		{"/auth/token/refresh/", `{"refresh":"` + pair.Refresh + `"}`, "", family},
		{"/auth/token/blacklist/", `{"refresh":"` + pair.Refresh + `"}`, "", family},
		{"/auth/token/refresh/", `{"refresh":"` + pair.Refresh + `"}`, "", family}, // refused now
		{"/auth/token/refresh/", `{"refresh":"` + pair.Refresh + `x"}`, "", nil},   // nobody's word
		{"/auth/token/", `{"email":"ana@example.com","password":"wrong"}`, "", nil},
	} {
		var headers []string
		if c.access != "" {
			headers = append(headers, "Authorization: Bearer "+c.access)
		}
		if got, _ := ask(c.path, c.body, headers...); got != c.want {
			t.Errorf("%s %s: family %v, want %v", c.path, c.body, got, c.want)
		}
	}
	if again, _ := ask("/auth/token/", `{"email":"ana@example.com","password":"right"}`); again == family ||
		again == nil {
		t.Errorf("another log-in has family %v, want one of its own", again)
	}
}

// TestRecordsOfSessions: the record of a page that a customer asks for by the session names whom, and that of anybody
// else nobody.
func TestRecordsOfSessions(t *testing.T) {
	b := openPerson(t, nil)
	b.logIn(t)
	_, page := b.open(t, "/accounts/profile/", nil)
	out := url.Values{"csrfmiddlewaretoken": {token(t, page)}}
	b.open(t, "/auth/logout/", out)
	b.open(t, "/auth/logout/", out)
	b.open(t, "/accounts/profile/", nil)
	b.Close() // waits for what comes after the answers
	var got []string
	for line := range strings.Lines(b.log.String()) {
		var r struct {
			Method, Route, Customer string
			Status                  int
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %d %q", r.Method, r.Route, r.Status, r.Customer))
	}
	slices.Sort(got)
	want := []string{
		`GET /accounts/profile/ 200 "7"`, `GET /accounts/profile/ 302 ""`, `GET /auth/login/ 200 ""`,
		`POST /auth/login/ 302 "7"`, `POST /auth/logout/ 200 ""`, `POST /auth/logout/ 200 "7"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

func TestLogEmails(t *testing.T) {
	for _, asked := range []bool{false, true} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.LogEmails = asked })
		s.post(t, "/auth/token/", `{"email":"nobody@example.com","password":"s3cret"}`)
		record := s.record(t)
		if strings.Contains(record, `"email":"nobody@example.com"`) != asked ||
			strings.Contains(record, "nobody") != asked || strings.Contains(record, "s3cret") {
			t.Errorf("LogEmails %v: %s", asked, record)
		}
	}
}

func TestObserve(t *testing.T) {
	var mu sync.Mutex
	var seen []httpapi.Observation
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.Observe = func(o httpapi.Observation) {
			mu.Lock()
			defer mu.Unlock()
			if o.Duration <= 0 {
				t.Errorf("%+v took no time", o)
			}
			o.Duration = 0
			seen = append(seen, o)
		}
	})
	s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"wrong"}`)
	s.ask(t, "BREW", "/auth/token/", "")
	s.ask(t, "GET", "/ana@example.com/", "")
	s.ask(t, "GET", "/healthz", "")
	s.Close() // waits for what comes after the answers
	want := []httpapi.Observation{
		{Route: "/auth/token/", Method: "POST", Status: http.StatusOK, Cause: "ok"},
		{Route: "/auth/token/", Method: "POST", Status: http.StatusUnauthorized, Code: core.NoActiveAccount,
			Cause: "wrong_password"},
		{Route: "/auth/token/", Method: "other", Status: http.StatusMethodNotAllowed, Cause: "method_not_allowed"},
		{Method: "GET", Status: http.StatusNotFound, Cause: "unknown_path"},
		{Route: "/healthz", Method: "GET", Status: http.StatusOK, Cause: "ok"},
	}
	for i := range max(len(want), len(seen)) {
		if i >= len(want) || i >= len(seen) || seen[i] != want[i] {
			t.Fatalf("observed %+v, want %+v", seen, want)
		}
	}
}

func TestNewNamesEveryBadLimit(t *testing.T) {
	_, err := httpapi.New(httpapi.Config{Node: &node.Node{}, Compat: "5.5", MaxBody: -1, MaxFields: 1001,
		TrustedHops: -1, AuthHeaderName: "x",
		Throttles: httpapi.Throttles{Anon: throttle.Rate{Requests: -1}, Account: throttle.Rate{Requests: 1}}})
	if err == nil {
		t.Fatal("New gave no error")
	}
	for _, want := range []string{"MaxBody", "MaxFields", "TrustedHops", "AUTH_HEADER_NAME", "Throttles.Anon",
		"Throttles.Account"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New = %q, want it to name %s", err, want)
		}
	}
}
