package service_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// TestReloadKeys: the key file of a running node is exchanged for another one, and the configuration is not read.
func TestReloadKeys(t *testing.T) {
	dir := t.TempDir()
	cfg, err := config.Load(config.Sources{Flags: []config.Flag{{Key: "data", Value: dir},
		{Key: "listen", Value: "127.0.0.1:0"}, {Key: "engine", Value: "native"}}})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s, err := service.Open(t.Context(), service.Config{Start: cfg, Log: &log, Reload: func() (*config.Config, error) {
		t.Error("the configuration was read")
		return nil, errors.New("not here")
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.AddCustomer(t.Context(), store.NewCustomer{Email: "ana@example.com", IsActive: true},
		"correct horse"); err != nil {
		t.Fatal(err)
	}
	ask := func(path, body string) (status int, answer struct{ Access string }) {
		t.Helper()
		r := httptest.NewRequest("POST", "http://127.0.0.1"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		_ = json.Unmarshal(w.Body.Bytes(), &answer)
		return w.Code, answer
	}
	login := func() string {
		t.Helper()
		status, tokens := ask("/auth/token/", `{"email":"ana@example.com","password":"correct horse"}`)
		if status != 200 || tokens.Access == "" {
			t.Fatalf("log-in answers %d", status)
		}
		return tokens.Access
	}
	verify := func(token string) int {
		t.Helper()
		status, _ := ask("/auth/token/verify/", `{"token":"`+token+`"}`)
		return status
	}
	first := login()
	if changed, err := s.ReloadKeys(); changed || err != nil {
		t.Errorf("ReloadKeys of the same file = %v, %v", changed, err)
	}
	if status := verify(first); status != 200 {
		t.Errorf("verify answers %d before the exchange", status)
	}

	path := filepath.Join(dir, "signing.key")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Generate("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Save(path); err != nil {
		t.Fatal(err)
	}
	if changed, err := s.ReloadKeys(); !changed || err != nil {
		t.Errorf("ReloadKeys of another file = %v, %v", changed, err)
	}
	if status := verify(first); status != 401 {
		t.Errorf("verify of the old key's token answers %d, want 401", status)
	}
	second := login()

	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if changed, err := s.ReloadKeys(); changed || !errors.Is(err, keyring.ErrExposed) {
		t.Errorf("ReloadKeys of a file that others can read = %v, %v; want %v", changed, err, keyring.ErrExposed)
	}
	if status := verify(second); status != 200 {
		t.Errorf("verify of the new key's token answers %d", status)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if want := `msg="exchanged the keys" keys="keyring(HS256 ` + ring.Set().Keys[0].ID +
		`)"`; !strings.Contains(log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, log.String())
	}
	if !strings.Contains(log.String(), "the signing key is another one") {
		t.Errorf("the log does not warn of the tokens of the old key:\n%s", log.String())
	}
}

// TestReloadOtherName: the key of a running node gets the other name of its algorithm. No log says that sessions end.
func TestReloadOtherName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signing.key")
	load := func(algorithm string) *config.Config {
		t.Helper()
		cfg, err := config.Load(config.Sources{Flags: []config.Flag{{Key: "data", Value: dir},
			{Key: "listen", Value: "127.0.0.1:0"}, {Key: "engine", Value: "native"}},
			Environ: []string{"EDGETOKEN_SIMPLE_JWT_ALGORITHM=" + algorithm}})
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	var log strings.Builder
	s, err := service.Open(t.Context(), service.Config{Start: load("EdDSA"), Log: &log,
		Reload: func() (*config.Config, error) { return load("Ed25519"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Reload(); err == nil || !strings.Contains(err.Error(), "another name of the same") {
		t.Errorf("Reload with another name than the key file has = %v", err)
	}
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	renamed := strings.Replace(string(key), `"EdDSA"`, `"Ed25519"`, 1)
	if err := os.WriteFile(path, []byte(renamed), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "the signing key is another one") {
		t.Errorf("the log warns of tokens that are still good:\n%s", log.String())
	}
}

// Keys that only check are refused, and what is said of a key that signs is left out.
func TestNoKeySigns(t *testing.T) {
	found, err := keyring.Read([]byte(`{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"a",`+
		`"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := found.Ring()
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{Data: t.TempDir()}
	if _, err := service.KeyEnd(cfg, ring.Set(), time.Now()); !errors.Is(err, core.ErrNoSigningKey) {
		t.Errorf("keyEnd = %v, want %v", err, core.ErrNoSigningKey)
	}
	var log strings.Builder
	service.LogKey(slog.New(slog.NewTextHandler(&log, nil)), cfg, datadir.Contents{Key: true}, true, ring.Set())
	if log.String() != "" {
		t.Errorf("logged %s", log.String())
	}
	if w := service.EarlierRefused(ring, ring); w != "" {
		t.Errorf("the warning is %q, and there are no earlier tokens", w)
	}
}
