package httpwasm_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
)

const unavailable = `{"detail":"Service temporarily unavailable, try again later."}`

// TestConfiguration: what edgetoken.json says is so.
func TestConfiguration(t *testing.T) {
	n := newNode(t, "ES256")
	n.publish(t, time.Hour)
	h := open(t, released(t), n.config(t), n.folder)
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	good := n.token(t, 7, later, `,"roles":["staff","shop, north"]`)
	const invalid = `{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":` +
		`[{"token_class":"AccessToken","token_type":"access","message":"Token is `
	const none, seven = "X-Roles: \r\nX-User-Id: \r\n", "X-Roles: staff,shop%2C north\r\nX-User-Id: 7\r\n"
	for _, c := range []struct {
		name, target string
		headers      []string
		status       int
		body         string // what it begins with, but for the headers that carry the token
	}{
		{"good", "/", bearer(good), 200, seven},
		{"cookie", "/", []string{"Cookie: a=b; access=" + good}, 200, seven},
		{"cookie of another page", "/", []string{"Cookie: access=" + good, "Origin: https://evil.example"}, 403,
			`{"detail":"CSRF Failed`},
		{"no token", "/", nil, 401, `{"detail":"Authentication credentials were not provided."}`},
		{"bad header", "/", bearer(""), 401, `{"detail":"Authorization header must contain two space-delimited values",` +
			`"code":"bad_authorization_header"}`},
		{"forged", "/", bearer(good[:len(good)-4] + "AAAA"), 401, invalid + `invalid"}]}`},
		{"expired", "/", bearer(n.token(t, 7, past, "")), 401, invalid + `expired"}]}`},
		{"optional, none", "/catalogue/1?a=b", nil, 200, none},
		{"optional, good", "/catalogue", bearer(good), 200, seven},
		{"optional, bad", "/catalogue", bearer("x.y.z"), 401, invalid},
		{"none", "/static/a.css", bearer("x.y.z"), 200, none},
		{"made up", "/static", []string{"X-User-Id: 1", "X_user_id: 2", "X-Roles: a", "X_ROLES: b"}, 200, none},
		{"dropped", "/", append(bearer(good), "Connection: close, X-User-Id"), 403, `{"detail":"The Connection header`},
		{"two paths", "/static/..%2fadmin", nil, 403, `{"detail":"The path can be read`},
		{"large", "/", bearer(strings.Repeat("x", 100<<10)), 401, invalid},
		{"large others", "/", append(bearer(good), "Z: "+strings.Repeat("x", 200<<10)), 200, seven},
	} {
		a := h.ask("GET", c.target, c.headers...)
		body := carriers.ReplaceAllString(a.Body.String(), "")
		if a.Code != c.status || !strings.HasPrefix(body, c.body) {
			t.Errorf("%s: %d %.300s, want %d %s", c.name, a.Code, body, c.status, c.body)
		}
		header(t, c.name, a)
	}
}

// carriers are the headers that carry a token.
var carriers = regexp.MustCompile(`(?m)^(Authorization|Cookie): .*\r\n`)

func bearer(token string) []string { return []string{"Authorization: Bearer " + token} }

// header: refusals have the headers of our own service.
func header(t *testing.T, name string, a *httptest.ResponseRecorder) {
	t.Helper()
	want := map[int]string{401: `Bearer realm="api"`}[a.Code]
	if a.Header().Get("WWW-Authenticate") != want {
		t.Errorf("%s: WWW-Authenticate %q, want %q", name, a.Header().Get("WWW-Authenticate"), want)
	}
	if a.Code != 200 && a.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%s: Content-Type %q", name, a.Header().Get("Content-Type"))
	}
}

// TestBundle: a revocation reaches the gateway with the file; what is wrong with the file changes nothing; past the end
// nothing is known.
func TestBundle(t *testing.T) {
	n := newNode(t, "EdDSA")
	h := open(t, released(t), n.config(t), n.folder)
	token := n.token(t, 7, time.Now().Add(50*time.Minute), "")
	status := func() int { return h.ask("GET", "/", bearer(token)...).Code }
	within := func(what string, want int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); status() != want; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d, want %d; the log: %q", what, status(), want, h.log.lines)
			}
		}
	}
	if got := status(); got != 503 {
		t.Errorf("without a bundle: %d, want 503", got)
	}
	n.publish(t, time.Hour)
	within("with a bundle", 200)
	n.publish(t, time.Hour, 7)
	within("revoked", 401)
	file := filepath.Join(n.folder, "bundle.jws")
	if err := os.WriteFile(file, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	within("damaged", 401)
	n.publish(t, 3*time.Second)
	within("not revoked any more", 200)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	within("past the end", 503)
	if a := h.ask("GET", "/", bearer(token)...); a.Body.String() != unavailable {
		t.Errorf("past the end: %s", a.Body)
	}
	if a := h.ask("GET", "/"); a.Code != 401 {
		t.Errorf("past the end, no token: %d, want 401", a.Code)
	}
	for _, line := range []string{"no_bundle", "bundle_expired"} {
		if h.log.count(line) == 0 {
			t.Errorf("the log does not say %s: %q", line, h.log.lines)
		}
	}
}

// TestNoClock: wazero's own clock stands in 2022; no token passes under it.
func TestNoClock(t *testing.T) {
	n := newNode(t, "ES256")
	config := `{"policy":{"jwks":{"keys":[` + public(t, n.key) + `]}},"rules":[{"path":"/","require":"token"}]}`
	h := openWith(t, released(t), config, wazero.NewModuleConfig(), "")
	token := n.token(t, 7, time.Date(2022, 1, 2, 0, 0, 0, 0, time.UTC), "")
	if a := h.ask("GET", "/", bearer(token)...); a.Code != 503 || a.Body.String() != unavailable {
		t.Errorf("%d %s, want 503", a.Code, a.Body)
	}
}

// TestBadConfiguration: with a mistake in the configuration nothing passes, and the log names it.
func TestBadConfiguration(t *testing.T) {
	const none = `"rules":[{"path":"/","require":"none"}]`
	for config, want := range map[string]string{
		"":                                    "the configuration is no strict JSON object",
		"{}":                                  "policy: is missing",
		`{"policy":{},` + none + `}`:          "policy: it has no keys",
		`{"policy":{"root":{}},` + none:       "the configuration is no strict JSON object",
		`{"policy":{"root":{}},` + none + `}`: "policy: root",
		`{"policy":{},` + none + `,"bundle":{"path":"bundle"}}`:    "bundle.path: is unknown",
		`{"policy":{},` + none + `,"bundle":{"url":"http://a/b"}}`: "policy: it has no keys",
	} {
		h := open(t, released(t), config, "")
		if a := h.ask("GET", "/"); a.Code != 503 || a.Body.String() != unavailable {
			t.Errorf("%s: %d %s, want 503", config, a.Code, a.Body)
		}
		if h.log.count(want) == 0 {
			t.Errorf("%s: the log has %q, want %s", config, h.log.lines, want)
		}
	}
}
