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
	n.configured(t, h.ask)
	// Traefik passes no such Connection header on to plug-ins.
	good := n.token(t, 7, time.Now().Add(time.Hour), "")
	a := h.ask("/", append(bearer(good), "Connection: close, X-User-Id")...)
	if a.Code != 403 || !strings.HasPrefix(a.Body.String(), `{"detail":"The Connection header`) {
		t.Errorf("a client drops headers of the gateway: %d %s", a.Code, a.Body)
	}
}

// configured holds a host to the rules, headers and the cookie of the documented configurations.
func (n *node) configured(t *testing.T, ask func(target string, headers ...string) *httptest.ResponseRecorder) {
	t.Helper()
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	good := n.token(t, 7, later, `,"roles":["staff","shop, north"]`)
	const invalid = `{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":` +
		`[{"token_class":"AccessToken","token_type":"access","message":"Token is `
	const none, seven = "X-Roles: \r\nX-User-Id: \r\n", "X-Roles: staff,shop%2C north\r\nX-User-Id: 7\r\n"
	for _, c := range []struct {
		name, target string
		headers      []string
		status       int
		body         string // of a refusal; else our headers, as they reach the service
	}{
		{"good", "/", bearer(good), 200, seven},
		{"cookie", "/", []string{"Cookie: a=b; access=" + good}, 200, seven},
		{"cookie of another page", "/", []string{"Cookie: access=" + good, "Origin: https://evil.example"}, 403,
			`{"detail":"CSRF Failed: Origin checking failed."}`},
		{"no token", "/", nil, 401, `{"detail":"Authentication credentials were not provided."}`},
		{"bad header", "/", bearer(""), 401, `{"detail":"Authorization header must contain two space-delimited values"` +
			`,"code":"bad_authorization_header"}`},
		{"forged", "/", bearer(good[:len(good)-4] + "AAAA"), 401, invalid + `invalid"}]}`},
		{"expired", "/", bearer(n.token(t, 7, past, "")), 401, invalid + `expired"}]}`},
		{"optional, none", "/catalogue/1?a=b", nil, 200, none},
		{"optional, good", "/catalogue", bearer(good), 200, seven},
		{"optional, bad", "/catalogue", bearer("x.y.z"), 401, invalid + `invalid"}]}`},
		{"none", "/static/a.css", bearer("x.y.z"), 200, none},
		{"made up", "/static", []string{"X-User-Id: 1", "X_user_id: 2", "X-Roles: a", "X.ROLES: b"}, 200, none},
		{"two paths", "/static/..%2fadmin", nil, 403, `{"detail":"The path can be read in more than one way."}`},
		{"large", "/", bearer(strings.Repeat("x", 100<<10)), 401, invalid + `invalid"}]}`},
		{"large others", "/", append(bearer(good), "Z: "+strings.Repeat("x", 200<<10)), 200, seven},
	} {
		a := ask(c.target, c.headers...)
		body := a.Body.String()
		if a.Code == 200 {
			body = strings.Join(ours.FindAllString(body, -1), "")
		}
		if a.Code != c.status || body != c.body {
			t.Errorf("%s: %d %.300s, want %d %s", c.name, a.Code, body, c.status, c.body)
		}
		header(t, c.name, a)
	}
}

// TestDocumented: docs/embedding.md shows the middleware of Traefik's configuration as it stands.
func TestDocumented(t *testing.T) {
	file, err := os.ReadFile("../../../wasm/httpwasm/traefik/dynamic/edgetoken.yml")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../../docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(file), "  middlewares:\n")
	middleware, _, found := strings.Cut(after, "  services:\n")
	shown := strings.ReplaceAll("\n"+middleware, "\n    ", "\n")
	if !found || !strings.Contains(string(docs), "```yaml"+shown+"```") {
		t.Errorf("docs/embedding.md does not show%s", shown)
	}
}

// ours are the headers that the gateway sets, in every spelling.
var ours = regexp.MustCompile(`(?mi)^X.(User.Id|Roles): .*\r\n`)

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
	n.revokes(t, h.ask)
	for _, line := range []string{"no_bundle", "bundle_expired"} {
		if h.log.count(line) == 0 {
			t.Errorf("the log does not say %s: %q", line, h.log.lines)
		}
	}
}

// revokes has a node without a bundle publish several.
func (n *node) revokes(t *testing.T, ask func(target string, headers ...string) *httptest.ResponseRecorder) {
	t.Helper()
	token := n.token(t, 7, time.Now().Add(50*time.Minute), "")
	until := func(what string, want int) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			a := ask("/", bearer(token)...)
			if a.Code == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %d %s, want %d", what, a.Code, a.Body, want)
			}
		}
	}
	until("without a bundle", 503)
	n.publish(t, time.Hour)
	until("with a bundle", 200)
	n.publish(t, time.Hour, 7)
	until("revoked", 401)
	file := filepath.Join(n.folder, "bundle.jws")
	if err := os.WriteFile(file, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	until("damaged", 401)
	n.publish(t, 8*time.Second)
	until("not revoked any more", 200)
	until("past the end", 503)
	if a := ask("/", bearer(token)...); a.Body.String() != unavailable {
		t.Errorf("past the end: %s", a.Body)
	}
	if a := ask("/"); a.Code != 401 {
		t.Errorf("past the end, no token: %d, want 401", a.Code)
	}
}

// TestNoClock: wazero's own clock stands in 2022; no token passes under it.
func TestNoClock(t *testing.T) {
	n := newNode(t, "ES256")
	config := `{"policy":{"jwks":{"keys":[` + public(t, n.key) + `]}},"rules":[{"path":"/","require":"token"}]}`
	h := openWith(t, released(t), config, wazero.NewModuleConfig(), "")
	token := n.token(t, 7, time.Date(2022, 1, 2, 0, 0, 0, 0, time.UTC), "")
	if a := h.ask("/", bearer(token)...); a.Code != 503 || a.Body.String() != unavailable {
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
		if a := h.ask("/"); a.Code != 503 || a.Body.String() != unavailable {
			t.Errorf("%s: %d %s, want 503", config, a.Code, a.Body)
		}
		if h.log.count(want) == 0 {
			t.Errorf("%s: the log has %q, want %s", config, h.log.lines, want)
		}
	}
}
