package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

const (
	minute = int64(60_000)
	hour   = 60 * minute
	day    = 24 * hour
) // in milliseconds

// revokedFor revokes a family of customer 1, whose last token expires after so many milliseconds.
func revokedFor(t *testing.T, db *store.DB, c *clock, bits uint64, lives int64) core.Family {
	t.Helper()
	f := core.Family{Listed: true, Ours: true, Bits: bits, Start: c.now().UnixMilli()}
	until := core.Lifetimes{Access: 3600}.RevokedUntil(c.now(), c.now().Unix()+lives/1000, f.Start)
	must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: f.Key("", core.Integer(1)),
		At: f.Start, Until: until}}}))
	return f
}

func dead(t *testing.T, db *store.DB, f core.Family) bool {
	t.Helper()
	return state(t, db, core.Integer(1), f).Family.Dead
}

// purge purges all that is due.
func purge(t *testing.T, db *store.DB, c *clock) {
	t.Helper()
	for {
		done, err := db.Purge(bg, c.now(), 0)
		must(t, err)
		if !done.More {
			return
		}
	}
}

// R3: a wrong wall clock brings no revoked family back, whatever is committed by it, even after it is set right.
func TestPurgeBelievesNoWallClock(t *testing.T) {
	for _, c := range []struct {
		name    string
		wrong   int64 // milliseconds
		restart bool
		passes  int64 // while it is wrong
	}{
		{"30 days ahead", 30 * day, false, minute},
		{"30 days ahead, and a start", 30 * day, true, minute},
		{"two years ahead", 730 * day, false, minute},
		{"a day ahead, for as long as a token lives", day, false, 3*day - minute},
		{"30 days ahead, for as long as a token lives", 30 * day, false, 3*day - minute},
		{"30 days ahead for so long, with starts", 30 * day, true, 3*day - minute},
		{"30 days back", -30 * day, true, 2 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
			config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
			db, err := store.Open(config)
			must(t, err)
			defer func() { must(t, db.Close()) }()
			restart := func() {
				if c.restart {
					must(t, db.Close())
					db, err = store.Open(config)
					must(t, err)
				}
			}
			ada := add(t, db, core.Integer(1), "ada")
			must(t, db.StartSession(bg, store.NewSession{ID: sid(1), Customer: ada,
				Expires: clock.now().Add(4 * 24 * time.Hour)}))
			f := revokedFor(t, db, clock, 7, 3*day)
			clock.wrong.Store(c.wrong)
			for range 10 {
				clock.ms.Add(c.passes / 10)
				restart()
				add(t, db, core.CustomerID{}, clock.now().String()) // a commit by the wrong clock
				purge(t, db, clock)
			}
			clock.wrong.Store(0)
			restart()
			add(t, db, core.CustomerID{}, "bea")
			purge(t, db, clock)
			if !dead(t, db, f) {
				t.Error("the revoked family is alive")
			}
			if !alive(t, db, sid(1), ada) {
				t.Error("the session is gone that has not expired")
			}
			// Once the clock is right for long enough the record goes.
			clock.ms.Add(6 * day)
			purge(t, db, clock)
			if s, err := db.Stats(bg); err != nil || s.Families != 0 || s.Sessions != 0 {
				t.Errorf("%d families and %d sessions are left in the end, %v, want none", s.Families, s.Sessions, err)
			}
		})
	}
}

// A revocation that is made while the clock is wrong holds as well: for what was issued before, and whatever is purged
// later.
func TestRevocationsUnderAWrongClockHold(t *testing.T) {
	for _, wrong := range []int64{30 * day, -30 * day, 400 * day, -56 * 366 * day, 80 * 365 * day, 20000 * 365 * day} {
		path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
		db := open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
		must(t, db.RaiseLifetimes(bg, core.Lifetimes{Access: 3600, Refresh: 3 * day / 1000}))
		ada, bea := add(t, db, core.Integer(1), "ada"), add(t, db, core.Integer(2), "bea")
		begun := clock.now().UnixMilli()
		for _, c := range []store.Customer{ada, bea} {
			must(t, db.Settle(bg, login(state(t, db, c.ID, core.Family{}), begun)))
		}
		clock.ms.Add(minute)
		foreign := clock.now().UnixMilli() // when Django issued a token, which this node has not seen
		if wrong == -30*day {
			foreign = begun // a clock that is set back, and plausible, is believed of what others issue
		}
		clock.ms.Add(minute)
		clock.wrong.Store(wrong)
		f := core.Family{Listed: true, Ours: true, Bits: 7, Start: begun}
		until := core.Lifetimes{Access: 3600, Refresh: 3 * day / 1000}.RevokedUntil(clock.now(), 0, begun)
		must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: f.Key("", ada.ID),
			At: f.Start, Until: until}}}))
		must(t, db.Revoke(bg, ada.ID))
		must(t, db.Remove(bg, bea.ID, time.Hour))
		must(t, db.SetActive(bg, ada.ID, false))
		must(t, db.SetActive(bg, ada.ID, true))
		must(t, db.SetPassword(bg, ada.ID, "new"))
		clock.ms.Add(hour)
		purge(t, db, clock)
		clock.wrong.Store(0)
		for range 71 { // as long as tokens live
			clock.ms.Add(hour)
			purge(t, db, clock)
			for _, id := range []core.CustomerID{ada.ID, bea.ID} {
				if s := state(t, db, id, f); s.CutOff < max(begun, foreign) || id == ada.ID && !s.Family.Dead {
					t.Fatalf("wrong by %d days: after %v, state of %v = %+v, want it cut off, and the family of 1 dead",
						wrong/day, clock.now(), id, s)
				}
			}
		}
		// Log-ins work again, and begin at the present where the clock was not plausible: no mark and no cut-off is as
		// far ahead as it was.
		s := state(t, db, ada.ID, core.Family{})
		at := max(clock.now().UnixMilli(), s.CutOff+1)
		must(t, db.Settle(bg, login(s, at)))
		if ahead := at - clock.now().UnixMilli(); wrong != 30*day && ahead > 0 {
			t.Errorf("wrong by %d days: a log-in begins %d days ahead", wrong/day, ahead/day)
		}
		must(t, db.Revoke(bg, ada.ID))
		if s := state(t, db, ada.ID, core.Family{}); s.CutOff < at || s.CutOff >= core.LastStart {
			t.Errorf("wrong by %d days: cut-off %d after that log-in began at %d", wrong/day, s.CutOff, at)
		}
	}
}

// By a clock that is not plausible no log-in begins, until it is set right or accepted. All else goes on.
func TestNothingBeginsByAnImplausibleClock(t *testing.T) {
	const field = (core.LastCutOff - start) + 1
	for _, c := range []struct {
		name       string
		wrong      int64
		acceptable bool
	}{
		{"in 1970", -start, false},
		{"before this program was written", core.EarliestTime*1000 - 1 - start, false},
		{"beyond what a token id can carry", field, false},
		{"in the year 22000", 20000 * 365 * day, false},
		{"367 days ahead", 367 * day, true},
	} {
		for _, restart := range []bool{false, true} {
			path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
			config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
			db, err := store.Open(config)
			must(t, err)
			ada := add(t, db, core.Integer(1), "ada")
			before, err := db.Stats(bg)
			must(t, err)
			wantErr(t, "CheckClock at first", db.CheckClock(), nil)
			clock.wrong.Store(c.wrong)
			if restart {
				must(t, db.Close())
				db, err = store.Open(config)
				must(t, err)
			}
			for range 2 { // revoking does not make the clock plausible
				wantErr(t, c.name+": CheckClock", db.CheckClock(), core.ErrClock)
				wantErr(t, c.name+": log-in", db.Settle(bg, login(state(t, db, ada.ID, core.Family{}), start)),
					core.ErrClock)
				wantErr(t, c.name+": session", db.StartSession(bg,
					store.NewSession{ID: sid(1), Customer: ada, Expires: clock.now().Add(time.Hour)}), core.ErrClock)
				must(t, db.Revoke(bg, ada.ID))
			}
			if s, err := db.Stats(bg); err != nil || s.HighWater != before.HighWater || s.Sessions != 0 ||
				!s.LastCommit.Equal(time.UnixMilli(start)) {
				t.Errorf("%s: Stats = %+v, %v, want the mark and the commit before, and no session", c.name, s, err)
			}
			latest, err := db.AcceptClock(bg)
			if accepted := err == nil; accepted != c.acceptable || accepted && !latest.Equal(time.UnixMilli(start)) {
				t.Errorf("%s: AcceptClock = %v, %v, want it accepted: %v", c.name, latest, err, c.acceptable)
			}
			if c.acceptable {
				must(t, db.Close())
				db, err = store.Open(config)
				must(t, err)
				wantErr(t, c.name+": CheckClock after it was accepted", db.CheckClock(), nil)
			}
			clock.wrong.Store(0)
			wantErr(t, c.name+": CheckClock when it is right", db.CheckClock(), nil)
			s := state(t, db, ada.ID, core.Family{})
			wantErr(t, c.name+": log-in when it is right", db.Settle(bg, login(s, max(start, s.CutOff+1))), nil)
			must(t, db.Close())
		}
	}
}

// A clock that was accepted by mistake is forgotten with the next acceptance.
func TestAcceptClockCanBeTakenBack(t *testing.T) {
	db, clock := fresh(t)
	clock.wrong.Store(3000 * day)
	_, err := db.AcceptClock(bg)
	must(t, err)
	clock.wrong.Store(0)
	latest, err := db.AcceptClock(bg)
	if err != nil || !latest.Equal(time.UnixMilli(start+3000*day)) {
		t.Errorf("AcceptClock = %v, %v, want the time that was accepted before", latest, err)
	}
	clock.wrong.Store(367 * day)
	wantErr(t, "CheckClock", db.CheckClock(), core.ErrClock)
}

// A device whose clock is set after it has started may make its store before that.
func TestStoreIsMadeBeforeTheClockIsSet(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
	clock.wrong.Store(-start)
	db := open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	ada := add(t, db, core.Integer(1), "ada")
	must(t, db.Revoke(bg, ada.ID))
	purge(t, db, clock)
	if s, err := db.Stats(bg); err != nil || !s.LastCommit.IsZero() {
		t.Errorf("last commit %v, %v, want none that is known", s.LastCommit, err)
	}
	clock.wrong.Store(0)
	wantErr(t, "CheckClock", db.CheckClock(), nil)
	must(t, db.Settle(bg, login(state(t, db, ada.ID, core.Family{}), start)))
	f := revokedFor(t, db, clock, 7, 3*day)
	clock.ms.Add(3 * day)
	purge(t, db, clock)
	if !dead(t, db, f) {
		t.Error("the family is alive")
	}
	clock.ms.Add(2 * day)
	purge(t, db, clock)
	if dead(t, db, f) {
		t.Error("its record is still there")
	}
}

// A store in which nothing changes keeps its purge clock, at the cost of a commit an hour.
func TestPurgeClockOfAnIdleStore(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
	config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
	db, err := store.Open(config)
	must(t, err)
	add(t, db, core.Integer(1), "ada")
	f := revokedFor(t, db, clock, 7, 3*day)
	before := db.LastTransaction()
	for range 24 * 60 {
		clock.ms.Add(minute)
		purge(t, db, clock)
	}
	if n := db.LastTransaction() - before; n != 24 {
		t.Errorf("%d commits in a day, want 24", n)
	}
	must(t, db.Close())
	clock.wrong.Store(30 * day) // the machine was off
	db = open(t, config)
	clock.ms.Add(2*day + 12*hour)
	purge(t, db, clock)
	if !dead(t, db, f) {
		t.Error("the start moved the purge clock")
	}
	clock.ms.Add(14 * hour)
	purge(t, db, clock)
	if dead(t, db, f) {
		t.Error("what the purge clock measured before the restart is lost")
	}
}

// Without Elapsed the purge clock goes by the monotonic readings in the times that Now gives. If they have none, it
// does not go by the wall clock instead.
func TestPurgeClockOfNow(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Time
		gone bool // after a week
	}{
		"with monotonic readings": {time.Now(), true},
		"without":                 {time.Now().Round(0), false},
	} {
		now := c.at
		db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: func() time.Time { return now }})
		must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
			Family: core.FamilyKey{Bits: 1}, Until: now.Unix() + 86400}}}))
		now = now.Add(7 * 24 * time.Hour)
		if done, err := db.Purge(bg, now, 0); err != nil || done.Families == 1 != c.gone {
			t.Errorf("%s: Purge = %+v, %v, want the family to go: %v", name, done, err, c.gone)
		}
	}
}
