package engine_test

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keyring/leaktest"
)

// TestNoKeyInTheGuest: tokens are issued, refreshed, verified and refused under keys of every algorithm. The memory of
// the guest then has nothing of any key. That of the self-contained guest, which has the keys, shows that they would be
// found.
func TestNoKeyInTheGuest(t *testing.T) {
	var members []keyring.Member
	var keys []keyring.Key
	for _, algorithm := range jws.Algorithms() {
		k, err := keyring.GenerateKey(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
		members = append(members, keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: algorithm}})
	}
	search, err := leaktest.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	for _, selfContained := range []bool{false, true} {
		instances := newEngine(t, engine.Config{SelfContained: selfContained, MaxInstances: 1})
		for i := range members {
			ring, err := keyring.NewRing(members, []core.SigningKey{{Key: i}})
			if err != nil {
				t.Fatal(err)
			}
			useAllOf(t, with(t, instances, core.DefaultSettings(), ring), keys[i])
		}
		found := search.In(slices.Concat(instances.Memories()...))
		if !selfContained && len(found) != 0 {
			t.Errorf("the guest's memory has %q", found)
		}
		if selfContained && len(found) < len(keys) {
			t.Errorf("the self-contained guest's memory has %q, want something of each of %d keys", found, len(keys))
		}
	}
}

// useAllOf issues, refreshes and verifies tokens, and has one refused.
func useAllOf(t *testing.T, e *engine.Engine, key keyring.Key) {
	t.Helper()
	ana := core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true}
	refresh, _, err := e.Issue(t.Context(), ana, nil)
	if err != nil {
		t.Fatalf("%s: Issue() = %v", key, err)
	}
	state := func(core.Opened) (core.State, error) { return core.State{Customer: ana}, nil }
	access, err := e.Refresh(t.Context(), refresh, state)
	if err != nil {
		t.Fatalf("%s: Refresh() = %v", key, err)
	}
	if _, err := e.Verify(t.Context(), access, core.AccessToken); err != nil {
		t.Errorf("%s: Verify() = %v", key, err)
	}
	if _, err := e.Verify(t.Context(), access+"A", core.AccessToken); err == nil {
		t.Errorf("%s: a token with a longer signature is good", key)
	}
}
