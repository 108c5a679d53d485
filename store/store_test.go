package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// start is 2026-01-01T00:00:00Z.
const start = 1767225600000 // Unix milliseconds

// clock is a clock that tests set: what they move is the time itself, which a monotonic clock measures too.
type clock struct {
	ms    atomic.Int64 // Unix milliseconds
	wrong atomic.Int64 // how far the wall clock is ahead of the time, in milliseconds
}

func newClock() *clock {
	c := &clock{}
	c.ms.Store(start)
	return c
}

func (c *clock) now() time.Time { return time.UnixMilli(c.ms.Load() + c.wrong.Load()) }

func (c *clock) elapsed() time.Duration { return time.Duration(c.ms.Load()) * time.Millisecond }

// open opens a store that is closed with the test.
func open(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return db
}

// fresh is a new store with integer ids and a clock.
func fresh(t testing.TB) (*store.DB, *clock) {
	t.Helper()
	c := newClock()
	return open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now, Elapsed: c.elapsed}), c
}

// add adds an active customer.
func add(t testing.TB, db *store.DB, id core.CustomerID, email string) store.Customer {
	t.Helper()
	c, err := db.Add(t.Context(), store.NewCustomer{
		ID: id, Email: email, IsActive: true, PasswordHash: "hash of " + email,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// state loads the state of a customer, by id, and of a family.
func state(t testing.TB, db *store.DB, id core.CustomerID, f core.Family) core.State {
	t.Helper()
	s, _, err := db.Load(t.Context(), store.Query{UserID: id, HasUser: true, Family: f, HasFamily: f.Listed})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// login is the effects of a log-in that begins a family at the given start.
func login(s core.State, at int64) core.Effects {
	return core.Effects{
		Reads: core.Reads{Customer: s.Customer.ID, CustomerVersion: s.Customer.Version, CutOff: s.CutOff, Start: at},
		List:  []core.Effect{{Kind: core.ReserveStart, At: at + 60_000}},
	}
}

// must ends the test at an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr reports an error that is not the one wanted; a nil want wants none.
func wantErr(t testing.TB, name string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", name, err, want)
	}
}

var bg = context.Background()
