package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/throttle"
)

const sessionsPath = "/auth/sessions/"

// listing has a shop list log-ins.
func listing(n *node.Config, _ *httpapi.Config) { n.ListSessions = true }

// both changes the configuration of a shop twice.
func both(changes ...func(*node.Config, *httpapi.Config)) func(*node.Config, *httpapi.Config) {
	return func(n *node.Config, h *httpapi.Config) {
		for _, change := range changes {
			change(n, h)
		}
	}
}

// sessionPage is an answer of the list.
type sessionPage struct {
	Count          int
	Next, Previous *string
	Results        []listedSession
}

type listedSession struct {
	ID, Kind, Created string
	LastUsed          string `json:"last_used"`
	UserAgent         string `json:"user_agent"`
	Address           string
	Current           bool
}

// listed reads a page of the list.
func listed(t *testing.T, answer *http.Response, body string) (p sessionPage) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &p); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("list: %d %s (%v)", answer.StatusCode, body, err)
	}
	return p
}

// moment reads a time as the API writes it.
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	m, err := time.Parse("2006-01-02T15:04:05.999999Z", text)
	if err != nil {
		t.Error(err)
	}
	return m
}

// sessions reads the list with an access token.
func (s *shop) sessions(t *testing.T, access, query string) sessionPage {
	t.Helper()
	answer, body := s.ask(t, "GET", sessionsPath+query, "", "Authorization: Bearer "+access)
	return listed(t, answer, body)
}

// own is the id of the log-in that asked for the list.
func (p sessionPage) own(t *testing.T) (id string) {
	t.Helper()
	for _, r := range p.Results {
		if r.Current {
			if id != "" {
				t.Errorf("both %s and %s are the current one", id, r.ID)
			}
			id = r.ID
		}
	}
	if id == "" {
		t.Fatalf("no log-in is the current one: %+v", p)
	}
	return id
}

// loginFrom logs a customer in as a program of that name.
func (s *shop) loginFrom(t *testing.T, email, agent string) (refresh, access string) {
	t.Helper()
	answer, body := s.post(t, "/auth/token/", `{"email":"`+email+`","password":"right"}`, "User-Agent: "+agent)
	var pair struct{ Refresh, Access string }
	if err := json.Unmarshal([]byte(body), &pair); err != nil || pair.Access == "" {
		t.Fatalf("log-in: %d %s", answer.StatusCode, body)
	}
	return pair.Refresh, pair.Access
}

// TestSessions: 300 log-ins of one customer are listed page by page; one is ended, then all, and another customer's
// cannot be. What has ended is refused at once.
func TestSessions(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, both(listing, speaking(version, wire)))
		s.addBen(t)
		_, bens := s.loginFrom(t, "ben@example.com", "bens")
		type pair struct{ refresh, access string }
		pairs := map[string]pair{}
		var last pair
		for i := range 300 {
			last.refresh, last.access = s.loginFrom(t, "ana@example.com", fmt.Sprintf("app %d", i))
			pairs[fmt.Sprintf("app %d", i)] = last
		}
		first := s.sessions(t, last.access, "")
		if first.Count != 300 || len(first.Results) != 50 || first.Previous != nil ||
			*first.Next != s.URL+sessionsPath+"?page=2" || first.own(t) == "" {
			t.Fatalf("the first page: %+v", first)
		}
		ids := map[string]string{} // by program
		used := moment(t, first.Results[0].LastUsed)
		for page, pages := first, 1; ; pages++ {
			for _, r := range page.Results {
				if moment(t, r.LastUsed).After(used) || r.Current != (r.UserAgent == "app 299") || r.Kind != "token" ||
					r.Address != "127.0.0.0/24" {
					t.Errorf("listed after one that was used at %s: %+v", used, r)
				}
				ids[r.UserAgent], used = r.ID, moment(t, r.LastUsed)
				if time.Since(moment(t, r.Created)).Abs() > time.Hour || len(r.ID) != 22 {
					t.Errorf("listed: %+v", r)
				}
			}
			if page.Next == nil {
				if pages != 6 || *page.Previous != s.URL+sessionsPath+"?page=5" {
					t.Errorf("the last is page %d, after %s", pages, *page.Previous)
				}
				break
			}
			page = s.sessions(t, last.access, strings.TrimPrefix(*page.Next, s.URL+sessionsPath))
		}
		if len(ids) != 300 {
			t.Errorf("%d log-ins are listed, want 300", len(ids))
		}
		ended := http.StatusUnauthorized
		if wire == core.Exact {
			ended = http.StatusOK // an access token is good until it expires
		}
		end := func(access, id string) (int, string) {
			answer, body := s.ask(t, "DELETE", sessionsPath+id+"/", "", "Authorization: Bearer "+access)
			return answer.StatusCode, body
		}
		missing := `{"detail":"No Session matches the given query."}`
		if version == core.V52 {
			missing = `{"detail":"Not found."}`
		}
		one := pairs["app 17"]
		if status, body := end(bens, ids["app 17"]); status != http.StatusNotFound || body != missing {
			t.Errorf("another customer ends it: %d %s, want 404", status, body)
		}
		if answer, _, _, _ := s.exchange(t, one.refresh); answer.StatusCode != http.StatusOK {
			t.Errorf("then its refresh: %d, want 200", answer.StatusCode)
		}
		if status, body := end(last.access, ids["app 17"]); status != http.StatusNoContent || body != "" {
			t.Errorf("its customer ends it: %d %s, want 204", status, body)
		}
		if answer, _, _, _ := s.exchange(t, one.refresh); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("its refresh: %d, want 401", answer.StatusCode)
		}
		for _, path := range []string{"/customers/me/", "/auth/check/"} {
			if answer, _ := s.ask(t, "GET", path, "", "Authorization: Bearer "+one.access); answer.StatusCode != ended {
				t.Errorf("%s with it: %d, want %d", path, answer.StatusCode, ended)
			}
			if answer, _ := s.ask(t, "GET", path, "", "Authorization: Bearer "+last.access); answer.StatusCode != 200 {
				t.Errorf("%s with another: %d, want 200", path, answer.StatusCode)
			}
		}
		if status, body := end(last.access, ids["app 17"]); status != http.StatusNotFound || body != missing {
			t.Errorf("once more: %d %s, want 404", status, body)
		}
		if n := s.sessions(t, last.access, "").Count; n != 299 {
			t.Errorf("%d are listed then, want 299", n)
		}
		if answer, body := s.post(t, logOutAll, "", "Authorization: Bearer "+last.access); answer.StatusCode != 200 {
			t.Fatalf("log-out everywhere: %d %s", answer.StatusCode, body)
		}
		if answer, _, _, _ := s.exchange(t, last.refresh); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("a refresh after that: %d, want 401", answer.StatusCode)
		}
		_, access := s.loginFrom(t, "ana@example.com", "anew")
		if after := s.sessions(t, access, ""); after.Count != 1 || after.own(t) == "" {
			t.Errorf("after the log-out everywhere: %+v, want one", after)
		}
		if answer, body := s.post(t, passwordChange, newPassword("right", next),
			"Authorization: Bearer "+access); answer.StatusCode != 200 {
			t.Fatalf("change of password: %d %s", answer.StatusCode, body)
		}
		if status, _, _ := s.asMe(t, access); status != ended {
			t.Errorf("then the access token: %d, want %d", status, ended)
		}
		if n := s.sessions(t, bens, ""); n.Count != 1 || n.Results[0].UserAgent != "bens" {
			t.Errorf("of the other customer: %+v, want one", n)
		}
	})
}

// TestSessionIDs: what is no id of a live log-in of the customer is a 404, whatever it looks like, and ends nothing.
func TestSessionIDs(t *testing.T) {
	s := openShop(t, listing)
	_, access := s.login(t)
	own := s.sessions(t, access, "").own(t)
	const missing = `{"detail":"No Session matches the given query."}`
	for _, id := range []string{
		"x", strings.Repeat("A", 22), own[:21], own + "A", own + "=", own[:21] + "%2B",
		own + "%0A", "%0D%0A" + own, own + "%20", "%00", "%C3%A9", "%FF", "..%5C",
		strings.ToUpper(own) + strings.ToLower(own), "me", "-1", strings.Repeat("A", 4000), "%7Bid%7D",
	} {
		answer, body := s.ask(t, "DELETE", sessionsPath+id+"/", "", "Authorization: Bearer "+access)
		if answer.StatusCode != http.StatusNotFound || body != missing {
			t.Errorf("DELETE %.40s: %d %s, want 404", id, answer.StatusCode, body)
		}
	}
	for path, want := range map[string]int{
		sessionsPath + "a%2Fb/": 404, sessionsPath + "/": 404, sessionsPath + "a/b/": 404, "/auth/sessions": 301,
		sessionsPath + own: 301, "/auth/sessions/%0d%0aX: y": 301, "//evil.example/auth/sessions/x": 404,
	} {
		answer, body := s.ask(t, "DELETE", path, "", "Authorization: Bearer "+access)
		if answer.StatusCode != want || strings.HasPrefix(body, "{") {
			t.Errorf("DELETE %s: %d %s, want %d", path, answer.StatusCode, body, want)
		}
		if to := answer.Header.Get("Location"); want == 301 && (!strings.HasPrefix(to, "/auth/sessions") ||
			!strings.HasSuffix(to, "/") || strings.ContainsAny(to, "\r\n ")) {
			t.Errorf("DELETE %s leads to %q", path, to)
		}
	}
	for method, want := range map[string]int{"GET": 405, "POST": 405, "OPTIONS": 200} {
		answer, _ := s.ask(t, method, sessionsPath+own+"/", "", "Authorization: Bearer "+access)
		if answer.StatusCode != want || answer.Header.Get("Allow") != "DELETE, OPTIONS" {
			t.Errorf("%s of one: %d, Allow %q", method, answer.StatusCode, answer.Header.Get("Allow"))
		}
	}
	if answer, body := s.ask(t, "DELETE", sessionsPath+own+"/", ""); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("by nobody: %d %s, want 401", answer.StatusCode, body)
	}
	if status, body, _ := s.asMe(t, access); status != http.StatusOK {
		t.Errorf("the log-in afterwards: %d %s", status, body)
	}
	if record := s.log.String(); !strings.Contains(record, `"route":"/auth/sessions/{id}/","status":404,`+
		`"cause":"unknown_session"`) {
		t.Errorf("the record: %s", record)
	}
}

// TestSessionPages: ?page= is read, and addresses of pages are written, as REST framework 3.18.3 and 3.14.0 do. The
// expectations are what these answered to a list of three with one on each page.
func TestSessionPages(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, both(listing, speaking(version, wire)))
		var access string
		for range 101 {
			_, access = s.login(t)
		}
		for query, want := range map[string][3]string{ // next, previous, and how many are on the page
			"":                                   {"?page=2", "null", "50"},
			"?page=2":                            {"?page=3", "", "50"},
			"?page=3":                            {"null", "?page=2", "1"},
			"?page=last":                         {"null", "?page=2", "1"},
			"?page=%202%20":                      {"?page=3", "", "50"},
			"?page=02":                           {"?page=3", "", "50"},
			"?page=%2B2":                         {"?page=3", "", "50"},
			"?page=%D9%A2":                       {"?page=3", "", "50"},
			"?page=1&page=2":                     {"?page=3", "", "50"},
			"?page=2&b=%20%7E%C3%A9&a=1;2&c":     {"?a=1%3B2&b=+~%C3%A9&c=&page=3", "?a=1%3B2&b=+~%C3%A9&c=", "50"},
			"?page=2&x=%zz":                      {"?page=3&x=%25zz", "?x=%25zz", "50"},
			"?page=2&a=1&a=2":                    {"?a=1&a=2&page=3", "?a=1&a=2", "50"},
			"?page=2&=x&y=":                      {"?=x&page=3&y=", "?=x&y=", "50"},
			"?format=json":                       {"?format=json&page=2", "null", "50"},
			"?page=4":                            {},
			"?page=0":                            {},
			"?page=-1":                           {},
			"?page=x":                            {},
			"?page=1_0":                          {},
			"?page=2.0":                          {},
			"?page=99999999999999999999999999":   {},
			"?page=9223372036854775807":          {},
			"?page=" + strings.Repeat("9", 5000): {},
			"?page=":                             {"?page=2", "null", "50"},
		} {
			answer, body := s.ask(t, "GET", sessionsPath+query, "", "Authorization: Bearer "+access)
			if want[0] == "" || query == "?page=" && version == core.V52 {
				if answer.StatusCode != http.StatusNotFound || body != `{"detail":"Invalid page."}` {
					t.Errorf("%.40s: %d %s, want 404", query, answer.StatusCode, body)
				}
				continue
			}
			page := listed(t, answer, body)
			link := func(of string) string {
				if of == "null" {
					return "null"
				}
				return `"` + s.URL + sessionsPath + of + `"`
			}
			if head := `{"count":101,"next":` + link(want[0]) + `,"previous":` + link(want[1]) +
				`,"results":[{"id":"`; !strings.HasPrefix(body, head) || fmt.Sprint(len(page.Results)) != want[2] {
				t.Errorf("%s: %.200s with %d, want %s", query, body, len(page.Results), head)
			}
		}
	})
}

// TestSessionsOff: without the list the paths are as unknown as any, and in no description.
func TestSessionsOff(t *testing.T) {
	s := openShop(t, nil)
	_, access := s.login(t)
	doc, _ := description(t, s)
	for _, method := range []string{"GET", "DELETE", "OPTIONS"} {
		for _, path := range []string{sessionsPath, sessionsPath + strings.Repeat("A", 22) + "/"} {
			answer, body := s.ask(t, method, path, "", "Authorization: Bearer "+access)
			if answer.StatusCode != http.StatusNotFound || body != djangosNotFound {
				t.Errorf("%s %s: %d %s, want Django's page", method, path, answer.StatusCode, body)
			}
		}
	}
	if doc.Paths.Value(sessionsPath) != nil || doc.Paths.Value(sessionsPath+"{id}/") != nil {
		t.Error("they are described")
	}
	b := openPerson(t, nil)
	b.logIn(t)
	_, page := b.open(t, pages.ProfilePath, nil)
	contains(t, "the profile", page, []string{"Log out everywhere", "Change password"},
		[]string{"Where you are logged in"})
}

// TestSessionsAreDescribed: the answers are those that the description promises.
func TestSessionsAreDescribed(t *testing.T) {
	s := openShop(t, listing)
	_, router := description(t, s)
	_, access := s.login(t)
	own := s.sessions(t, access, "").own(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", sessionsPath, 200}, {"GET", sessionsPath + "?page=1", 200}, {"GET", sessionsPath + "?page=2", 404},
		{"OPTIONS", sessionsPath, 200}, {"DELETE", sessionsPath + "x/", 404}, {"OPTIONS", sessionsPath + "x/", 200},
		{"DELETE", sessionsPath + own + "/", 204}, {"DELETE", sessionsPath + own + "/", 401},
	} {
		answer, body := s.ask(t, c.method, c.path, "", "Authorization: Bearer "+access)
		if answer.StatusCode != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, answer.StatusCode, body, c.status)
		}
		checkAnswer(t, router, c.method+" "+c.path, "", answer, body)
	}
}

// TestSessionsSayWhoAsks: what a client says of itself is shown as text, cut, and in no log; a refresh by another
// program is noted.
func TestSessionsSayWhoAsks(t *testing.T) {
	b := openPerson(t, both(listing, func(_ *node.Config, h *httpapi.Config) { h.TrustedHops = 1 }))
	const hostile = `<script>alert(1)</script>"'><img src=x>`
	long := strings.Repeat("x", 5000)
	for _, agent := range []string{hostile, long, "\u202etxt.exe"} {
		b.loginFrom(t, "ana@example.com", agent)
	}
	answer, body := b.shop.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`,
		"User-Agent: v6", "X-Forwarded-For: 2001:db8:1:2:3::4")
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	_, access := b.loginFrom(t, "ana@example.com", "last")
	shown := map[string]string{}
	for _, r := range b.sessions(t, access, "").Results {
		shown[r.UserAgent] = r.Address
	}
	if want := map[string]string{hostile: "127.0.0.0/24", long[:256]: "127.0.0.0/24", "txt.exe": "127.0.0.0/24",
		"v6": "2001:db8:1::/48", "last": "127.0.0.0/24"}; !maps.Equal(shown, want) {
		t.Errorf("listed: %q, want %q", shown, want)
	}
	b.logIn(t)
	_, page := b.open(t, pages.ProfilePath, nil)
	contains(t, "the profile", page, []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "txt.exe", "2001:db8:1::/48",
		"<caption>6 log-ins</caption>", "Browser, this one"}, []string{"<script", "<img", "\u202e"})
	if log := b.log.String(); strings.Contains(log, "script") || strings.Contains(log, "txt.exe") {
		t.Errorf("the log names programs: %s", log)
	}
}

// TestSessionsAreThrottled as any view of a customer.
func TestSessionsAreThrottled(t *testing.T) {
	s := openShop(t, both(listing, func(_ *node.Config, h *httpapi.Config) {
		h.Throttles = httpapi.Throttles{User: throttle.Rate{Requests: 3, Period: time.Hour}}
	}))
	_, access := s.login(t)
	for i, want := range []int{200, 200, 200, 429} {
		answer, body := s.ask(t, "GET", sessionsPath, "", "Authorization: Bearer "+access)
		if answer.StatusCode != want {
			t.Errorf("request %d: %d %s, want %d", i+1, answer.StatusCode, body, want)
		}
	}
}

// TestRefreshIsAUse: a refresh in each mode says when a log-in was last used, and by which program.
func TestRefreshIsAUse(t *testing.T) {
	s := openShop(t, both(listing, func(n *node.Config, h *httpapi.Config) {
		n.Settings.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
		inCookies(h)
	}))
	b := s.browser()
	b.fetchToken(t)
	b.enter(t)
	sliding := s.browser()
	sliding.fetchToken(t)
	answer, body := sliding.send(t, "/auth/token/sliding/", `{"email":"ana@example.com","password":"right"}`)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	sliding.fetchToken(t)
	for path, b := range map[string]*tab{"/auth/token/refresh/": b, "/auth/token/sliding/refresh/": sliding} {
		if answer, body := b.send(t, path, "", "User-Agent: again"); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, answer.StatusCode, body)
		}
	}
	session := s.browser()
	session.logIn(t)
	for in := time.Now().UnixMilli(); time.Now().UnixMilli() <= in; { // a use counts if it is later by a millisecond
	}
	session.ask(t, "GET", "/customers/me/", "", "User-Agent: again")
	if err := s.store.FlushUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer, body = b.ask(t, "GET", sessionsPath, "")
	list := listed(t, answer, body)
	for _, r := range list.Results {
		if r.UserAgent != "again" || moment(t, r.LastUsed).Before(moment(t, r.Created)) {
			t.Errorf("listed after it was used: %+v", r)
		}
	}
	if list.Count != 3 {
		t.Errorf("%d are listed, want 3", list.Count)
	}
}

// TestSessionsAtAnEdge: an edge lists and ends what the hub knows, and its own browser sessions. While the hub is away
// neither can be had, and the profile page says so.
func TestSessionsAtAnEdge(t *testing.T) {
	f := openFleet(t, listing)
	edge := f.nodes[3]
	refresh, _ := edge.loginFrom(t, "ana@example.com", "phone")
	_, access := edge.loginFrom(t, "ana@example.com", "own")
	f.spread()
	list := edge.sessions(t, access, "")
	if list.Count != 2 {
		t.Fatalf("the edge lists %+v", list)
	}
	var phone string
	for _, r := range list.Results {
		if r.UserAgent == "phone" {
			phone = r.ID
		}
	}
	b := &person{edge.shop, map[string]string{}}
	b.logIn(t)
	_, page := b.open(t, pages.ProfilePath, nil)
	contains(t, "the profile", page, []string{"phone", "own", "Browser, this one"}, nil)

	f.away[1] = node.ErrAway
	answer, body := edge.ask(t, "GET", sessionsPath, "", "Authorization: Bearer "+access)
	wantUnable(t, "the list without the hub", answer, body, "away")
	answer, body = edge.ask(t, "DELETE", sessionsPath+phone+"/", "", "Authorization: Bearer "+access)
	wantUnable(t, "an end without the hub", answer, body, "away")
	answer, page = b.open(t, pages.ProfilePath, nil)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the profile without the hub: %d", answer.StatusCode)
	}
	contains(t, "the profile without the hub", page, []string{"The list cannot be had at the moment.",
		"Change password"}, []string{"<table>"})
	f.away[1] = nil

	answer, body = edge.ask(t, "DELETE", sessionsPath+phone+"/", "", "Authorization: Bearer "+access)
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("an end: %d %s", answer.StatusCode, body)
	}
	if answer, body, _, _ := edge.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("its refresh at once: %d %s, want 401", answer.StatusCode, body)
	}
	if answer, _ := edge.me(t, access); answer.StatusCode != http.StatusOK {
		t.Errorf("the other log-in: %d, want 200", answer.StatusCode)
	}
}
