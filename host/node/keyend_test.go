package node_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestKeyEnds: from the end of the key on, both tokens of a log-in are refused everywhere, though the cache has them
// and nothing else has changed, and no token is issued.
func TestKeyEnds(t *testing.T) {
	verified, err := cache.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 3, 4, 5, 36, 7, 0, time.UTC) // half an hour after the log-in
	keys := coretest.NewHMACKeys(1, coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "k", Algorithm: "HS256", Default: true,
		NotAfter: end.Unix()}, Secret: coretest.Secret})
	w := newWorld(t, func(c *node.Config) {
		c.Engine = verified.Engine(core.NewNative(c.Settings, keys))
	})
	refresh, access := w.login(t)
	asks := []struct {
		name  string
		ask   func(context.Context, string) (node.Result, error)
		token string
	}{
		{"Authenticate", w.Authenticate, access}, {"AuthenticateWithRights", w.AuthenticateWithRights, access},
		{"Verify of the access token", w.Verify, access},
		{"Verify of the refresh token", w.Verify, refresh}, {"Refresh", w.Refresh, refresh},
	}
	for _, at := range []time.Time{w.now, end.Add(-time.Microsecond)} {
		w.now = at
		for _, a := range asks {
			if result, err := a.ask(t.Context(), a.token); err != nil || result.Refused() {
				t.Fatalf("%s at %v = %v, %v", a.name, at, causeOf(result), err)
			}
		}
	}
	if err := w.Ready(t.Context()); err != nil {
		t.Errorf("Ready before the end = %v", err)
	}
	misses := verified.Stats().Misses

	w.now = end
	asks = append(asks, asks[4])
	asks[5].name, asks[5].ask = "Blacklist", w.Blacklist
	for _, a := range asks {
		result, err := a.ask(t.Context(), a.token)
		if err != nil || causeOf(result) != cause.KeyEnded || len(result.Tokens)+len(result.Effects.List) > 0 {
			t.Errorf("%s = %+v, %v; want %v alone", a.name, result.Outcome, err, cause.KeyEnded)
		}
		if result.KeyID != "k" || !result.Customer.ID.IsZero() {
			t.Errorf("%s: key %q and customer %v, want the key's name for the log and nobody", a.name, result.KeyID,
				result.Customer.ID)
		}
	}
	if got := verified.Stats().Misses; got != misses {
		t.Errorf("%d tokens were opened anew, want all of them remembered", got-misses)
	}
	if err := w.Ready(t.Context()); !errors.Is(err, core.ErrKeyEnded) {
		t.Errorf("Ready = %v, want %v", err, core.ErrKeyEnded)
	}
	if result, err := w.Login(t.Context(), client, "ana@example.com", "right"); !errors.Is(err, core.ErrKeyEnded) ||
		len(result.Tokens) > 0 {
		t.Errorf("Login = %d tokens, %v; want %v", len(result.Tokens), err, core.ErrKeyEnded)
	}
	if result, err := w.Login(t.Context(), client, "ana@example.com", "wrong"); err != nil ||
		causeOf(result) != cause.BadCredentials {
		t.Errorf("Login with a wrong password = %v, %v; want %v", causeOf(result), err, cause.BadCredentials)
	}

	// Whoever logs out meanwhile stays logged out if the end is moved.
	if err := w.EndLogin(t.Context(), access); err != nil {
		t.Errorf("EndLogin = %v", err)
	}
	w.now = end.Add(-time.Second)
	if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.Blacklisted {
		t.Errorf("Refresh after a log-out past the end, once it is not the end any more = %v, %v; want %v",
			causeOf(result), err, cause.Blacklisted)
	}
}
