package service_test

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

// kms is a signer at a socket, with one key.
type kms struct {
	*testing.T
	path string
	key  keyring.Key
	stop func()
	// good is how many signatures it makes yet before it does what fault says; nil: it signs for ever.
	good  atomic.Int64
	fault atomic.Pointer[http.HandlerFunc]
}

func newKMS(t *testing.T, algorithm string) *kms {
	t.Helper()
	key, err := keyring.GenerateKey(algorithm, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &kms{T: t, path: filepath.Join(t.TempDir(), "kms.sock"), key: key}
	s.start()
	return s
}

// start serves the key until stop is called.
func (s *kms) start() {
	s.Helper()
	right, err := signer.Handler([]keyring.Key{s.key})
	if err != nil {
		s.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := s.fault.Load(); r.URL.Path == "/sign" && fault != nil && s.good.Add(-1) < 0 {
			(*fault)(w, r)
			return
		}
		right.ServeHTTP(w, r)
	})
	listener, err := signer.Listen(s.path)
	if err != nil {
		s.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	s.stop = func() { _ = server.Close() }
	s.Cleanup(s.stop)
}

// kid is the header's kid of a token.
func kid(t *testing.T, token string) string {
	t.Helper()
	header, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(string(text), `"kid":"`)
	id, _, _ = strings.Cut(id, `"`)
	return id
}

// TestSigner: a fresh node with keys.signer signs with its key, and makes none of its own. While the signer is away
// nobody gets a token and every token stays good, also over a start; once it is back it signs again.
func TestSigner(t *testing.T) {
	s, dir := newKMS(t, "ES256"), t.TempDir()
	open := func() *keyed { return openKeyed(t, dir, "EDGETOKEN_KEYS_SIGNER=unix:"+s.path) }
	k := open()
	token := k.login()
	if kid(t, token) != s.key.ID() || strings.Count(k.jwks(), `"kid"`) != 1 || !strings.Contains(k.jwks(), s.key.ID()) {
		t.Errorf("the token has the kid %q, and published is %s; want the signer's key alone", kid(t, token), k.jwks())
	}
	away := func(k *keyed) {
		t.Helper()
		status, tokens := k.ask("/auth/token/", `{"email":"ana@example.com","password":"correct horse"}`)
		if status != 503 || tokens.Access != "" {
			t.Errorf("a log-in while the signer is away: %d, want 503", status)
		}
		if status, _ := k.ask("/auth/token/verify/", `{"token":"`+token+`"}`); status != 200 {
			t.Errorf("verify while the signer is away: %d, want 200", status)
		}
	}
	s.stop()
	away(k)
	s.start()
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh once the signer is back: %d", status)
	}
	s.stop()
	k.close()
	k = open()
	away(k)
	if report, err := k.Reload(); err != nil {
		t.Errorf("a reload while the signer is away: %+v, %v", report, err)
	}
	s.start()
	k.login()
	k.close()
	if log := k.log.String(); !strings.Contains(log, "the keys of the signer cannot be listed") ||
		strings.Contains(log, "has to log in again") {
		t.Errorf("the log of a start and a reload without the signer:\n%s", log)
	}
}

// TestSignerTakesOver: keys of a signer are published at the start, and take over when they are activated.
func TestSignerTakesOver(t *testing.T) {
	dir := t.TempDir()
	k := openKeyed(t, dir)
	before := k.login()
	k.close()
	s := newKMS(t, "ES256")
	k = openKeyed(t, dir, "EDGETOKEN_KEYS_SIGNER=unix:"+s.path)
	if token := k.login(); kid(t, token) != kid(t, before) || !strings.Contains(k.jwks(), s.key.ID()) {
		t.Errorf("after the start %s signs, want %s; published is %s", kid(t, token), kid(t, before), k.jwks())
	}
	if _, err := k.Keys().Activate(t.Context(), s.key.ID(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if token := k.login(); kid(t, token) != s.key.ID() {
		t.Errorf("%s signs, want the signer's key", kid(t, token))
	}
	if status := k.refresh(before); status != 200 {
		t.Errorf("a token of the key before: %d, want 200", status)
	}
}

// TestSignerFaults: whatever a signer does instead of signing, at the first or the second token, a log-in and a refresh
// are answered by 503, without a token and with nothing stored. The same refresh is good once the signer signs again.
// The key is for RS256, of which no signature is remembered.
func TestSignerFaults(t *testing.T) {
	s := newKMS(t, "RS256")
	k := openKeyed(t, t.TempDir(), "EDGETOKEN_KEYS_SIGNER=unix:"+s.path, "EDGETOKEN_KEYS_SIGNER_TIMEOUT=500ms",
		"EDGETOKEN_SIMPLE_JWT_ROTATE_REFRESH_TOKENS=true", "EDGETOKEN_SIMPLE_JWT_BLACKLIST_AFTER_ROTATION=true")
	token := k.login()
	k.ask("/auth/token/verify/", `{"token":"`+token+`"}`) // the store notes how long the tokens live that it is shown
	changes, other := k.Changes(), newKMS(t, "RS256")
	lies, err := signer.Handler([]keyring.Key{other.key.WithID(s.key.ID())})
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]http.HandlerFunc{
		"slow":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"failing": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":"no slot"}`, 500) },
		"lying":   lies.ServeHTTP,
		"gone":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		for good := range int64(2) {
			for path, body := range map[string]string{
				"/auth/token/":         `{"email":"ana@example.com","password":"correct horse"}`,
				"/auth/token/refresh/": `{"refresh":"` + token + `"}`,
			} {
				s.good.Store(good)
				s.fault.Store(&fault)
				if status, tokens := k.ask(path, body); status != 503 || tokens.Access+tokens.Refresh != "" {
					t.Errorf("%s after %d signatures: %s = %d with tokens: %v", name, good, path, status,
						tokens.Access != "")
				}
			}
		}
	}
	if after := k.Changes(); after != changes {
		t.Errorf("%d commits were made, want none", after-changes)
	}
	s.fault.Store(nil)
	if status := k.refresh(token); status != 200 {
		t.Errorf("the same refresh once the signer signs = %d", status)
	}
}
