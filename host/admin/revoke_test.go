package admin_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// TestRevokeDjangosLogIn is R3: token revoke of an access token, and of the family that it names, ends the refresh
// token of Django that gave it, until that expires, however much shorter tokens live here.
func TestRevokeDjangosLogIn(t *testing.T) {
	const day = 24 * time.Hour
	ring, err := keyring.FromSettings("HS256", []byte(strings.Repeat("k", 32)), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	settings := core.DefaultSettings()
	engine := core.NewNative(settings, ring)
	for name, body := range map[string]func(access string, family core.Family) string{
		"by token": func(access string, _ core.Family) string { return fmt.Sprintf(`{"token": %q}`, access) },
		"by family": func(_ string, f core.Family) string {
			return fmt.Sprintf(`{"family": "%012x", "customer": "1"}`, f.Bits)
		},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			var ahead time.Duration
			now := func() time.Time { return began.Add(ahead).Round(0) }
			elapsed := func() time.Duration { return ahead }
			path := filepath.Join(t.TempDir(), "store.db")
			db, err := store.Open(store.Config{Path: path, Now: now, Elapsed: elapsed})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			ana := store.NewCustomer{ID: core.Integer(1), Email: "ana@example.com", IsActive: true}
			if _, err := db.Add(t.Context(), ana); err != nil {
				t.Fatal(err)
			}
			n, err := node.New(node.Config{
				Engine: engine, Store: db, Settings: settings, Now: now, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			exp := began.Add(30 * day).Unix()
			claims := fmt.Sprintf(`{"token_type":"refresh","exp":%d,"jti":"x1","user_id":"1"}`, exp)
			input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
				base64.RawURLEncoding.EncodeToString([]byte(claims))
			signature, err := ring.Sign(t.Context(), 0, []byte(input), nil)
			if err != nil {
				t.Fatal(err)
			}
			refresh := input + "." + base64.RawURLEncoding.EncodeToString(signature)
			given, err := n.Refresh(t.Context(), refresh)
			if err != nil || given.Refused() {
				t.Fatalf("Refresh = %v, %v", given.Refusals, err)
			}
			access := given.Tokens[0].Value
			var opened core.Opened
			if err := engine.Open(t.Context(), []byte(access), &opened); err != nil {
				t.Fatal(err)
			}
			api := admin.New(admin.Config{
				Store: db, Settings: settings,
				Engine: func(context.Context) (core.Engine, error) { return engine, nil },
			})
			answer := httptest.NewRecorder()
			call := httptest.NewRequestWithContext(t.Context(), "POST", "/revoke",
				strings.NewReader(body(access, opened.FamilyAt(began))))
			if api.ServeHTTP(answer, call); answer.Code != http.StatusOK {
				t.Fatalf("POST /revoke = %d %s", answer.Code, answer.Body)
			}
			for range 29 {
				if again, err := n.Refresh(t.Context(), refresh); err != nil || !again.Refused() {
					t.Fatalf("after %v: Refresh = %v, %v, want a refusal", ahead, again.Refusals, err)
				}
				ahead += day
				if err := n.Purge(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestRevokeAgain is R3: what is dead is revoked again without an error, by token and by family, and is remembered for
// longer where lifetimes have become longer.
func TestRevokeAgain(t *testing.T) {
	ring, err := keyring.FromSettings("HS256", []byte(strings.Repeat("k", 32)), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	settings := core.DefaultSettings()
	engine := core.NewNative(settings, ring)
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ana := store.NewCustomer{ID: core.Integer(1), Email: "ana@example.com", IsActive: true}
	if _, err := db.Add(t.Context(), ana); err != nil {
		t.Fatal(err)
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.
		EncodeToString([]byte(`{"token_type":"access","exp":1577836801,"jti":"x1","user_id":"1"}`))
	signature, err := ring.Sign(t.Context(), 0, []byte(input), nil)
	if err != nil {
		t.Fatal(err)
	}
	token := input + "." + base64.RawURLEncoding.EncodeToString(signature)
	var opened core.Opened
	if err := engine.Open(t.Context(), []byte(token), &opened); err != nil {
		t.Fatal(err)
	}
	family := func() core.FamilyState {
		state, _, err := node.Load(t.Context(), db, store.FieldID, opened, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return state.Family
	}
	last := family()
	for _, body := range []string{
		fmt.Sprintf(`{"token": %q}`, token),
		fmt.Sprintf(`{"family": "%012x", "customer": "1"}`, opened.Family.Bits),
		fmt.Sprintf(`{"token": %q}`, token),
	} {
		settings.RefreshTokenLifetime *= 2
		api := admin.New(admin.Config{
			Store: db, Settings: settings,
			Engine: func(context.Context) (core.Engine, error) { return engine, nil },
		})
		answer := httptest.NewRecorder()
		call := httptest.NewRequestWithContext(t.Context(), "POST", "/revoke", strings.NewReader(body))
		if api.ServeHTTP(answer, call); answer.Code != http.StatusOK {
			t.Errorf("POST /revoke %.20s = %d %s", body, answer.Code, answer.Body)
		}
		now := family()
		if !now.Dead || now.Version == last.Version {
			t.Errorf("after POST /revoke %.20s the family is %+v, and was %+v before", body, now, last)
		}
		last = now
	}
}
