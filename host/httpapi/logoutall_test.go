package httpapi_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

const logOutAll = "/auth/logout/all/"

// TestLogOutEverywhere: every log-in of the customer ends with the answer, those of other customers go on, and the
// customer can log in anew. On the exact wire access tokens are good to their end.
func TestLogOutEverywhere(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, func(n *node.Config, h *httpapi.Config) {
			speaking(version, wire)(n, h)
			n.Settings.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
		})
		ben := store.NewCustomer{Email: "ben@example.com", IsActive: true, PasswordHash: hashOf(t, "right")}
		if _, err := s.store.Add(t.Context(), ben); err != nil {
			t.Fatal(err)
		}
		answer, body := s.post(t, "/auth/token/", `{"email":"ben@example.com","password":"right"}`)
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("log-in of another customer: %d %s", answer.StatusCode, body)
		}
		var others struct{ Refresh string }
		if err := json.Unmarshal([]byte(body), &others); err != nil {
			t.Fatal(err)
		}
		earlier, _ := s.login(t)
		refresh, access := s.login(t)
		sliding := s.slide(t)
		b := s.browser()
		b.logIn(t)

		answer, body = s.post(t, logOutAll, "", "Authorization: Bearer "+access)
		if answer.StatusCode != http.StatusOK || body != "{}" || answer.Header.Get("Allow") != "POST, OPTIONS" {
			t.Fatalf("log-out everywhere: %d %s %v", answer.StatusCode, body, answer.Header)
		}
		for name, token := range map[string]string{"this": refresh, "an earlier": earlier} {
			if answer, body, _, _ := s.exchange(t, token); answer.StatusCode != http.StatusUnauthorized ||
				!strings.Contains(body, "Token is blacklisted") {
				t.Errorf("refresh of %s log-in: %d %s, want 401", name, answer.StatusCode, body)
			}
		}
		if answer, _ := s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+sliding); answer.StatusCode !=
			http.StatusUnauthorized {
			t.Errorf("a sliding token: %d, want 401", answer.StatusCode)
		}
		if status := b.who(t); status != http.StatusUnauthorized {
			t.Errorf("a session: %d, want 401", status)
		}
		want := http.StatusUnauthorized
		if wire == core.Exact {
			want = http.StatusOK
		}
		for _, c := range []struct{ method, path string }{
			{"GET", "/customers/me/"}, {"GET", "/auth/check/"}, {"POST", logOutAll},
		} {
			answer, body := s.ask(t, c.method, c.path, "", "Authorization: Bearer "+access)
			if answer.StatusCode != want {
				t.Errorf("%s %s with the access token: %d %s, want %d", c.method, c.path, answer.StatusCode, body, want)
			}
		}
		if answer, body, _, _ := s.exchange(t, others.Refresh); answer.StatusCode != http.StatusOK {
			t.Errorf("refresh of another customer: %d %s", answer.StatusCode, body)
		}
		anew, _ := s.login(t)
		if answer, body, _, _ := s.exchange(t, anew); answer.StatusCode != http.StatusOK {
			t.Errorf("refresh of a log-in afterwards: %d %s", answer.StatusCode, body)
		}
	})
}

// TestLogOutEverywhereOfTheBrowser: a session or a token in a cookie needs the CSRF token, and then goes.
func TestLogOutEverywhereOfTheBrowser(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { inCookies(h) })
	kept, _ := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.Store = s.store }).login(t)
	for name, enter := range map[string]func(*tab){
		"session": func(b *tab) {
			b.logIn(t)
			b.fetchToken(t)
		},
		"cookies": func(b *tab) { b.enter(t) },
	} {
		b := s.app(t)
		enter(b)
		if answer, body := b.ask(t, "POST", logOutAll, "{}", "Content-Type: application/json"); answer.StatusCode !=
			http.StatusForbidden || b.who(t) != http.StatusOK {
			t.Errorf("%s without the CSRF token: %d %s, want 403 and nothing else", name, answer.StatusCode, body)
		}
		answer, body := b.send(t, logOutAll, "")
		if answer.StatusCode != http.StatusOK || body != "{}" || answer.Header.Get("Vary") != "Accept, Cookie" ||
			!strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %d %s %v", name, answer.StatusCode, body, answer.Header)
		}
		for _, cookie := range []string{"sessionid", "access", "refresh"} {
			if b.cookies[cookie] != "" {
				t.Errorf("%s: the cookie %s is left", name, cookie)
			}
		}
		if status := b.who(t); status != http.StatusUnauthorized {
			t.Errorf("%s afterwards: %d, want 401", name, status)
		}
	}
	if answer, _, _, _ := s.exchange(t, kept); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a log-in of a program: %d, want 401", answer.StatusCode)
	}
}

// TestLogOutEverywhereFromItsPage: a person sends it from the page of the endpoint, which then knows nobody.
func TestLogOutEverywhereFromItsPage(t *testing.T) {
	b := openPerson(t, nil)
	b.logIn(t)
	answer, page := b.open(t, logOutAll, nil)
	if answer.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(page, "Log Out Everywhere") ||
		!strings.Contains(page, "ana@example.com") {
		t.Fatalf("the page: %d %s", answer.StatusCode, main(page))
	}
	answer, page = b.open(t, pages.CallPath, url.Values{"path": {logOutAll}, "method": {"POST"}, "content": {"{}"},
		"csrfmiddlewaretoken": {token(t, page)}})
	if answer.StatusCode != http.StatusOK || strings.Contains(page, "ana@example.com") || b.cookies["sessionid"] != "" {
		t.Errorf("the answer: %d, cookies %v, %s", answer.StatusCode, b.cookies, page)
	}
	if answer, _ := b.open(t, "/customers/me/?format=json", nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("afterwards: %d, want 401", answer.StatusCode)
	}
}

// TestLogOutEverywhereByAddress: tokens that name their customer by the e-mail address end, too.
func TestLogOutEverywhereByAddress(t *testing.T) {
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.UserIDField = store.FieldEmail })
	refresh, access := s.login(t)
	if answer, body := s.ask(t, "POST", logOutAll, "", "Authorization: Bearer "+access); answer.StatusCode !=
		http.StatusOK {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	if answer, body, _, _ := s.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("refresh afterwards: %d %s, want 401", answer.StatusCode, body)
	}
}

// foreignKeys are keys of another issuer.
type foreignKeys struct{ *keyring.Ring }

func (k foreignKeys) Set() core.KeySet {
	set := k.Ring.Set()
	set.Keys = slices.Clone(set.Keys)
	for i := range set.Keys {
		set.Keys[i].Issuer = "https://other.example"
	}
	return set
}

// TestLogOutEverywhereRefuses: whoever does not say who asks ends nothing. A token of another issuer names none of our
// customers (R11).
func TestLogOutEverywhereRefuses(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.Throttles = httpapi.Throttles{User: throttle.Rate{Requests: 2, Period: time.Hour}}
	})
	refresh, access := s.login(t)
	other := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		n.Store, n.Engine = s.store, core.NewNative(n.Settings, foreignKeys{testKeys(t)})
	})
	for _, c := range []struct {
		shop         *shop
		method       string
		status       int
		body, header string
	}{
		{s, "POST", 401, "Authentication credentials were not provided.", ""},
		{s, "POST", 401, "Given token not valid for any token type", "Authorization: Bearer " + refresh},
		{s, "GET", 401, "Authentication credentials were not provided.", ""},
		{s, "GET", 405, `Method \"GET\" not allowed.`, "Authorization: Bearer " + access},
		{s, "OPTIONS", 200, `"name":"Log Out Everywhere"`, "Authorization: Bearer " + access},
		{s, "POST", 429, "Request was throttled.", "Authorization: Bearer " + access},
		{other, "POST", 401, "User not found", "Authorization: Bearer " + access},
	} {
		answer, body := c.shop.ask(t, c.method, logOutAll, "", cmp.Or(c.header, "Accept: */*"))
		if answer.StatusCode != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s with %.30q: %d %s, want %d %s", c.method, c.header, answer.StatusCode, body, c.status, c.body)
		}
	}
	plain := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.Store = s.store })
	if answer, body := plain.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+access); answer.StatusCode !=
		http.StatusOK {
		t.Errorf("the log-in after all that was refused: %d %s, want 200", answer.StatusCode, body)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if answer, _ := plain.ask(t, "POST", logOutAll, "", "Authorization: Bearer "+access); answer.StatusCode !=
		http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("without a store: %d, want 503", answer.StatusCode)
	}
}
