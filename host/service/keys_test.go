package service_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// keyed is a service in a data directory, and a customer who logs in.
type keyed struct {
	*testing.T
	*service.Service
	log strings.Builder
}

// openKeyed opens a service in dir; environ configures it further.
func openKeyed(t *testing.T, dir string, environ ...string) *keyed {
	t.Helper()
	return openSigning(t, dir, nil, environ...)
}

// openSigning is openKeyed with keys that sign elsewhere.
func openSigning(t *testing.T, dir string, signers []service.Signer, environ ...string) *keyed {
	t.Helper()
	load := func() (*config.Config, error) {
		return config.Load(config.Sources{Environ: environ, Flags: []config.Flag{{Key: "data", Value: dir},
			{Key: "listen", Value: "127.0.0.1:0"}, {Key: "engine", Value: "native"}}})
	}
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	k := &keyed{T: t}
	k.Service, err = service.Open(t.Context(), service.Config{Start: cfg, Log: &k.log, Reload: load, Signers: signers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.close)
	err = k.AddCustomer(t.Context(), store.NewCustomer{Email: "ana@example.com", IsActive: true}, "correct horse")
	if err != nil && !errors.Is(err, store.ErrExists) {
		t.Fatal(err)
	}
	return k
}

// close closes the service, after which the log is whole.
func (k *keyed) close() {
	if err := k.Close(); err != nil {
		k.Error(err)
	}
}

// ask posts a body and returns the status and the tokens of the answer.
func (k *keyed) ask(path, body string) (status int, tokens struct{ Access, Refresh string }) {
	k.Helper()
	r := httptest.NewRequest("POST", "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	_ = json.Unmarshal(w.Body.Bytes(), &tokens)
	return w.Code, tokens
}

// login logs in and returns a refresh token.
func (k *keyed) login() string {
	k.Helper()
	status, tokens := k.ask("/auth/token/", `{"email":"ana@example.com","password":"correct horse"}`)
	if status != 200 || tokens.Refresh == "" {
		k.Fatalf("log-in answers %d", status)
	}
	return tokens.Refresh
}

func (k *keyed) refresh(token string) int {
	k.Helper()
	status, _ := k.ask("/auth/token/refresh/", `{"refresh":"`+token+`"}`)
	return status
}

// jwks is what the node publishes.
func (k *keyed) jwks() string {
	k.Helper()
	w := httptest.NewRecorder()
	k.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/.well-known/jwks.json", nil))
	return w.Body.String()
}

// Keys of a running node change without a reload, and each change is in force when it is answered.
func TestKeysChangeLive(t *testing.T) {
	k := openKeyed(t, t.TempDir())
	first := k.login()
	next, err := k.Keys().Generate(t.Context(), keys.Generate{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(k.jwks(), next.Key.ID) {
		t.Error("the new key is not published")
	}
	if _, err := k.Keys().Activate(t.Context(), next.Key.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	second := k.login()
	for name, token := range map[string]string{"first": first, "second": second} {
		if status := k.refresh(token); status != 200 {
			t.Errorf("a refresh with a token of the %s key answers %d", name, status)
		}
	}
	list, err := k.Keys().List(t.Context())
	if err != nil || len(list.Keys) != 2 {
		t.Fatal(list, err)
	}
	old := list.Keys[0].ID
	if _, err := k.Keys().Retire(t.Context(), old, false); err != nil {
		t.Fatal(err)
	}
	if status := k.refresh(first); status != 401 {
		t.Errorf("a refresh with a token of the retired key answers %d", status)
	}
	if status := k.refresh(second); status != 200 {
		t.Errorf("a refresh with a token of the key that signs answers %d", status)
	}
	if strings.Contains(k.jwks(), old) {
		t.Error("the retired key is still published")
	}
}

// A change that an earlier configuration began is in force in the next one when it is answered, under its lifetimes.
func TestKeysChangeAcrossReload(t *testing.T) {
	environ := []string{"EDGETOKEN_SIMPLE_JWT_REFRESH_TOKEN_LIFETIME=1d"}
	k := openKeyed(t, t.TempDir(), environ...)
	earlier := k.Keys()
	environ[0] = "EDGETOKEN_SIMPLE_JWT_REFRESH_TOKEN_LIFETIME=9d"
	if _, err := k.Reload(); err != nil {
		t.Fatal(err)
	}
	next, err := earlier.Generate(t.Context(), keys.Generate{Activate: true})
	if err != nil {
		t.Fatal(err)
	}
	if kid := kid(t, k.login()); kid != next.Key.ID {
		t.Errorf("%s signs, want the new key, %s", kid, next.Key.ID)
	}
	last, err := k.Keys().Generate(t.Context(), keys.Generate{Activate: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := k.Keys().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range list.Keys {
		if left := key.Ends.Sub(last.Key.SignsFrom); key.ID == next.Key.ID && left < 9*24*time.Hour {
			t.Errorf("the key that signed for tokens of nine days verifies for %v more", left)
		}
	}
}

// writeOldKey writes a new key as earlier releases had theirs.
func writeOldKey(t *testing.T, path string) []byte {
	t.Helper()
	ring, err := keyring.Generate("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := ring.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// signing.key of an earlier release moves into the store at a start, once: sessions go on.
func TestSigningKeyMovesIn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signing.key")
	file := writeOldKey(t, path)
	k := openKeyed(t, dir)
	token := k.login()
	k.close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there (%v)", err)
	}
	if !strings.Contains(k.log.String(), "moved the signing key into the store") {
		t.Errorf("the log: %s", k.log.String())
	}
	// A crash after the commit leaves the file.
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	k = openKeyed(t, dir)
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh after the move answers %d", status)
	}
	k.close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of the key that moved is still there (%v)", err)
	}
	// Another key stays, and the node says so.
	writeOldKey(t, path)
	k = openKeyed(t, dir)
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh beside another file answers %d", status)
	}
	k.close()
	if _, err := os.Stat(path); err != nil || !strings.Contains(k.log.String(), "edgetoken keys import") {
		t.Errorf("the other file: %v; the log: %s", err, k.log.String())
	}
}

// The key of decoys is the node's own, outlives restarts, and is there without a node secret.
func TestDecoyKey(t *testing.T) {
	setting := "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=a secret of at least thirty-two bytes"
	var drawn []string
	for _, environ := range [][]string{nil, nil, {setting}, {setting + "."}} {
		dir := t.TempDir()
		k := openKeyed(t, dir, environ...)
		key := k.DecoyKey()
		k.close()
		if again := openKeyed(t, dir, environ...).DecoyKey(); again != key {
			t.Errorf("%q: after a restart the key is another one", environ)
		}
		if len(key) != 32 || slices.Contains(drawn, key) {
			t.Errorf("%q: the key has %d bytes, or is that of another node", environ, len(key))
		}
		drawn = append(drawn, key)
	}
}

// A node with VERIFYING_KEY alone verifies, says that it cannot issue, and answers log-ins with 503.
func TestVerifyingKeyAlone(t *testing.T) {
	key, err := keyring.GenerateKey("ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Export("pem", false)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	k := openKeyed(t, dir, "EDGETOKEN_SIMPLE_JWT_ALGORITHM=ES256",
		"EDGETOKEN_SIMPLE_JWT_VERIFYING_KEY="+string(public))
	if status, _ := k.ask("/auth/token/", `{"email":"ana@example.com","password":"correct horse"}`); status != 503 {
		t.Errorf("a log-in answers %d, want 503", status)
	}
	w := httptest.NewRecorder()
	if k.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/readyz", nil)); w.Code != 200 {
		t.Errorf("/readyz answers %d: %s", w.Code, w.Body)
	}
	answer, err := k.Reload()
	if err != nil || strings.Contains(strings.Join(answer.Warnings, "\n"), "log in again") {
		t.Errorf("a reload that changes nothing: %v, %v", answer, err)
	}
	k.close()
	if !strings.Contains(k.log.String(), "cannot issue any") {
		t.Errorf("the log: %s", k.log.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "keys.secret")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a node that seals nothing has a node secret (%v)", err)
	}
}

// SIGNING_KEY leaves the configuration: a reload refuses that before it is imported, and loses nobody after.
func TestSigningKeyLeaves(t *testing.T) {
	setting := "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=a secret of at least thirty-two bytes"
	environ := []string{setting}
	dir := t.TempDir()
	k := openKeyed(t, dir, environ...)
	token := k.login()
	environ[0] = "EDGETOKEN_WIRE=secure"
	if _, err := k.Reload(); err == nil || !strings.Contains(err.Error(), "keys import --signing-key") {
		t.Errorf("a reload without SIGNING_KEY: %v", err)
	}
	if _, err := k.Keys().Import(t.Context(), keys.Import{SigningKey: true}); err != nil {
		t.Fatal(err)
	}
	answer, err := k.Reload()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range answer.Warnings {
		if strings.Contains(w, "refused") {
			t.Errorf("the reload warns: %s", w)
		}
	}
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh after the reload answers %d", status)
	}
	if _, err := k.Keys().Generate(t.Context(), keys.Generate{Algorithm: "ES256", Activate: true}); err != nil {
		t.Fatal(err)
	}
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh after another key took over answers %d", status)
	}
}

// held is a private key that the embedding program holds.
type held struct {
	*ecdsa.PrivateKey
	broken atomic.Bool
}

func (h *held) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if h.broken.Load() {
		return nil, errors.New("the device is locked")
	}
	return h.PrivateKey.Sign(random, digest, opts)
}

// A program that embeds the service gives it a crypto.Signer, and its private key is nowhere in the node. While that
// fails tokens are checked and none is issued.
func TestEmbeddedSigner(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	device, dir := &held{PrivateKey: private}, t.TempDir()
	k := openSigning(t, dir, []service.Signer{{Signer: device, Algorithm: "ES256", ID: "device-1"}})
	token := k.login()
	if !strings.Contains(k.jwks(), `"device-1"`) {
		t.Errorf("the key is not published: %s", k.jwks())
	}
	if _, err := os.Stat(filepath.Join(dir, "keys.secret")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a node that seals nothing has a node secret (%v)", err)
	}
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh answers %d", status)
	}
	device.broken.Store(true)
	changes := k.Changes()
	if status := k.refresh(token); status != 503 {
		t.Errorf("a refresh while the device is locked answers %d, want 503", status)
	}
	if k.Changes() != changes {
		t.Error("something was stored for an answer that was not given")
	}
	if status, _ := k.ask("/auth/token/verify/", `{"token":"`+token+`"}`); status != 200 {
		t.Errorf("verify while the device is locked answers %d", status)
	}
	device.broken.Store(false)
	if status := k.refresh(token); status != 200 {
		t.Errorf("a refresh once the device is back answers %d", status)
	}
}
