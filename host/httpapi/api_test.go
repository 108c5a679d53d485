package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

func TestLogInRefreshUseBlacklist(t *testing.T) {
	s := openShop(t, nil)
	refresh, _ := s.login(t)
	answer, body := s.post(t, "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`)
	var got struct{ Access string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("refresh: %d %s", answer.StatusCode, body)
	}
	answer, body = s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+got.Access)
	if answer.StatusCode != http.StatusOK ||
		!strings.HasPrefix(body, `{"id":7,"email":"ana@example.com","first_name":"Ana",`) ||
		!strings.HasSuffix(body, `,"date_joined":"2024-01-02T03:04:05.000678Z"}`) {
		t.Errorf("me: %d %s", answer.StatusCode, body)
	}
	answer, body = s.ask(t, "POST", "/customers/me/", "a=1&b=%C3%A9&a=2", "Authorization: Bearer "+got.Access,
		"Content-Type: application/x-www-form-urlencoded")
	if want := `{"received":{"a":"2","b":"é"}}`; answer.StatusCode != http.StatusOK || body != want {
		t.Errorf("echo: %d %s, want %s", answer.StatusCode, body, want)
	}
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"/auth/token/blacklist/", http.StatusOK, "{}"},
		{"/auth/token/blacklist/", http.StatusUnauthorized,
			`{"detail":"Token is blacklisted","code":"token_not_valid"}`},
		{"/auth/token/refresh/", http.StatusUnauthorized, `{"detail":"Token is blacklisted","code":"token_not_valid"}`},
	} {
		answer, body := s.post(t, c.path, `{"refresh":"`+refresh+`"}`)
		if answer.StatusCode != c.status || body != c.body {
			t.Errorf("%s: %d %s, want %d %s", c.path, answer.StatusCode, body, c.status, c.body)
		}
	}
	// The access token follows its family under the default settings.
	if answer, body = s.ask(t, "GET", "/customers/me/", "",
		"Authorization: Bearer "+got.Access); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("me after blacklisting: %d %s, want 401", answer.StatusCode, body)
	}
}

func TestErrorHeader(t *testing.T) {
	for _, c := range []struct {
		name, path, body string
		headers          []string
		want             string
	}{
		{"no header", "/customers/me/", "", nil, "not_authenticated"},
		{"header in parts", "/customers/me/", "", []string{"Authorization: Bearer"}, "bad_authorization_header"},
		{"another signature", "/customers/me/", "", []string{"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA"},
			"invalid"},
		{"malformed", "/auth/token/refresh/", `{"refresh":"x"}`, nil, "invalid"},
		{"wrong password", "/auth/token/", `{"email":"ana@example.com","password":"x"}`, nil, "no_active_account"},
		{"unknown customer", "/auth/token/", `{"email":"nobody@example.com","password":"x"}`, nil, "no_active_account"},
		{"missing field", "/auth/token/", `{}`, nil, ""},
	} {
		for _, on := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, %v", c.name, on), func(t *testing.T) {
				s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.ErrorHeader = on })
				want := c.want
				if !on {
					want = ""
				}
				if answer, _ := s.post(t, c.path, c.body, c.headers...); answer.Header.Get("X-Auth-Error") != want {
					t.Errorf("X-Auth-Error = %q, want %q", answer.Header.Get("X-Auth-Error"), want)
				}
			})
		}
	}
}

func TestHealth(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.AllowedHosts = []string{"tokens.example"}
		h.Info.ModuleHash = "abc"
	})
	const info = `"engine":"native","module":"abc","version":"1.2.3","compat":"5.5","abi":1}`
	check := func(method, path string, status int, want string) *http.Response {
		t.Helper()
		answer, body := s.ask(t, method, path, "", "Host: 10.0.0.7")
		if answer.StatusCode != status || body != want {
			t.Errorf("%s %s = %d %s, want %d %s", method, path, answer.StatusCode, body, status, want)
		}
		return answer
	}
	check("GET", "/healthz", http.StatusOK, `{"status":"ok",`+info)
	check("GET", "/readyz", http.StatusOK, `{"status":"ok",`+info)
	check("HEAD", "/readyz", http.StatusOK, "")
	if allow := check("POST", "/readyz", http.StatusMethodNotAllowed, "").Header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow = %q, want GET, HEAD", allow)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	check("GET", "/healthz", http.StatusOK, `{"status":"ok",`+info)
	answer := check("GET", "/readyz", http.StatusServiceUnavailable, `{"status":"unavailable","error":"store",`+info)
	if answer.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

func TestStoreIsGone(t *testing.T) {
	s := openShop(t, nil)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	answer, body := s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	if want := `{"detail":"Service temporarily unavailable, try again later."}`; answer.StatusCode != http.StatusServiceUnavailable || body != want {
		t.Errorf("log-in without a store: %d %s, want 503 %s", answer.StatusCode, body, want)
	}
	if answer.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

// failing gives no entropy.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the well is dry") }

// burning panics.
type burning struct{}

func (burning) Read([]byte) (int, error) { panic("the roof is on fire") }

func TestFailuresAreLoggedAndNeverShown(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*node.Config, *httpapi.Config)
		logged []string
	}{
		{"no entropy", func(n *node.Config, _ *httpapi.Config) { n.Rand = failing{} }, []string{"the well is dry"}},
		{"panic", func(n *node.Config, _ *httpapi.Config) {
			n.Rand = burning{}
		}, []string{"the roof is on fire", "api_test.go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t, c.change)
			for range 2 {
				answer, body := s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
				if answer.StatusCode != http.StatusInternalServerError ||
					!strings.Contains(body, "<title>Server Error (500)</title>") {
					t.Errorf("got %d %s, want the plain page for 500", answer.StatusCode, body)
				}
				if strings.Contains(body, c.logged[0]) || answer.Header.Get("X-Frame-Options") != "DENY" {
					t.Errorf("the page shows too much, or may be framed: %v %s", answer.Header, body)
				}
			}
			for _, want := range append(c.logged, `"level":"ERROR"`, `"status":500`) {
				if !strings.Contains(s.log.String(), want) {
					t.Errorf("log lacks %q: %s", want, s.log.String())
				}
			}
		})
	}
}

func TestOneRecordForEachRequest(t *testing.T) {
	s := openShop(t, nil)
	refresh, access := s.login(t)
	for _, c := range []struct {
		name, method, path, body, token string
		want                            map[string]any
	}{
		{"used", "GET", "/customers/me/", "", access,
			map[string]any{"route": "/customers/me/", "status": 200.0, "customer": "7", "level": "INFO"}},
		{"refused", "POST", "/auth/token/", `{"email":"ana@example.com","password":"s3cret-guess"}`, "",
			map[string]any{"route": "/auth/token/", "status": 401.0, "code": "no_active_account",
				"cause": "wrong_password", "customer": "7"}},
		{"wrong type", "GET", "/customers/me/", "", refresh,
			map[string]any{"status": 401.0, "code": "token_not_valid", "cause": "wrong_type", "customer": "7"}},
		{"invalid body", "POST", "/auth/token/", `{"email":"ana@example.com"}`, "",
			map[string]any{"status": 400.0, "code": nil, "customer": nil, "cause": "invalid_fields", "path": nil}},
		{"unknown path", "GET", "/ana@example.com/" + access, "", "",
			map[string]any{"route": nil, "path": "/…/…", "status": 404.0, "method": "GET", "cause": "unknown_path"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.log.Lock()
			s.log.Reset()
			s.log.Unlock()
			headers := []string{"Content-Type: application/json"}
			if c.token != "" {
				headers = append(headers, "Authorization: Bearer "+c.token)
			}
			s.ask(t, c.method, c.path, c.body, headers...)
			text := s.record(t)
			var got map[string]any
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("log = %q, want one record: %v", text, err)
			}
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s = %v, want %v in %s", name, got[name], want, text)
				}
			}
			if _, ok := got["duration"]; !ok {
				t.Errorf("no duration in %s", text)
			}
			for _, secret := range []string{"ana@", "s3cret", access, refresh} {
				if strings.Contains(text, secret) {
					t.Errorf("the record gives %q away: %s", secret, text)
				}
			}
		})
	}
}

func TestBodies(t *testing.T) {
	const page400 = "<h1>Bad Request (400)</h1>"
	email := func(size int) string { return `{"email":"` + strings.Repeat("a", size) + `","password":"x"}` }
	for _, c := range []struct {
		name    string
		version core.Version
		body    io.Reader
		status  int
		want    string
	}{
		{"with a length", core.V55, strings.NewReader(email(10)), 401, "No active account"},
		{"chunked", core.V55, io.MultiReader(strings.NewReader(email(10))), 401, "No active account"},
		{"3 MB in 5.5", core.V55, strings.NewReader(email(3_000_000)), 400, page400},
		{"3 MB in 5.2", core.V52, strings.NewReader(email(3_000_000)), 401, "No active account"},
		{"over the bound of the node in 5.2", core.V52, strings.NewReader(email(5_000_000)), 400, page400},
		{"chunked, over the bound of the node", core.V52, io.MultiReader(strings.NewReader(email(5_000_000))), 400,
			page400},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t, func(n *node.Config, h *httpapi.Config) {
				n.Settings.Compat, h.MaxBody = c.version, 4<<20
			})
			answer, err := http.Post(s.URL+"/auth/token/", "application/json", c.body)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != c.status || !strings.Contains(string(text), c.want) {
				t.Errorf("got %d %s (%v), want %d %s", answer.StatusCode, text, err, c.status, c.want)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.AllowedHosts = []string{"tokens.example", ".shop.example", "[::1]"}
	})
	anyHost := openShop(t, nil)
	for _, c := range []struct {
		host string
		want int
	}{
		{"tokens.example", 404}, {"TOKENS.example:8000", 404}, {"tokens.example.", 404}, {"[::1]:80", 404},
		{"shop.example", 404}, {"a.b.shop.example", 404},
		{"xtokens.example", 400}, {"a.tokens.example", 400}, {"xshop.example", 400}, {"tokens.example:x", 400},
		{"evil.example", 400},
	} {
		answer, _ := s.ask(t, "GET", "/nothing/", "", "Host: "+c.host)
		if answer.StatusCode != c.want {
			t.Errorf("Host %q = %d, want %d", c.host, answer.StatusCode, c.want)
		}
		// The reference's page for a foreign host comes before the header that forbids frames.
		if framed := answer.Header.Get("X-Frame-Options") == ""; framed != (c.want == 400) {
			t.Errorf("Host %q: X-Frame-Options = %q", c.host, answer.Header.Get("X-Frame-Options"))
		}
	}
	if answer, _ := anyHost.ask(t, "GET", "/nothing/", "",
		"Host: evil.example"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("without allowed hosts: %d, want 404", answer.StatusCode)
	}
}

func TestMissingSlash(t *testing.T) {
	s := openShop(t, nil)
	for path, want := range map[string]string{
		"/auth/token":              "/auth/token/",
		"/customers/me?a=b&c=%20d": "/customers/me/?a=b&c=%20d",
		"/customers/me?":           "/customers/me/",
		`/customers/me?q="<é>"`:    "/customers/me/?q=%22%3C%C3%83%C2%A9%3E%22",
	} {
		answer, body := s.ask(t, "POST", path, "x")
		if answer.StatusCode != http.StatusMovedPermanently || answer.Header.Get("Location") != want || body != "" {
			t.Errorf("%s: %d to %q, want 301 to %q", path, answer.StatusCode, answer.Header.Get("Location"), want)
		}
	}
}

func TestBrowser(t *testing.T) {
	s := openShop(t, nil)
	_, access := s.login(t)
	answer, body := s.ask(t, "POST", "/customers/me/?x=<i>", `{"<script>":"</pre>"}`,
		"Accept: text/html", "Content-Type: application/json", "Authorization: Bearer "+access)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("got %d %s, want a page", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, "<i>") ||
		!strings.Contains(body, "&lt;script&gt;") {
		t.Errorf("the page does not escape what the client sent: %s", body)
	}
}

func TestNewNamesEveryMistake(t *testing.T) {
	settings := core.DefaultSettings()
	n, err := node.New(node.Config{Engine: core.NewNative(settings, testKeys(t)), Store: openStore(t),
		Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	_, err = httpapi.New(httpapi.Config{Node: n, Compat: "6.0", AuthHeaderName: "Authorization", MaxBody: -1})
	if err == nil {
		t.Fatal("New gave no error")
	}
	for _, want := range []string{`"6.0"`, "AUTH_HEADER_NAME", "HTTP_", "MaxBody"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New = %q, want it to name %s", err, want)
		}
	}
	if _, err := httpapi.New(httpapi.Config{}); err == nil {
		t.Error("New without a node gave no error")
	}
}
