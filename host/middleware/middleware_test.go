package middleware_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/host/middleware"
)

// issuer stands for a node: it signs tokens and serves bundles and deltas.
type issuer struct {
	*httptest.Server
	key coretest.OneOf // signs bundles, too

	mu      sync.Mutex
	made    []*bundle.Bundle
	broken  string // answered instead of a bundle
	asked   int
	deltas  int
	unasked int // answered with 304
}

func newIssuer(algorithm string) *issuer {
	n := &issuer{key: coretest.NewOneOf(algorithm, 0)}
	n.Server = httptest.NewServer(n)
	return n
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (n *issuer) root() string {
	return jwk.Public("root", n.key.Info.Algorithm, n.key.PublicMaterial())
}

// publish makes a bundle that is good for so long, in which tokens of some customers are revoked.
func (n *issuer) publish(lifetime time.Duration, revoked ...int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	b := &bundle.Bundle{
		Epoch: uint64(len(n.made) + 1), NotBefore: now.Unix() - 60, NotAfter: now.Add(lifetime).Unix(),
		Head: bundle.Head{Settings: core.DefaultSettings(), Users: core.IntegerID,
			Keys: []bundle.Key{{KeyInfo: n.key.Info, Material: n.key.PublicMaterial()}}},
	}
	for _, id := range revoked {
		b.CutOffs = append(b.CutOffs, bundle.CutOff{Subject: bundle.Subject(core.Integer(id)), At: now.UnixMilli()})
	}
	b.Sort()
	n.made, n.broken = append(n.made, b), ""
}

func (n *issuer) breaks(answer string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken = answer
}

func (n *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	last := len(n.made) - 1
	switch tag := fmt.Sprintf(`"%d"`, last); {
	case n.broken != "":
		io.WriteString(w, n.broken)
		return
	case last < 0:
		http.NotFound(w, r)
		return
	case r.Header.Get("If-None-Match") == tag:
		n.unasked++
		w.WriteHeader(http.StatusNotModified)
		return
	default:
		w.Header().Set("ETag", tag)
	}
	payload := n.made[last].Append(nil)
	var since int
	if fmt.Sscan(r.URL.Query().Get("since"), &since); 0 < since && since <= last {
		n.deltas++
		payload = n.made[last].AppendDelta(nil, n.made[since-1])
	}
	text := must(bundle.Sign(payload, "root", n.key.Info.Algorithm, nil, n.key.SignInput))
	io.WriteString(w, text+"\n") // as in a file
}

// token is a token of a customer, issued ten minutes ago.
func (n *issuer) token(id int64) string {
	now := time.Now().Unix()
	return n.key.Issue(`{"alg":"`+n.key.Info.Algorithm+`"}`, fmt.Sprintf(
		`{"token_type":"access","exp":%d,"iat":%d,"jti":"%032d","user_id":"%d"}`, now+3600, now-600, id, id))
}

// For the example: a node, and what asks the handler that it sets up.
var (
	exampleNode = sync.OnceValue(func() *issuer {
		n := newIssuer("ES256")
		n.publish(time.Hour)
		return n
	})
	node, root = exampleNode().URL, exampleNode().root()
)

func ask(h http.Handler) {
	for _, header := range []string{"", "Bearer " + exampleNode().token(7)} {
		status, body := get(h, header)
		fmt.Println(status, strings.TrimSpace(body))
	}
}

func get(h http.Handler, authorization string) (status int, body string) {
	r := httptest.NewRequest("GET", "/", nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// open is a middleware that looks for bundles of a node each second.
func open(t *testing.T, n *issuer, change func(*middleware.Config)) *middleware.Middleware {
	t.Helper()
	cfg := middleware.Config{
		Policy: `{"root":` + n.root() + `}`, Bundle: n.URL, Poll: time.Second, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	m, err := middleware.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	t.Cleanup(n.Close)
	return m
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	who, known := middleware.From(r.Context())
	if !known {
		io.WriteString(w, "nobody")
		return
	}
	var claims struct {
		ID string `json:"jti"`
	}
	if err := who.Decode(&claims); err != nil || claims.ID != fmt.Sprintf("%032s", who.Customer) {
		http.Error(w, "the claims are another's", http.StatusTeapot)
		return
	}
	io.WriteString(w, who.Customer)
})

// TestUnpublished: where a node publishes no bundle, the log says what it needs.
func TestUnpublished(t *testing.T) {
	var log strings.Builder
	open(t, newIssuer("ES256"), func(cfg *middleware.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) // told once, by New
	})
	const want = `error="the node answers 404 Not Found: does it have bundle.publish, and a key pair?"`
	if !strings.Contains(log.String(), want) {
		t.Errorf("the log says %s", log.String())
	}
}

// TestPolling: revocations come with the next bundle, as deltas; what is wrong changes nothing; past the end nobody
// gets in.
func TestPolling(t *testing.T) {
	t.Parallel()
	n := newIssuer("EdDSA")
	m := open(t, n, nil)
	h := m.Require(hello)
	bearer := "Bearer " + n.token(7)
	until := func(what string, want int) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			status, body := get(h, bearer)
			if status == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %d %s, want %d", what, status, body, want)
			}
		}
	}
	until("no bundle yet", 503)
	n.publish(time.Hour)
	until("a bundle", 200)
	n.publish(time.Hour, 7)
	until("revoked", 401)
	for _, broken := range []string{"x", strings.Repeat("x", 9<<20)} {
		n.breaks(broken)
		asked := n.count(&n.asked)
		for n.count(&n.asked) < asked+2 {
			time.Sleep(10 * time.Millisecond)
		}
		until("still revoked", 401)
	}
	n.publish(8*time.Second, 8)
	until("no more", 200)
	n.Close()
	until("past the end", 503)
	if n.count(&n.deltas) < 2 {
		t.Errorf("%d deltas were asked for, want each bundle but the first", n.deltas)
	}
	m.Close()
	if got := m.Trust().Epoch(); got != 3 {
		t.Errorf("the epoch is %d, want 3", got)
	}
}

func (n *issuer) count(what *int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return *what
}

// TestConcurrent: requests in flight keep to their own claims, while bundles change.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	n := newIssuer("EdDSA")
	n.publish(time.Hour, 13)
	m := open(t, n, nil)
	server := httptest.NewServer(m.Require(hello))
	defer server.Close()
	var all sync.WaitGroup
	for client := range int64(16) {
		all.Go(func() {
			good, forged := n.token(client), n.token(client)
			forged = forged[:len(forged)-4] + "AAAA"
			for i := range 100 {
				token, want := good, fmt.Sprint(client)
				if i%3 == 0 || client == 13 {
					token, want = forged, `{"detail":"Given token not valid for any token type"`
				}
				r := must(http.NewRequest("GET", server.URL, nil))
				r.Header.Set("Authorization", "Bearer "+token)
				answer, err := server.Client().Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				body := string(must(io.ReadAll(answer.Body)))
				answer.Body.Close()
				if !strings.HasPrefix(body, want) {
					t.Errorf("client %d: %d %s, want %s", client, answer.StatusCode, body, want)
					return
				}
			}
		})
		if client%4 == 0 {
			n.publish(time.Hour, 13)
		}
	}
	all.Wait()
}

// TestOptional: no token is nobody, a bad one is refused, and a cookie may carry it.
func TestOptional(t *testing.T) {
	n := newIssuer("ES256")
	n.publish(time.Hour)
	h := open(t, n, func(cfg *middleware.Config) {
		cfg.Cookie, cfg.Realm, cfg.AuthHeaderTypes = "access", "shop", []string{"JWT"}
		cfg.Origins = []string{"https://shop.example"}
	}).Optional(hello)
	for _, c := range []struct {
		authorization, cookie, origin string
		status                        int
		body                          string
	}{
		{"", "", "", 200, "nobody"},
		{"Bearer x", "", "", 200, "nobody"}, // of another scheme
		{"JWT " + n.token(7), "", "", 200, "7"},
		{"JWT x.y.z", "", "", 401, `{"detail":"Given token not valid`},
		{"", n.token(8), "", 200, "8"},
		{"", n.token(8), "https://shop.example", 200, "8"},
		{"", n.token(8), "http://example.com", 200, "8"},
		{"", n.token(8), "https://evil.example", 403, `{"detail":"CSRF Failed`},
		{"", "x", "", 401, `{"detail":"Given token not valid`},
	} {
		r := httptest.NewRequest("GET", "http://example.com/", nil)
		for name, value := range map[string]string{
			"Authorization": c.authorization, "Cookie": "access=" + c.cookie, "Origin": c.origin,
		} {
			if value != "" && value != "access=" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.body) {
			t.Errorf("%.20s %.20s %s: %d %s, want %d %s", c.authorization, c.cookie, c.origin, w.Code, w.Body, c.status,
				c.body)
		}
		if w.Code == 401 && w.Header().Get("WWW-Authenticate") != `JWT realm="shop"` {
			t.Errorf("WWW-Authenticate is %q", w.Header().Get("WWW-Authenticate"))
		}
	}
}

// TestConfigIsChecked: an error says what is wrong.
func TestConfigIsChecked(t *testing.T) {
	good := `{"root":` + root + `}`
	for _, c := range []struct {
		cfg  middleware.Config
		want string
	}{
		{middleware.Config{}, "Config.Policy is no JSON"},
		{middleware.Config{Policy: "{}"}, "policy: it has no keys"},
		{middleware.Config{Policy: good, Bundle: "/bundle"}, `"/bundle" is no URL`},
		{middleware.Config{Policy: good, Bundle: node, Poll: time.Millisecond}, "once a second at most"},
		{middleware.Config{Policy: good, Cookie: "a;b"}, "cookie: must be a name"},
		{middleware.Config{Policy: good, Realm: `"`}, "realm: must be visible ASCII"},
		{middleware.Config{Policy: good, AuthHeaderTypes: []string{}}, "auth_header_types: must not be empty"},
	} {
		if _, err := middleware.New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.cfg, err, c.want)
		}
	}
}
