package keys_test

import (
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// keys.rotate_every: whenever it is looked at, the next key is published in time, and there is one at most.
func TestRotates(t *testing.T) {
	w := newWorld(t)
	m := w.manager(func(c *keys.Config) { c.RotateEvery = 30 * day })
	w.started(m)
	known := map[string]time.Time{} // when a verifier first saw a key
	signed := map[string]bool{}
	for step := 0; step < 4*365; step++ { // each six hours for a year
		if err := m.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		set := w.ring(m).Set()
		published := 0
		for i, k := range set.Keys {
			if known[k.ID].IsZero() {
				known[k.ID] = w.now
			}
			if set.State(i, w.now) == core.KeyPublished {
				published++
			}
		}
		signer := w.signer(m)
		if since := w.now.Sub(known[signer]); step > 0 && !signed[signer] && since < day {
			t.Errorf("%s signs, and was published %v before", signer, since)
		}
		if published > 1 || len(set.Keys) > 3 {
			t.Errorf("%d keys, of which %d are published", len(set.Keys), published)
		}
		signed[signer] = true
		w.now = w.now.Add(6 * time.Hour)
	}
	if n := len(signed); n < 12 || n > 13 {
		t.Errorf("%d keys signed in a year, want one a month", n)
	}
	// After a year of rest the next one takes its time.
	w.now = w.now.Add(365 * day)
	before := w.signer(m)
	if err := m.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(day - time.Second)
	if w.signer(m) != before {
		t.Error("a key signs before it was published for a day")
	}
	w.now = w.now.Add(time.Second)
	if w.signer(m) == before {
		t.Error("no key takes over")
	}
}

// An implausible clock rotates nothing.
func TestNoRotationByABadClock(t *testing.T) {
	w := newWorld(t)
	good := false
	m := w.manager(func(c *keys.Config) {
		c.RotateEvery, c.ClockGood = 30*day, func() bool { return good }
	})
	w.started(m)
	w.now = w.now.Add(300 * day)
	for _, want := range []int{1, 2} {
		if err := m.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(w.states(m)); n != want {
			t.Errorf("clock good: %v: %d keys, want %d", good, n, want)
		}
		good, w.now = true, w.now.Add(time.Second)
	}
}

// Where no key can be made, keys follow their dates all the same, and one is made once that can be.
func TestRotationFails(t *testing.T) {
	w := newWorld(t)
	w.started(w.manager(nil))
	lost, inForce := errors.New("the secret is lost"), 0
	m := w.manager(func(c *keys.Config) {
		sealer := c.Sealer
		c.RotateEvery, c.Changed = 30*day, func() error { inForce++; return nil }
		c.Sealer = func(bool) (*keyring.Sealer, error) {
			if lost != nil {
				return nil, lost
			}
			return sealer(false)
		}
	})
	w.now = w.now.Add(29 * day)
	if err := m.Tick(t.Context()); !errors.Is(err, lost) || inForce != 1 {
		t.Errorf("Tick = %v, and keys were put in force %d times, want once", err, inForce)
	}
	if err := m.Tick(t.Context()); err != nil || inForce != 1 {
		t.Errorf("Tick = %v at once again, and keys were put in force %d times, want once", err, inForce)
	}
	lost, w.now = nil, w.now.Add(time.Minute)
	if err := m.Tick(t.Context()); err != nil || len(w.states(m)) != 2 {
		t.Errorf("Tick = %v with the secret again, and there are %d keys, want 2", err, len(w.states(m)))
	}
}

// A clock that was ahead at the first start, and is set right, keeps nobody from logging in; one that steps back a
// little after a change neither.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t)
	w.now = w.now.Add(300 * day)
	m := w.manager(nil)
	a := w.started(m).Signs.ID
	w.now = w.now.Add(-300 * day)
	w.want(m, a, "signing")
	b := w.generate(m, keys.Generate{Activate: true}).Key.ID
	w.want(m, b, "signing")
	w.now = w.now.Add(-2 * time.Second)
	if s := w.signer(m); s == "" {
		t.Error("no key signs")
	}
}
