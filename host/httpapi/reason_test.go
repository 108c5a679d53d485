package httpapi_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// TestReasons: no answer but a good one is without its cause, in the log and for Observe.
func TestReasons(t *testing.T) {
	var mu sync.Mutex
	var observed string
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.AllowedHosts = []string{"127.0.0.1"}
		h.MaxBody, h.MaxFields = 1000, 3
		h.Observe = func(o httpapi.Observation) {
			mu.Lock()
			defer mu.Unlock()
			observed = o.Cause
		}
	})
	const token, form, json5 = "/auth/token/", "Content-Type: application/x-www-form-urlencoded",
		"Content-Type: application/json"
	for _, c := range []struct {
		name, method, path, body, header string
		status                           int
		want                             map[string]any
	}{
		{"good", "OPTIONS", token, "", "", 200, map[string]any{"cause": nil}},
		{"another host", "GET", token + "?secret=x", "", "Host: shop.example:80", 400,
			map[string]any{"cause": "host_not_allowed", "host": "shop.example:80", "path": token, "route": nil}},
		{"an endless host", "GET", token, "", "Host: " + strings.Repeat("x", 300), 400,
			map[string]any{"cause": "host_not_allowed", "host": strings.Repeat("x", 128) + "…"}},
		{"unknown path", "GET", "/wp-login.php?secret=x", "", "", 404, map[string]any{"cause": "unknown_path",
			"path": "/wp-login.php", "route": nil}},
		{"what may be a token", "GET", "/reset/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x/done", "", "", 404,
			map[string]any{"path": "/reset/…/done"}},
		{"what may be an address", "GET", "/c/ana%40example.com", "", "", 404, map[string]any{"path": "/c/…"}},
		{"an endless path", "GET", "/" + strings.Repeat("ab/", 3000), "", "", 404,
			map[string]any{"path": "/" + strings.Repeat("ab/", 42) + "a…"}},
		{"no slash", "GET", "/auth/token?x=y", "", "", 301, map[string]any{"cause": "missing_slash",
			"path": "/auth/token"}},
		{"method", "DELETE", token, "", "", 405, map[string]any{"cause": "method_not_allowed", "route": token,
			"path": nil}},
		{"accept", "GET", "/customers/me/", "", "Accept: image/png", 406, map[string]any{"cause": "not_acceptable"}},
		{"format", "GET", "/customers/me/?format=xml", "", "", 404, map[string]any{"cause": "unknown_format"}},
		{"media type", "POST", token, "a", "Content-Type: text/plain", 415,
			map[string]any{"cause": "unsupported_media_type"}},
		{"no JSON", "POST", token, "{", json5, 400, map[string]any{"cause": "malformed_body"}},
		{"too long", "POST", token, strings.Repeat(" ", 1001), json5, 400, map[string]any{"cause": "body_too_large"}},
		{"too many fields", "POST", token, "a=&b=&c=&d=", form, 400, map[string]any{"cause": "too_many_fields"}},
		{"missing fields", "POST", token, "{}", json5, 400, map[string]any{"cause": "invalid_fields"}},
		{"refused token", "POST", "/auth/token/verify/", `{"token":"x"}`, json5, 401,
			map[string]any{"cause": "malformed", "code": "token_not_valid"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.log.Lock()
			s.log.Reset()
			s.log.Unlock()
			mu.Lock()
			observed = ""
			mu.Unlock()
			var headers []string
			if c.header != "" {
				headers = []string{c.header}
			}
			if answer, body := s.ask(t, c.method, c.path, c.body, headers...); answer.StatusCode != c.status {
				t.Errorf("%s %s = %d %s, want %d", c.method, c.path, answer.StatusCode, body, c.status)
			}
			text := s.record(t)
			var got map[string]any
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("log = %q: %v", text, err)
			}
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s = %v, want %v in %s", name, got[name], want, text)
				}
			}
			if strings.Contains(text, "secret") {
				t.Errorf("the record has the query: %s", text)
			}
			// Observe is called after the record was written.
			want, _ := got["cause"].(string)
			if want == "" {
				want = "ok"
			}
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
				mu.Lock()
				seen := observed
				mu.Unlock()
				if seen == want {
					return
				}
			}
			t.Errorf("Observe never saw cause %q", want)
		})
	}
}

// TestReasonOfFailures: what is not the client's fault has a cause too.
func TestReasonOfFailures(t *testing.T) {
	for want, change := range map[string]func(*testing.T, *node.Config){
		"internal_error": func(_ *testing.T, n *node.Config) { n.Rand = failing{} },
		"unavailable": func(t *testing.T, n *node.Config) {
			if err := n.Store.Close(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		s := openShop(t, func(n *node.Config, _ *httpapi.Config) { change(t, n) })
		s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
		if record := s.record(t); !strings.Contains(record, `"cause":"`+want+`"`) {
			t.Errorf("log = %s, want cause %s", record, want)
		}
	}
}

// TestReasonsAreDocumented: each reason stands in the table of causes in the documentation.
func TestReasonsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| cause | what |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	file, err := parser.ParseFile(gotoken.NewFileSet(), "reason.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "reason" {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("docs/operations.md does not say what cause %s is", name)
		}
		return true
	})
	if found == 0 {
		t.Error("reason.go has no reasons")
	}
}

// TestWhyNoLogin: the log knows why a log-in was refused, the client does not.
func TestWhyNoLogin(t *testing.T) {
	s := openShop(t, nil)
	for i, c := range []store.NewCustomer{
		{Email: "off@example.com", PasswordHash: hashOf(t, "right")},
		{Email: "none@example.com", IsActive: true, PasswordHash: "!x"},
		{Email: "odd@example.com", IsActive: true, PasswordHash: "md5$a$b"},
	} {
		c.ID = core.Integer(int64(20 + i))
		if _, err := s.store.Add(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	first := ""
	for _, c := range []struct{ email, password, want string }{
		{"ana@example.com", "wrong", "wrong_password"},
		{"nobody@example.com", "right", "unknown_customer"},
		{"off@example.com", "right", "inactive_customer"},
		{"off@example.com", "wrong", "inactive_customer"},
		{"none@example.com", "right", "no_usable_password"},
		{"odd@example.com", "right", "no_usable_password"},
	} {
		s.log.Lock()
		s.log.Reset()
		s.log.Unlock()
		answer, body := s.post(t, "/auth/token/", `{"email":"`+c.email+`","password":"`+c.password+`"}`)
		shown := answer.Status + answer.Header.Get("X-Auth-Error") + body
		if first == "" {
			first = shown
		}
		if shown != first {
			t.Errorf("%s: the client is told %s, and another one %s", c.email, shown, first)
		}
		var record string
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end) &&
			!strings.Contains(record, `"msg":"request"`); time.Sleep(time.Millisecond) {
			record = s.record(t)
		}
		if !strings.Contains(record, `"cause":"`+c.want+`"`) {
			t.Errorf("%s, %s: log = %s, want cause %s", c.email, c.password, record, c.want)
		}
	}
}

// TestThrottleIsNamed: the record of a 429 says which rate is used up.
func TestThrottleIsNamed(t *testing.T) {
	once := throttle.Rate{Requests: 1, Period: time.Hour}
	for want, throttles := range map[string]httpapi.Throttles{
		"login": {Login: once}, "account": {Account: once}, "anon,user": {Anon: once, User: once},
	} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.Throttles = throttles })
		const body = `{"email":"ana@example.com","password":"right"}`
		s.post(t, "/auth/token/", body)
		s.record(t)
		s.log.Lock()
		s.log.Reset()
		s.log.Unlock()
		if answer, _ := s.post(t, "/auth/token/", body); answer.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%s: %d, want 429", want, answer.StatusCode)
		}
		if record := s.record(t); !strings.Contains(record, `"cause":"throttled","throttle":"`+want+`"`) {
			t.Errorf("log = %s, want cause throttled and throttle %s", record, want)
		}
	}
}
