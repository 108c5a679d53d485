package service_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// clockedNode is a node whose clock stands until a test moves it. It has no listener.
type clockedNode struct {
	*service.Service
	t      *testing.T
	dir    string
	config string // a configuration file
	log    io.Writer
	began  time.Time
	clock  atomic.Int64 // nanoseconds since then
}

func newClockedNode(t *testing.T, config string) *clockedNode {
	n := &clockedNode{t: t, dir: t.TempDir(), config: config, log: os.Stderr}
	if err := os.Chmod(n.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	n.began = time.Now()
	return n
}

// now is the time. It has a monotonic reading, as those of time.Now do.
func (n *clockedNode) now() time.Time { return n.began.Add(time.Duration(n.clock.Load())) }

// load reads the configuration as it is now.
func (n *clockedNode) load() *config.Config {
	n.t.Helper()
	path := filepath.Join(n.dir, "edgetoken.yaml")
	if err := os.WriteFile(path, []byte(n.config), 0o600); err != nil {
		n.t.Fatal(err)
	}
	cfg, err := config.Load(config.Sources{File: path, FileNeeded: true, Environ: []string{"EDGETOKEN_DATA=" + n.dir,
		"EDGETOKEN_PASSWORD_MEMORY=8", "EDGETOKEN_PASSWORD_ITERATIONS=1", "EDGETOKEN_LISTEN=127.0.0.1:0",
		"EDGETOKEN_ENGINE=native"}})
	if err != nil {
		n.t.Fatal(err)
	}
	return cfg
}

// open starts the node. Close ends it.
func (n *clockedNode) open() {
	n.t.Helper()
	var err error
	n.Service, err = service.Open(n.t.Context(), service.Config{Start: n.load(), Now: n.now, Log: n.log,
		Reload: func() (*config.Config, error) { return n.load(), nil }})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = n.Close() })
}

// pass moves the clock on, and the node does what the time has brought.
func (n *clockedNode) pass(by time.Duration) {
	n.t.Helper()
	n.clock.Add(int64(by))
	if err := n.Tick(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

// ask asks the API, and reads the answer if it is 200.
func (n *clockedNode) ask(method, path, body string, answer any) int {
	n.t.Helper()
	w := n.answer(method, path, body)
	if w.Code == http.StatusOK && answer != nil {
		if err := json.Unmarshal(w.Body.Bytes(), answer); err != nil {
			n.t.Fatal(err)
		}
	}
	return w.Code
}

func (n *clockedNode) answer(method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w
}

func (n *clockedNode) refresh(token string, answer any) int {
	return n.ask("POST", "/auth/token/refresh/", fmt.Sprintf(`{"refresh":%q}`, token), answer)
}

func (n *clockedNode) verify(token string) int {
	return n.ask("POST", "/auth/token/verify/", fmt.Sprintf(`{"token":%q}`, token), nil)
}

// add adds a customer.
func (n *clockedNode) add(email string) {
	n.t.Helper()
	if err := n.AddCustomer(n.t.Context(), store.NewCustomer{Email: email, IsActive: true},
		"correct horse 1"); err != nil {
		n.t.Fatal(err)
	}
}

// TestShorterLifetimesThenRotation: tokens of 90 days are issued, lifetimes are cut to 3 days, and another key takes
// over. The old tokens are good to their last second and not a second longer, also after a restart, and their key is
// gone soon after.
func TestShorterLifetimesThenRotation(t *testing.T) {
	const settings = "refresh: {max_session: 0}\nlog: {level: error}\nsimple_jwt: {REFRESH_TOKEN_LIFETIME: %s}\n"
	n := newClockedNode(t, fmt.Sprintf(settings, "90d"))
	n.open()
	n.add("ana@example.com")
	old := signing(t, n.Keys())
	n.pass(time.Hour)
	var first, last struct{ Access, Refresh string }
	login := func(into any) {
		t.Helper()
		if status := n.ask("POST", "/auth/token/", `{"email":"ana@example.com","password":"correct horse 1"}`,
			into); status != http.StatusOK {
			t.Fatalf("log-in answers %d", status)
		}
	}
	login(&first)
	n.config = fmt.Sprintf(settings, "3d")
	n.pass(24 * time.Hour)
	login(&last) // the last one of 90 days, at the time of the reload
	if _, err := n.Reload(); err != nil {
		t.Fatal(err)
	}
	n.pass(time.Minute)
	if _, err := n.Keys().Generate(t.Context(), keys.Generate{Activate: true}); err != nil {
		t.Fatal(err)
	}
	if k := signing(t, n.Keys()); k.ID() == old.ID() {
		t.Fatal("the old key still signs")
	}
	for range 2 {
		n.pass(24 * time.Hour)
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		n.open()
	}
	for _, token := range []string{first.Refresh, last.Refresh} {
		n.pass(expiry(token).Add(-time.Second).Sub(n.now()))
		if refreshed, verified := n.refresh(token, nil), n.verify(token); refreshed != 200 || verified != 200 {
			t.Errorf("in its last second a token is refreshed with %d, verified with %d, want 200", refreshed, verified)
		}
		n.pass(time.Second)
		if refreshed, verified := n.refresh(token, nil), n.verify(token); refreshed != 401 || verified != 401 {
			t.Errorf("at its end a token is refreshed with %d and verified with %d, want 401", refreshed, verified)
		}
	}
	// What the key signed has expired. It takes nothing more from its own end on, a minute after the last token that
	// it may have signed.
	late := forgeFor(t, old, "refresh", n.now(), 1)
	n.pass(time.Minute)
	if status := n.verify(late); status != http.StatusOK {
		t.Errorf("within the minute after the last token, verify answers %d", status)
	}
	n.pass(2 * time.Minute)
	if status := n.verify(late); status != http.StatusUnauthorized {
		t.Errorf("after the end of the key, verify answers %d", status)
	}
}

// TestYearsOfRotations: the key file of the release before moves in, and then keys rotate every 30 days by themselves.
// 50 customers refresh and verify daily, with tokens of that release at first. None is logged out, and a program that
// keeps the public keys for as long as it may knows the key of each token. EDGETOKEN_TEST_DAYS (40) says how long.
func TestYearsOfRotations(t *testing.T) {
	const customers, steps = 50, 48 // steps of a day
	days := number(t, "DAYS", 40)
	n := newClockedNode(t, "refresh: {max_session: 0}\nlog: {level: error}\nkeys: {rotate_every: 30d}\n"+
		"simple_jwt: {ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true}\n")
	const secret = "c2l4dHkgZm91ciBkaWdpdHMgb2YgYSBzZWNyZXQgdGhhdA"
	path := filepath.Join(n.dir, "signing.key")
	file := `{"alg":"HS256","k":"` + secret + `","kid":"34514ed689b4652ede4933ff7a59027c","kty":"oct"}` + "\n"
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	n.open()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("signing.key has not moved in: %v", err)
	}
	before := signing(t, n.Keys())
	if before.ID() != "34514ed689b4652ede4933ff7a59027c" {
		t.Errorf("%s signs, want the key of the file", before)
	}
	tokens := make([]string, customers)
	for i := range tokens {
		n.add(fmt.Sprintf("customer%d@example.com", i))
		tokens[i] = forgeFor(t, before, "refresh", n.now(), i+1)
	}
	offline := verifier{node: n, ids: map[string]bool{}}
	var refreshes, secrets int
	for step := range days * steps {
		n.pass(24 * time.Hour / steps)
		for i := range tokens {
			if i*steps/customers != step%steps {
				continue
			}
			var pair struct{ Access, Refresh string }
			if status := n.refresh(tokens[i], &pair); status != http.StatusOK {
				t.Fatalf("on day %d customer %d is logged out: %d", step/steps, i, status)
			}
			if status := n.verify(pair.Access); status != http.StatusOK {
				t.Fatalf("on day %d the token of customer %d is not good: %d", step/steps, i, status)
			}
			tokens[i] = pair.Refresh
			refreshes++
			if known := offline.verify(t, pair.Access); !known {
				secrets++
			}
		}
	}
	t.Logf("%d days: %d refreshes, none refused; %d access tokens verified by %d public keys, fetched %d times, "+
		"%d of these unchanged; %d tokens were signed with the secret of the release before", days, refreshes,
		refreshes-secrets, len(offline.ids), offline.fetched, offline.unchanged, secrets)
	if want := (days - 30) / 30; len(offline.ids) < want || refreshes != days*customers || secrets >= 32*customers {
		t.Errorf("%d keys signed, want %d; %d tokens by the old secret", len(offline.ids), want, secrets)
	}
}

// verifier is a program that verifies tokens with the public keys of a node. It keeps these for as long as it may.
type verifier struct {
	node               *clockedNode
	set                jwk.Set
	etag               string
	until              time.Time
	ids                map[string]bool // of the keys that signed
	fetched, unchanged int
}

// verify reports whether a token was signed by a key that is public. An unknown key, or a wrong signature, fails the
// test.
func (v *verifier) verify(t *testing.T, token string) bool {
	t.Helper()
	if !v.node.now().Before(v.until) {
		v.fetch(t)
	}
	message, err := jws.Parse([]byte(token))
	if err != nil {
		t.Fatal(err)
	}
	header := message.Signatures()[0].ProtectedHeaders()
	if header.Algorithm().String()[:2] == "HS" {
		return false
	}
	if _, err := jws.Verify([]byte(token), jws.WithKeySet(v.set)); err != nil {
		t.Fatalf("key %s is unknown to who verifies: %v", header.KeyID(), err)
	}
	v.ids[header.KeyID()] = true
	return true
}

func (v *verifier) fetch(t *testing.T) {
	t.Helper()
	r := httptest.NewRequest("GET", "http://127.0.0.1/.well-known/jwks.json", nil)
	r.Header.Set("If-None-Match", v.etag)
	w := httptest.NewRecorder()
	v.node.ServeHTTP(w, r)
	v.fetched++
	switch w.Code {
	case http.StatusNotModified:
		v.unchanged++
	case http.StatusOK:
		var err error
		if v.set, err = jwk.Parse(w.Body.Bytes()); err != nil {
			t.Fatal(err)
		}
		v.etag = w.Header().Get("ETag")
	default:
		t.Fatalf("the public keys are answered with %d", w.Code)
	}
	text, is := strings.CutPrefix(w.Header().Get("Cache-Control"), "public, max-age=")
	seconds, err := strconv.Atoi(text)
	if !is || err != nil {
		t.Fatalf("Cache-Control is %q", w.Header().Get("Cache-Control"))
	}
	v.until = v.node.now().Add(time.Duration(seconds) * time.Second)
}
