package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// advancer is a store with a family that is advanced, under a clock that only moves when told.
type advancer struct {
	*store.DB
	clock  *clock
	config store.Config
	ada    store.Customer
	family core.Family
}

func newAdvancer(t *testing.T) *advancer {
	c := newClock()
	a := &advancer{clock: c, config: store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now,
		Elapsed: c.elapsed}, family: core.Family{Listed: true, Ours: true, Bits: 5, Start: start}}
	a.open(t, nil)
	a.ada = add(t, a.DB, core.CustomerID{}, "ada")
	return a
}

func (a *advancer) open(t *testing.T, committing func()) {
	t.Helper()
	var err error
	a.DB, err = store.OpenSlow(a.config, committing)
	must(t, err)
}

func (a *advancer) restart(t *testing.T, committing func()) {
	t.Helper()
	must(t, a.Close())
	a.open(t, committing)
}

func (a *advancer) state(t *testing.T) core.FamilyState {
	t.Helper()
	s, _, err := a.Load(bg, store.Query{HasUser: true, UserID: a.ada.ID, HasFamily: true, Family: a.family})
	must(t, err)
	return s.Family
}

func (a *advancer) advance(t *testing.T, generation uint32) error {
	t.Helper()
	key := a.family.Key("", a.ada.ID)
	return a.Settle(bg, core.Effects{
		Reads: core.Reads{Customer: a.ada.ID, CustomerVersion: a.ada.Version, HasFamily: true, Family: key,
			FamilyVersion: a.state(t).Version},
		List: []core.Effect{{Kind: core.AdvanceFamily, Family: key, At: start, Until: start/1000 + 1e6,
			Generation: generation, Issued: a.clock.ms.Load() * 1000, Access: 60, Refresh: 600, KeyID: "k"}}})
}

func (a *advancer) wantAge(t *testing.T, what string, want time.Duration) {
	t.Helper()
	if s := a.state(t); s.Age != want || s.Issued == 0 || s.Access != 60 || s.Refresh != 600 || s.KeyID != "k" {
		t.Errorf("%s: %+v, want an age of %v", what, s, want)
	}
}

// The age of an advance counts from when it is durable, since the client can have its answer only then.
func TestWindowCountsFromDurability(t *testing.T) {
	a := newAdvancer(t)
	a.restart(t, func() { a.clock.ms.Add(12_000) }) // a disk that takes so long
	must(t, a.advance(t, 1))
	a.wantAge(t, "at once", 0)
	a.clock.ms.Add(3000)
	a.wantAge(t, "later", 3*time.Second)
	a.wantAge(t, "again", 3*time.Second)
	a.clock.wrong.Store(-60_000)
	a.wantAge(t, "with the clock set back", 3*time.Second)
	a.clock.wrong.Store(60_000)
	a.wantAge(t, "with the clock set forward", 3*time.Second)
	must(t, a.advance(t, 2))
	a.wantAge(t, "of the next advance", 0)
	must(t, a.Close())
}

// crash goes on with the file as it is now, as after a power cut. It closes nothing: the old file is another one.
func (a *advancer) crash(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(a.config.Path)
	must(t, err)
	must(t, a.Close())
	a.config.Path = filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(a.config.Path, content, 0o600))
	a.open(t, nil)
}

// After a crash only what was left of a window at the last commit is left. The time when the store was closed does not
// count, whatever the wall clock says.
func TestWindowAfterACrash(t *testing.T) {
	a := newAdvancer(t)
	must(t, a.advance(t, 1))
	a.clock.ms.Add(60_000)
	a.clock.wrong.Store(-3600_000)
	a.crash(t)
	a.wantAge(t, "the last commit", 0)
	a.clock.ms.Add(4000)
	a.wantAge(t, "the last commit, later", 4*time.Second)
	add(t, a.DB, core.CustomerID{}, "ben")
	a.clock.ms.Add(60_000)
	a.clock.wrong.Store(3600_000)
	a.crash(t)
	a.wantAge(t, "another commit came after it", 4*time.Second)
	for range 3 {
		a.clock.ms.Add(60_000)
		a.crash(t)
	}
	a.wantAge(t, "no crash begins it anew", 4*time.Second)
	a.clock.ms.Add(6000)
	a.wantAge(t, "later", 10*time.Second)
	must(t, a.Close())
}

// An idle store keeps the running time for as long as a start could find a window open, and no longer. So neither a
// night without a commit nor an orderly restart opens a window again.
func TestWindowOfAnIdleStore(t *testing.T) {
	a := newAdvancer(t)
	purge := func() {
		t.Helper()
		_, err := a.Purge(bg, a.clock.now(), 10)
		must(t, err)
	}
	commits := func() uint64 {
		s, err := a.Stats(bg)
		must(t, err)
		return s.Commits
	}
	before := commits()
	purge()
	if n := commits() - before; n != 0 {
		t.Errorf("%d commits to keep the time where nothing was advanced", n)
	}
	must(t, a.advance(t, 1))
	before = commits()
	for range 30 {
		a.clock.ms.Add(60_000)
		purge()
	}
	if n := commits() - before; n != 5 {
		t.Errorf("%d commits keep the time after an advance, want one a minute for 5 minutes", n)
	}
	a.crash(t)
	if s := a.state(t); s.Age < core.MaxGrace {
		t.Errorf("after a crash an advance of half an hour ago is of age %v", s.Age)
	}
	must(t, a.advance(t, 2))
	a.clock.ms.Add(7000)
	a.restart(t, nil)
	a.wantAge(t, "after an orderly restart", 7*time.Second)
	a.clock.ms.Add(7000)
	a.restart(t, nil)
	a.wantAge(t, "after another one", 14*time.Second)
	must(t, a.Close())
}

// Where a commit fails its outcome is known only once the file is open again: nobody can have had the answer before.
func TestWindowOfAFailedCommit(t *testing.T) {
	a := newAdvancer(t)
	must(t, a.Close())
	var h handles
	failing := false
	var err error
	a.DB, err = store.OpenHooked(a.config, h.open, func() {
		if failing {
			failing = false
			a.clock.ms.Add(15_000)
			must(t, h.last.Load().Close())
		}
	})
	must(t, err)
	must(t, a.advance(t, 1))
	a.clock.ms.Add(2000)
	failing = true
	wantErr(t, "the failed advance", a.advance(t, 2), store.ErrUnavailable)
	healthy(a.DB)
	if s := a.state(t); s.Generation == 2 {
		a.wantAge(t, "of an advance that was durable after all", 0)
	} else {
		a.wantAge(t, "of the advance before, which has nothing to do with it", 17*time.Second)
	}
	must(t, a.advance(t, 2))
	a.wantAge(t, "after the retry", 0)
	must(t, a.Close())
}

// A record from before commits had a running time opens no window.
func TestWindowOfAnOlderRecord(t *testing.T) {
	a := newAdvancer(t)
	must(t, a.advance(t, 3))
	must(t, a.Close())
	b, err := bbolt.Open(a.config.Path, 0o600, nil)
	must(t, err)
	must(t, b.Update(func(tx *bbolt.Tx) error {
		families := tx.Bucket([]byte("families"))
		key, value := families.Cursor().First()
		older := append([]byte{3}, value[1:len(value)-10]...)
		return families.Put(bytes.Clone(key), older)
	}))
	must(t, b.Close())
	a.open(t, nil)
	if s := a.state(t); s.Generation != 3 || s.Issued != 0 {
		t.Errorf("%+v, want generation 3 and nothing to write its tokens with", s)
	}
	must(t, a.Close())
}
