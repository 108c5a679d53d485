package node_test

import (
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestEndLogin: an access token ends its own log-in, even once the token has expired, and no other log-in.
func TestEndLogin(t *testing.T) {
	w := newWorld(t, nil)
	refresh, access := w.login(t)
	other, _ := w.login(t)
	for _, token := range []string{"nonsense", "", access + "A"} {
		if err := w.EndLogin(t.Context(), token); err != nil {
			t.Errorf("EndLogin(%q) = %v, want nil", token, err)
		}
	}
	if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.OK {
		t.Fatalf("Refresh before it = %v, %v", causeOf(result), err)
	}
	w.now = w.now.Add(2 * time.Hour)
	for i := range 2 {
		changes := w.store.Changes()
		if err := w.EndLogin(t.Context(), access); err != nil {
			t.Errorf("EndLogin = %v, want nil", err)
		}
		if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.Blacklisted {
			t.Errorf("Refresh after it = %v, %v, want %v", causeOf(result), err, cause.Blacklisted)
		}
		if changed := w.store.Changes() != changes; changed != (i == 0) {
			t.Errorf("EndLogin, time %d, changed the store: %v", i+1, changed)
		}
	}
	if result, err := w.Refresh(t.Context(), other); err != nil || causeOf(result) != cause.OK {
		t.Errorf("Refresh of another log-in = %v, %v", causeOf(result), err)
	}
}

// TestEndLoginMeetsChanges (R3): a log-out is decided anew if what it rests on has changed meanwhile, and none is lost.
func TestEndLoginMeetsChanges(t *testing.T) {
	w := newWorld(t, nil)
	const logins = 8
	var refreshes, accesses [logins]string
	for i := range logins {
		refreshes[i], accesses[i] = w.login(t)
	}
	var all sync.WaitGroup
	for i := range logins {
		for range 4 {
			all.Go(func() {
				if err := w.EndLogin(t.Context(), accesses[i]); err != nil {
					t.Errorf("EndLogin = %v, want nil", err)
				}
			})
		}
	}
	for range 4 {
		all.Go(func() {
			if err := disable(w, t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, w.store.SetActive(t.Context(), core.Integer(1), true))
	for i, refresh := range refreshes {
		if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.Blacklisted {
			t.Errorf("log-in %d: Refresh after it = %v, %v, want %v", i, causeOf(result), err, cause.Blacklisted)
		}
	}
}

// TestEndLoginWithoutBlacklist: without the blacklist app, EndLogin ends nothing.
func TestEndLoginWithoutBlacklist(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.Settings.BlacklistApp = false })
	refresh, access := w.login(t)
	if err := w.EndLogin(t.Context(), access); err != nil {
		t.Errorf("EndLogin = %v, want nil", err)
	}
	if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.OK {
		t.Errorf("Refresh = %v, %v, want %v", causeOf(result), err, cause.OK)
	}
}

// TestEndLoginOfDjangos (R3): a refresh token of Django's gives an access token here, and a browser logs out with that
// access token alone. The refresh token is then revoked until it expires.
func TestEndLoginOfDjangos(t *testing.T) {
	for _, wire := range []core.Wire{core.Secure, core.Exact} {
		w := newWorld(t, func(c *node.Config) { c.Settings.Wire = wire })
		must(t, w.RaiseLifetimes(t.Context()))
		refresh := w.djangos(t, "refresh", "x1", 1, 30*day)
		other := w.djangos(t, "refresh", "x2", 1, 30*day)
		first, err := w.Refresh(t.Context(), refresh)
		must(t, err)
		must(t, w.EndLogin(t.Context(), first.Tokens[0].Value))
		for range 29 {
			if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.Blacklisted {
				t.Fatalf("%s: Refresh after it = %v, %v, want %v", wire, causeOf(result), err, cause.Blacklisted)
			}
			w.passes(day)
			must(t, w.Purge(t.Context()))
		}
		if result, err := w.Refresh(t.Context(), other); err != nil || causeOf(result) != cause.OK {
			t.Errorf("%s: Refresh of another log-in = %v, %v", wire, causeOf(result), err)
		}
	}
}
