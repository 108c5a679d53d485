package envoy

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const missing = `{"detail":"Authentication credentials were not provided."}`

// TestShown compares the configuration that the documents show with the one that is tested.
func TestShown(t *testing.T) {
	tested, err := os.ReadFile("envoy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(filepath.Join(root, "docs/embedding.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(shown), "\n```yaml\n"+string(tested)+"```\n") {
		t.Error("docs/embedding.md shows another configuration than testdata/hosts/envoy/envoy.yaml")
	}
}

// TestDocumented has the configuration of the documents, as it stands, let requests pass and refuse them.
func TestDocumented(t *testing.T) {
	key := newSigner(t, "ES256")
	p := newPublisher(t, key)
	service(t)
	e := start(t, documented(t, p.root.jwk), module(t, ""), 1)

	good := key.token(t, nil)
	t.Run("503 before there is a bundle", func(t *testing.T) {
		a := get(t, site+"/api", "Authorization", bearer(good))
		if a.status != 503 || !strings.Contains(a.body, `{"detail":"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	p.publish(t, time.Now().Add(time.Hour), nil)
	await(t, 200, 10*time.Second, site+"/api", "Authorization", bearer(good))

	refused := func(name string, status int, body string, path string, headers ...string) {
		t.Run(name, func(t *testing.T) {
			a := get(t, site+path, headers...)
			if a.status != status || !strings.Contains(a.body, body) {
				t.Errorf("%d %s, want %d with %s", a.status, a.body, status, body)
			}
			got := a.header.Values("Content-Type")
			if status != 400 && !slices.Equal(got, []string{"application/json"}) {
				t.Errorf("Content-Type: %q", got)
			}
			if got := a.header.Get("WWW-Authenticate"); status == 401 && got != `Bearer realm="api"` {
				t.Errorf("WWW-Authenticate: %q", got)
			}
		})
	}
	refused("no token", 401, missing, "/api")
	refused("no token, below", 401, missing, "/api/orders?a=b")
	refused("a forged token", 401, `"code":"token_not_valid"`, "/api", "Authorization", bearer(forged(t, key)))
	refused("a refresh token", 401, `"code":"token_not_valid"`, "/api",
		"Authorization", bearer(key.token(t, claims{"token_type": "refresh"})))
	refused("an expired token", 401, `"code":"token_not_valid"`, "/api",
		"Authorization", bearer(key.token(t, claims{"exp": time.Now().Unix() - 1})))
	refused("two headers", 401, ``, "/api", "Authorization", bearer(good), "authorization", bearer(good))
	refused("a path in two readings", 403, `"detail"`, "/api;x", "Authorization", bearer(good))
	refused("an escaped slash", 400, ``, "/open/..%2fapi")

	passed := func(name, path string, want http.Header, headers ...string) {
		t.Run(name, func(t *testing.T) {
			a := get(t, site+path, headers...)
			if a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			for header, got := range a.received(t) {
				plain := strings.ToLower(strings.ReplaceAll(header, "_", "-"))
				if plain == "x-user-id" && !slices.Equal(got, want[header]) {
					t.Errorf("the service had %s: %q, want %q", header, got, want[header])
				}
				delete(want, header)
			}
			for header := range want {
				t.Errorf("the service had no %s", header)
			}
		})
	}
	passed("a token", "/api", http.Header{"X-User-Id": {"7"}}, "Authorization", bearer(good))
	passed("an open path", "/open", http.Header{"X-User-Id": {""}})
	passed("a path that only begins alike", "/apis", http.Header{"X-User-Id": {""}})
	passed("headers that the client made up", "/api", http.Header{"X-User-Id": {"7"}}, "Authorization", bearer(good),
		"X-User-Id", "1", "x-user-id", "2", "X_User_Id", "3", "x_user-ID", "4", "X-USER_ID", "5")
	passed("headers that the client made up, on an open path", "/open", http.Header{"X-User-Id": {""}},
		"X-User-Id", "1", "X_User_Id", "3", "x-User_id", "4")

	t.Run("claims in the filter state", func(t *testing.T) {
		get(t, site+"/api/logged", "Authorization", bearer(key.token(t, claims{"plan": "gold"})))
		var line string
		for deadline := time.Now().Add(15 * time.Second); line == "" && time.Now().Before(deadline); {
			time.Sleep(100 * time.Millisecond)
			for l := range strings.Lines(e.logged(t)) {
				if strings.HasPrefix(l, "GET /api/logged 200 ") {
					line = l
				}
			}
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "GET /api/logged 200 ")), &got); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if got["plan"] != "gold" || got["user_id"] != "7" {
			t.Errorf("%q", line)
		}
	})
	t.Run("polls with ETag and since", func(t *testing.T) {
		p.requests()
		time.Sleep(2100 * time.Millisecond)
		list := p.requests()
		if len(list) < 2 || len(list) > 6 {
			t.Errorf("%d requests in 2.1 s by a worker and the main thread", len(list))
		}
		for _, r := range list {
			if r.Header.Get("If-None-Match") == "" || r.URL.Query().Get("since") == "" || r.Host != "127.0.0.1:8001" {
				t.Errorf("%s %s to %s with If-None-Match %q", r.Method, r.URL, r.Host, r.Header.Get("If-None-Match"))
			}
		}
	})
	t.Run("revoked", func(t *testing.T) { revoked(t, p, key) })
	t.Run("cut off", func(t *testing.T) { cutOff(t, p, key) })
}
