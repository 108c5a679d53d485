package service_test

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strings"
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
}

func newKMS(t *testing.T) *kms {
	t.Helper()
	key, err := keyring.GenerateKey("ES256", nil)
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
	handler, err := signer.Handler([]keyring.Key{s.key})
	if err != nil {
		s.Fatal(err)
	}
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
	s, dir := newKMS(t), t.TempDir()
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
	if !strings.Contains(k.log.String(), "the keys of the signer cannot be listed") {
		t.Errorf("the log of a start without the signer says\n%s", k.log.String())
	}
	away(k)
	if report, err := k.Reload(); err != nil || strings.Contains(k.log.String(), "has to log in again") {
		t.Errorf("a reload while the signer is away: %+v, %v\n%s", report, err, k.log.String())
	}
	s.start()
	k.login()
}

// TestSignerTakesOver: keys of a signer are published at the start, and take over when they are activated.
func TestSignerTakesOver(t *testing.T) {
	dir := t.TempDir()
	k := openKeyed(t, dir)
	before := k.login()
	k.close()
	s := newKMS(t)
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
