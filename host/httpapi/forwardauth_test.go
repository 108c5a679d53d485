package httpapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// guarded is a shop whose proxies ask who customers are.
func guarded(t *testing.T) *shop {
	return openShop(t, func(n *node.Config, h *httpapi.Config) {
		h.ForwardAuth = httpapi.ForwardAuth{
			Headers: claimmaptest.Members(t,
				"X-User-Id=id X-User-Email=email X-User-Groups=groups X-User-Plan=attributes.plan "+
					"X-User-Staff=is_staff"), Cookie: "access",
		}
	})
}

func TestForwardAuth(t *testing.T) {
	s := guarded(t)
	refresh, access := s.login(t)
	want := map[string]string{"X-User-Id": "7", "X-User-Email": "ana@example.com", "X-User-Groups": "",
		"X-User-Plan": "", "X-User-Staff": "false"}
	nobody := map[string]string{"X-User-Id": "", "X-User-Email": "", "X-User-Groups": "", "X-User-Plan": "",
		"X-User-Staff": ""}
	for _, test := range []struct {
		name    string
		headers []string
		status  int
		cause   string
	}{
		{"a token in the header", []string{"Authorization: Bearer " + access}, http.StatusOK, ""},
		{"a token in the cookie", []string{"Cookie: access=" + access}, http.StatusOK, ""},
		{"a cookie from a page of this site", []string{"Cookie: access=" + access, "Origin: " + s.URL}, http.StatusOK,
			""},
		{"a cookie from a page of another site", []string{"Cookie: access=" + access, "Origin: https://evil.example"},
			http.StatusForbidden, ""},
		{"a cookie from a page without an origin", []string{"Cookie: access=" + access, "Origin: null"},
			http.StatusForbidden, ""},
		{"a header from a page of another site", []string{"Authorization: Bearer " + access,
			"Origin: https://evil.example"}, http.StatusOK, ""},
		{"header before cookie", []string{"Authorization: Bearer x.y.z", "Cookie: access=" + access},
			http.StatusUnauthorized, "invalid"},
		{"a CSRF cookie that Django would replace", []string{"Cookie: csrftoken=x; access=" + access}, http.StatusOK,
			""},
		{"nothing", nil, http.StatusUnauthorized, "not_authenticated"},
		{"another scheme", []string{"Authorization: Basic YTpi"}, http.StatusUnauthorized, "not_authenticated"},
		{"another cookie", []string{"Cookie: sessionid=" + access}, http.StatusUnauthorized, "not_authenticated"},
		{"a scheme alone", []string{"Authorization: Bearer"}, http.StatusUnauthorized, "bad_authorization_header"},
		{"a refresh token", []string{"Authorization: Bearer " + refresh}, http.StatusUnauthorized, "wrong_type"},
		{"a refresh token in the cookie", []string{"Cookie: access=" + refresh}, http.StatusUnauthorized, "wrong_type"},
		{"made-up headers", []string{"X-User-Id: 1", "X-User-Email: root@example.com"}, http.StatusUnauthorized,
			"not_authenticated"},
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"} {
			answer, body := s.ask(t, method, "/auth/check/", "", test.headers...)
			if answer.StatusCode != test.status || body != "" {
				t.Fatalf("%s, %s: %d %q, want %d and no body", test.name, method, answer.StatusCode, body, test.status)
			}
			if got := answer.Header.Get("X-Auth-Error"); got != test.cause {
				t.Errorf("%s, %s: X-Auth-Error %q, want %q", test.name, method, got, test.cause)
			}
			if got := answer.Header.Get("Www-Authenticate"); (got != "") != (test.status == http.StatusUnauthorized) {
				t.Errorf("%s, %s: WWW-Authenticate %q", test.name, method, got)
			}
			if got := answer.Header.Get("Cache-Control"); test.status != http.StatusForbidden && got != "no-store" {
				t.Errorf("%s, %s: Cache-Control %q", test.name, method, got)
			}
			if got := answer.Header.Values("Set-Cookie"); len(got) > 0 {
				t.Errorf("%s, %s: Set-Cookie %q: a proxy is no browser", test.name, method, got)
			}
			expected := nobody
			if test.status == http.StatusOK {
				expected = want
			}
			for name, value := range expected {
				if got := answer.Header.Values(name); len(got) != 1 || got[0] != value {
					t.Errorf("%s, %s: %s is %q, want %q", test.name, method, name, got, value)
				}
			}
		}
	}
}

// TestForwardAuthHostileCustomer: no field of a customer makes another header, and every one can be read back.
func TestForwardAuthHostileCustomer(t *testing.T) {
	const evil = " ,\r\nX-User-Id: 1\x01%41 Zoë\u2028😀\t "
	const group = "," + evil + "%" // without white space around, which no group has
	s := guarded(t)
	attributes := `{"plan":"a,b\r\nX-User-Staff: true"}`
	if _, err := s.store.AddAll(t.Context(), []store.NewCustomer{{
		ID: core.Integer(8), Email: evil, IsActive: true, PasswordHash: hashOf(t, "right"),
		Groups: map[string][]string{group: {}, "staff": {}}, Attributes: []byte(attributes),
	}}); err != nil {
		t.Fatal(err)
	}
	n, err := node.New(node.Config{Engine: core.NewNative(core.DefaultSettings(), testKeys(t)), Store: s.store,
		Settings: core.DefaultSettings(), Passwords: cheap})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := n.Login(t.Context(), node.Client{}, evil, "right")
	if err != nil || len(pair.Tokens) != 2 {
		t.Fatal(pair.Refusals, err)
	}
	access := pair.Tokens[slices.IndexFunc(pair.Tokens, func(t core.Token) bool { return t.Type == core.AccessToken })]
	answer, _ := s.ask(t, "GET", "/auth/check/", "", "Authorization: Bearer "+access.Value)
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	for name, want := range map[string][]string{
		"X-User-Id": {"8"}, "X-User-Email": {evil}, "X-User-Groups": {group, "staff"},
		"X-User-Plan": {"a,b\r\nX-User-Staff: true"}, "X-User-Staff": {"false"},
	} {
		values := answer.Header.Values(name)
		if len(values) != 1 {
			t.Errorf("%s is there %d times: %q", name, len(values), values)
			continue
		}
		parts := strings.Split(values[0], ",")
		for i, part := range parts {
			text, err := url.PathUnescape(part)
			if err != nil || len(parts) != len(want) || text != want[i] {
				t.Errorf("%s is %q, of which %q is %q; want %q", name, values[0], part, text, want)
			}
		}
	}
}

// TestForwardAuthFollowsState: what the node learns counts from the next request on, though the token is remembered
// as verified.
func TestForwardAuthFollowsState(t *testing.T) {
	for _, change := range []struct {
		name  string
		cause string
		do    func(*testing.T, *shop, string)
	}{
		{"disabled", "blacklisted", func(t *testing.T, s *shop, _ string) {
			if err := s.store.SetActive(t.Context(), core.Integer(7), false); err != nil {
				t.Fatal(err)
			}
		}},
		{"logged out everywhere", "blacklisted", func(t *testing.T, s *shop, _ string) {
			if err := s.store.Revoke(t.Context(), core.Integer(7)); err != nil {
				t.Fatal(err)
			}
		}},
		{"blacklisted", "blacklisted", func(t *testing.T, s *shop, refresh string) {
			if answer, body := s.post(t, "/auth/token/blacklist/",
				`{"refresh":"`+refresh+`"}`); answer.StatusCode != http.StatusOK {
				t.Fatal(answer.Status, body)
			}
		}},
	} {
		t.Run(change.name, func(t *testing.T) {
			remembered, err := cache.New(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
				n.Engine = remembered.Engine(core.NewNative(n.Settings, testKeys(t)))
			})
			refresh, access := s.login(t)
			check := func() (int, string) {
				answer, _ := s.ask(t, "GET", "/auth/check/", "", "Authorization: Bearer "+access)
				return answer.StatusCode, answer.Header.Get("X-Auth-Error")
			}
			for range 3 {
				if status, cause := check(); status != http.StatusOK {
					t.Fatalf("before: %d %s", status, cause)
				}
			}
			change.do(t, s, refresh)
			if hits := remembered.Stats().Hits; hits < 2 {
				t.Fatalf("%d hits: the token was not remembered", hits)
			}
			if status, cause := check(); status != http.StatusUnauthorized || cause != change.cause {
				t.Errorf("after: %d %q, want 401 %q", status, cause, change.cause)
			}
		})
	}
}

func TestForwardAuthMistakes(t *testing.T) {
	for name, f := range map[string]httpapi.ForwardAuth{
		"no header":            {Headers: claimmaptest.Members(t, "X-User:=id")},
		"a header of HTTP":     {Headers: claimmaptest.Members(t, "Set-Cookie=email")},
		"the same header":      {Headers: claimmaptest.Members(t, "X-User=id x-user=email")},
		"no cookie":            {Cookie: "a=b"},
		"a cookie with a line": {Cookie: "a\nb"},
	} {
		if err := f.Validate(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := (httpapi.ForwardAuth{}).Filled().Validate(); err != nil {
		t.Error(err)
	}
}

// TestNothingOfTheRequestBefore asks for a customer and then for nobody, again and again: answer and record of nobody
// know of no customer.
func TestNothingOfTheRequestBefore(t *testing.T) {
	s := guarded(t)
	_, access := s.login(t)
	const times = 5
	for range times {
		s.ask(t, "GET", "/auth/check/", "", "Authorization: Bearer "+access)
		if answer, _ := s.ask(t, "GET", "/auth/check/", ""); answer.StatusCode != http.StatusUnauthorized ||
			answer.Header.Get("X-User-Id") != "" {
			t.Errorf("nobody, after a customer: %d, X-User-Id %q", answer.StatusCode, answer.Header.Get("X-User-Id"))
		}
	}
	const refused = `"status":401`
	for t.Context().Err() == nil && strings.Count(s.record(t), refused) < times {
		time.Sleep(time.Millisecond)
	}
	for line := range strings.Lines(s.record(t)) {
		if strings.Contains(line, refused) && (strings.Contains(line, `"customer"`) ||
			strings.Contains(line, `"kid"`)) {
			t.Errorf("the record of nobody: %s", line)
		}
	}
}
