package node_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// R3 over ids: a token that is first shown days after its customer was removed is never taken for one of a later
// customer with the same id, whatever the kind of ids, and whether or not it was known that tokens live so long.
func TestTokenShownAfterTheRemoval(t *testing.T) {
	for _, known := range []bool{false, true} {
		for _, field := range []store.Field{store.FieldID, store.FieldEmail} {
			t.Run(fmt.Sprintf("known before %v, field %d", known, field), func(t *testing.T) {
				w := newWorld(t, func(c *node.Config) { c.UserIDField = field })
				must(t, w.RaiseLifetimes(t.Context()))
				user := map[store.Field]string{store.FieldID: "1", store.FieldEmail: "ana@example.com"}[field]
				if known {
					_, err := w.Verify(t.Context(), w.djangosOf(t, "refresh", "x1", user, 8*day))
					must(t, err)
				}
				token := w.djangosOf(t, "refresh", "x2", user, 11*day)
				must(t, w.store.Remove(t.Context(), core.Integer(1), 4*day))
				for i := range 10 {
					w.passes(day)
					must(t, w.Purge(t.Context()))
					if i == 2 {
						_, err := w.Verify(t.Context(), token)
						must(t, err)
					}
				}
				_, err := w.store.Add(t.Context(), store.NewCustomer{ID: core.Integer(1), Email: "ana@example.com",
					IsActive: true, PasswordHash: "!"})
				must(t, err)
				if result, err := w.Refresh(t.Context(), token); err != nil || causeOf(result) != cause.CutOff {
					t.Errorf("the token is that of the new customer: %v, %v, want %v", causeOf(result), err,
						cause.CutOff)
				}
			})
		}
	}
}

// A tombstone has an end, however often expired tokens of its customer are shown, and whatever the clock said then.
func TestTombstonesHaveAnEnd(t *testing.T) {
	for name, wrong := range map[string]time.Duration{"right": 0, "never set": -56 * 365 * day,
		"a year back": -365 * day, "20 days ahead": 20 * day} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			must(t, w.RaiseLifetimes(t.Context()))
			token := w.djangos(t, "refresh", "x1", 1, 30*day)
			early := w.expiring(t, math.MinInt64)
			w.now = w.now.Add(wrong)
			for _, shown := range []string{token, early} {
				_, err := w.Verify(t.Context(), shown)
				must(t, err)
			}
			w.now = w.now.Add(-wrong)
			must(t, w.store.Remove(t.Context(), core.Integer(1), 4*day))
			for i := range 33 {
				if s, err := w.store.Stats(t.Context()); err != nil || s.Tombstones == 0 && i < 30 {
					t.Fatalf("%d tombstones after %d days, %v: the token is good for 30", s.Tombstones, i, err)
				}
				w.passes(day)
				must(t, w.Purge(t.Context()))
				if i >= 30 {
					_, err := w.Verify(t.Context(), token)
					must(t, err)
				}
			}
			if s, err := w.store.Stats(t.Context()); err != nil || s.Tombstones != 0 {
				t.Errorf("%d tombstones are left in the end, %v", s.Tombstones, err)
			}
		})
	}
}
