package httpapi_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

const (
	passwordChange = "/auth/password/change/"
	next           = "battery staple 2"
	wrongCurrent   = `{"current_password":["Your old password was entered incorrectly. Please enter it again."]}`
)

// newPassword is the body of a change of password.
func newPassword(current, next string) string {
	text, _ := json.Marshal(map[string]string{"current_password": current, "new_password": next})
	return string(text)
}

// addBen adds a second customer, ben@example.com, whose password is "right" too.
func (s *shop) addBen(t *testing.T) {
	t.Helper()
	ben := store.NewCustomer{ID: core.Integer(8), Email: "ben@example.com", IsActive: true,
		PasswordHash: hashOf(t, "right")}
	if _, err := s.store.Add(t.Context(), ben); err != nil {
		t.Fatal(err)
	}
}

// enterBen adds ben@example.com and logs it in.
func (s *shop) enterBen(t *testing.T) (refresh, access string) {
	t.Helper()
	s.addBen(t)
	_, refresh, access = s.enterAs(t, "ben@example.com", "right")
	return refresh, access
}

// enterAs logs a customer in with a password, and gives the status and the tokens.
func (s *shop) enterAs(t *testing.T, email, password string) (status int, refresh, access string) {
	t.Helper()
	answer, body := s.post(t, "/auth/token/", `{"email":"`+email+`","password":"`+password+`"}`)
	var pair struct{ Refresh, Access string }
	_ = json.Unmarshal([]byte(body), &pair)
	return answer.StatusCode, pair.Refresh, pair.Access
}

// TestChangePassword: all log-ins of the customer end with the answer, the one that asked included, and the new
// password alone is good. Others go on.
func TestChangePassword(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		others, _ := s.enterBen(t)
		refresh, access := s.login(t)
		b := s.browser()
		b.logIn(t)
		answer, body := s.post(t, passwordChange, newPassword("right", next), "Authorization: Bearer "+access)
		if answer.StatusCode != http.StatusOK || body != "{}" || answer.Header.Get("Allow") != "POST, OPTIONS" ||
			answer.Header.Get("Set-Cookie") != "" {
			t.Fatalf("change: %d %s %v", answer.StatusCode, body, answer.Header)
		}
		if answer, body, _, _ := s.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("refresh afterwards: %d %s, want 401", answer.StatusCode, body)
		}
		if status := b.who(t); status != http.StatusUnauthorized {
			t.Errorf("a session afterwards: %d, want 401", status)
		}
		want := http.StatusUnauthorized
		if wire == core.Exact {
			want = http.StatusOK
		}
		for _, path := range []string{"/customers/me/", "/auth/check/"} {
			if answer, _ := s.ask(t, "GET", path, "", "Authorization: Bearer "+access); answer.StatusCode != want {
				t.Errorf("%s with the access token: %d, want %d", path, answer.StatusCode, want)
			}
		}
		for given, want := range map[string]int{"right": http.StatusUnauthorized, next: http.StatusOK} {
			if status, _, _ := s.enterAs(t, "ana@example.com", given); status != want {
				t.Errorf("log-in with %q: %d, want %d", given, status, want)
			}
		}
		if answer, body, _, _ := s.exchange(t, others); answer.StatusCode != http.StatusOK {
			t.Errorf("refresh of another customer: %d %s", answer.StatusCode, body)
		}
		if log := s.log.String(); strings.Contains(log, next) {
			t.Errorf("the log has the password: %s", log)
		}
	})
}

// TestChangePasswordRefuses: what is wrong stands at its field, as REST framework writes it, and nothing has changed.
func TestChangePasswordRefuses(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.MinPassword = 8 })
	_, access := s.login(t)
	for _, c := range []struct {
		name, body, header string
		status             int
		want               string
	}{
		{"nobody", newPassword("right", next), "X-None: x", 401, `{"detail":"Authentication credentials were not ` +
			`provided."}`},
		{"nothing", `{}`, "", 400, `{"current_password":["This field is required."],"new_password":["This field is ` +
			`required."]}`},
		{"no object", `[]`, "", 400, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"blank", newPassword("", ""), "", 400, `{"current_password":["This field may not be blank."],` +
			`"new_password":["This field may not be blank."]}`},
		{"null characters", newPassword("right", "battery\x00staple"), "", 400,
			`{"new_password":["Null characters are not allowed."]}`},
		{"surrogates", `{"current_password":"right","new_password":"battery \ud800"}`, "", 400,
			`{"new_password":["Surrogate characters are not allowed: U+D800."]}`},
		{"wrong", newPassword("wrong", next), "", 400, wrongCurrent},
		{"wrong by a blank", newPassword("right ", next), "", 400, wrongCurrent},
		{"wrong and long", newPassword(strings.Repeat("x", 5000), next), "", 400, wrongCurrent},
		{"common", newPassword("right", "Trustno1"), "", 400, `{"new_password":["This password is too common."]}`},
		{"short and common", newPassword("right", "secret"), "", 400, `{"new_password":["This password is too short. ` +
			`It must contain at least 8 characters.","This password is too common."]}`},
		{"short beside a wrong one", newPassword("wrong", "xkcd936"), "", 400, `{"new_password":["This password is ` +
			`too short. It must contain at least 8 characters."]}`},
		{"long", newPassword("right", strings.Repeat("x", password.MaxBytes+1)), "", 400,
			`{"new_password":["This password is too long. It must contain at most 4096 bytes."]}`},
		{"white space", newPassword("right", next+" "), "", 400, `{"new_password":["This password begins or ends ` +
			`with white space, which a log-in by the API leaves out."]}`},
	} {
		answer, body := s.post(t, passwordChange, c.body, cmp.Or(c.header, "Authorization: Bearer "+access))
		if answer.StatusCode != c.status || body != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.name, answer.StatusCode, body, c.status, c.want)
		}
	}
	if answer, body, _ := s.asMe(t, access); answer != http.StatusOK {
		t.Errorf("the log-in after all that was refused: %d %s", answer, body)
	}
	if record := s.log.String(); !strings.Contains(record, `"level":"WARN","msg":"request","method":"POST","route":"`+
		passwordChange+`","status":400,"code":"no_active_account","cause":"wrong_password"`) {
		t.Errorf("no warning of a wrong password: %s", record)
	}
}

func (s *shop) asMe(t *testing.T, access string) (status int, body string, header http.Header) {
	t.Helper()
	answer, body := s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+access)
	return answer.StatusCode, body, answer.Header
}

// TestChangePasswordGoesOn: the browser that asked stays logged in, under other secrets, and every other one is out. No
// other site can ask.
func TestChangePasswordGoesOn(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		for name, c := range map[string]struct {
			change func(*httpapi.Config)
			enter  func(*tab)
			cookie string
		}{
			"session": {func(*httpapi.Config) {}, func(b *tab) { b.logIn(t) }, "sessionid"},
			"session beside cookies": {inCookies, func(b *tab) {
				b.logIn(t)
				b.fetchToken(t)
			}, "sessionid"},
			"cookies": {inCookies, func(b *tab) {
				b.fetchToken(t)
				b.enter(t)
			}, "access"},
		} {
			s := openShop(t, speaking(version, wire, c.change))
			b, other := s.browser(), s.browser()
			c.enter(b)
			c.enter(other)
			if name == "session" {
				b.ask(t, "GET", "/accounts/profile/", "", "Accept: text/html")
			}
			old := b.cookies[c.cookie]
			for attack, headers := range map[string][]string{
				"no token": nil, "a wrong token": {"X-CSRFToken: " + strings.Repeat("x", 32)},
				"another site": {"X-CSRFToken: " + b.token, "Origin: https://evil.example"},
			} {
				if attack == "another site" && version == core.V52 && wire == core.Exact {
					continue // as in the reference, which looks at no origin without TLS
				}
				answer, body := b.ask(t, "POST", passwordChange, newPassword("right", next),
					append(headers, "Content-Type: application/json")...)
				if answer.StatusCode != http.StatusForbidden || b.who(t) != http.StatusOK {
					t.Errorf("%s with %s: %d %s, want 403 and nothing else", name, attack, answer.StatusCode, body)
				}
			}
			answer, body := b.send(t, passwordChange, newPassword("right", next))
			if answer.StatusCode != http.StatusOK || body != "{}" || b.who(t) != http.StatusOK ||
				b.cookies[c.cookie] == old {
				t.Fatalf("%s: %d %s, then %d, cookies %v", name, answer.StatusCode, body, b.who(t), b.cookies)
			}
			if status := other.who(t); status != http.StatusUnauthorized && (wire == core.Secure || name != "cookies") {
				t.Errorf("%s: another browser: %d, want 401", name, status)
			}
			b.cookies[c.cookie] = old
			if status := b.who(t); status != http.StatusUnauthorized && (wire == core.Secure || name != "cookies") {
				t.Errorf("%s: the old cookie: %d, want 401", name, status)
			}
		}
	})
}

// TestChangePasswordOfSlidingCookies: where a cookie may hold a sliding token the browser logs in again.
func TestChangePasswordOfSlidingCookies(t *testing.T) {
	s := openShop(t, func(n *node.Config, h *httpapi.Config) {
		inCookies(h)
		n.Settings.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
	})
	b := s.app(t)
	b.enter(t)
	answer, body := b.send(t, passwordChange, newPassword("right", next))
	if answer.StatusCode != http.StatusOK || body != "{}" || b.cookies["access"]+b.cookies["refresh"] != "" {
		t.Errorf("%d %s, cookies %v", answer.StatusCode, body, b.cookies)
	}
}

// TestChangePasswordIsThrottled as a log-in: nobody guesses a password by it faster.
func TestChangePasswordIsThrottled(t *testing.T) {
	for name, throttles := range map[string]httpapi.Throttles{
		"login":   {Login: throttle.Rate{Requests: 3, Period: time.Hour}},
		"account": {Account: throttle.Rate{Requests: 3, Period: time.Hour}},
	} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.Throttles = throttles })
		_, access := s.login(t) // the first
		for i, want := range []int{400, 400, 429} {
			answer, body := s.post(t, passwordChange, newPassword("wrong", next), "Authorization: Bearer "+access)
			if answer.StatusCode != want {
				t.Errorf("%s: attempt %d: %d %s, want %d", name, i+1, answer.StatusCode, body, want)
			}
		}
	}
}

// TestChangePasswordOnItsPage: a person fills in the form of the endpoint.
func TestChangePasswordOnItsPage(t *testing.T) {
	b := openPerson(t, nil)
	b.logIn(t)
	_, page := b.open(t, passwordChange, nil)
	contains(t, "the page", page, []string{"Password Change", `autocomplete="current-password"`,
		`autocomplete="new-password"`}, nil)
	answer, page := b.open(t, passwordChange, url.Values{"current_password": {"wrong"}, "new_password": {next},
		"csrfmiddlewaretoken": {token(t, page)}})
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong password: %d", answer.StatusCode)
	}
	contains(t, "a wrong password", page, []string{"Your old password was entered incorrectly."}, []string{next})
	answer, page = b.open(t, passwordChange, url.Values{"current_password": {"right"}, "new_password": {next},
		"csrfmiddlewaretoken": {token(t, page)}})
	if answer.StatusCode != http.StatusOK || !strings.Contains(page, "ana@example.com") {
		t.Errorf("the answer: %d %s", answer.StatusCode, page)
	}
	contains(t, "the answer", page, nil, []string{next})
	if answer, _ := b.open(t, "/customers/me/?format=json", nil); answer.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d, want 200", answer.StatusCode)
	}
}

// TestChangePasswordAtAnEdge: a poor password is refused without the hub, and the session goes on at the edge.
func TestChangePasswordAtAnEdge(t *testing.T) {
	f := openFleet(t, func(_ *node.Config, h *httpapi.Config) { h.MinPassword = 8 })
	edge := f.nodes[3]
	b := edge.browser()
	b.logIn(t)
	b.ask(t, "GET", "/accounts/profile/", "", "Accept: text/html")
	f.asksSince()
	if answer, body := b.send(t, passwordChange, newPassword("right", "short")); answer.StatusCode !=
		http.StatusBadRequest || len(f.asksSince()) != 0 {
		t.Errorf("a short one: %d %s", answer.StatusCode, body)
	}
	if answer, body := b.send(t, passwordChange, newPassword("wrong", next)); answer.StatusCode !=
		http.StatusBadRequest || body != wrongCurrent {
		t.Errorf("a wrong one: %d %s", answer.StatusCode, body)
	}
	f.away[1] = node.ErrAway
	answer, body := b.send(t, passwordChange, newPassword("right", next))
	wantUnable(t, "without the hub", answer, body, "away")
	f.away[1] = nil
	answer, body = b.send(t, passwordChange, newPassword("right", next))
	if answer.StatusCode != http.StatusOK || body != "{}" || b.who(t) != http.StatusOK {
		t.Errorf("change: %d %s, then %d", answer.StatusCode, body, b.who(t))
	}
}
