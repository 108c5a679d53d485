package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// timekeeper knows what time it is, as far as a clock that may be wrong lets it, and keeps the purge clock. Its times
// are in Unix microseconds. It is safe for concurrent use.
//
// The purge clock says when records may go (R3). It moves on while the process runs, as fast as a monotonic clock, and
// a 64th faster (core.ClockGain) while it is behind the wall clock; a start does not move it, and nothing moves it
// back. So a wall clock that is set ahead, for however long, makes nothing go before its time: RevokedUntil leaves as
// much room as the purge clock can gain.
type timekeeper struct {
	now     func() time.Time
	elapsed func(wall time.Time) time.Duration // at what now gave at the same moment

	mu     sync.Mutex
	read   time.Duration // what elapsed gave when all this was brought up to date
	purge  int64         // the purge clock; 0: it was never set, since no clock was plausible yet
	known  int64         // the time: of the wall clock while that is plausible, and then moved on by elapsed
	latest int64         // time of the latest commit under a plausible clock that is durable; 0: none

	purgedAt atomic.Int64 // the purge clock at the last look, in Unix seconds
}

// instant is what a timekeeper knew at one moment, in Unix microseconds.
type instant struct {
	wall, known, purge int64
	fault              error // why the wall clock is not plausible
}

func (k *timekeeper) look() instant {
	k.mu.Lock()
	defer k.mu.Unlock()
	wall := k.now()
	read := k.elapsed(wall)
	passed := max(0, (read - k.read).Microseconds())
	k.read = read
	k.known += passed
	fault := core.CheckClock(wall, k.latestTime())
	if fault == nil {
		k.known = wall.UnixMicro()
	}
	switch {
	case k.purge != 0:
		k.purge = max(k.purge, min(k.purge+passed+passed/core.ClockGain, k.known))
	case fault == nil:
		k.purge = k.known
	}
	k.purgedAt.Store(seconds(k.purge))
	return instant{wall: wall.UnixMicro(), known: k.known, purge: k.purge, fault: fault}
}

// reckoned is the time by which records go: the purge clock, or while there is none what is known of the time.
func (i instant) reckoned() int64 {
	if i.purge != 0 {
		return i.purge
	}
	return i.known
}

// latestTime is the time of the latest commit. The caller holds mu.
func (k *timekeeper) latestTime() time.Time {
	if k.latest == 0 {
		return time.Time{}
	}
	return time.UnixMicro(k.latest)
}

// opened takes in what a file says that was just opened, which may be behind what this process measured.
func (k *timekeeper) opened(f file) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.purge = max(k.purge, f.purgeClock)
	k.latest = f.tally.committed
	k.known = max(k.known, k.latest, core.EarliestTime*1e6)
}

// committed takes in the time of a commit that is durable.
func (k *timekeeper) committed(latest int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.latest = latest
}

// newTimekeeper keeps the time by clocks of Config.
func newTimekeeper(c Config) *timekeeper {
	began := c.Now()
	k := &timekeeper{now: c.Now, elapsed: measure(began)}
	if c.Elapsed != nil {
		k.elapsed = func(time.Time) time.Duration { return c.Elapsed() }
	}
	k.read = k.elapsed(began)
	return k
}

// measure is what a monotonic clock measures from now on: that of the times that Config.Now gives, or where they have
// none the process's.
func measure(began time.Time) func(time.Time) time.Duration {
	begun := time.Now()
	return func(wall time.Time) time.Duration {
		if wall != wall.Round(0) && began != began.Round(0) { // Round(0) strips the monotonic reading
			return wall.Sub(began)
		}
		return time.Since(begun)
	}
}

// CheckClock is nil while tokens may be issued and log-ins begin by the clock, as core.CheckClock says: else it is
// core.ErrClock, and its text says what to do.
func (db *DB) CheckClock() error { return db.time.look().fault }

// Time is the wall clock's while that is plausible. Else it is the last plausible time, moved on by the monotonic
// clock.
func (db *DB) Time() time.Time { return time.UnixMicro(db.time.look().known).UTC() }

// AcceptClock accepts what the clock says now, however far that is from the latest commit. It is core.ErrClock where
// the time cannot be right at all. It returns the time of the latest commit before; zero where none is known.
func (db *DB) AcceptClock(ctx context.Context) (time.Time, error) {
	if err := core.CheckClock(db.config.Now(), time.Time{}); err != nil {
		return time.Time{}, err
	}
	var latest time.Time
	err := db.write(ctx, func(w *writer) error {
		latest = w.tally.lastCommit()
		w.accepted = true
		w.puts++
		return nil
	})
	if err != nil { // latest may still be written to
		return time.Time{}, err
	}
	return latest, nil
}

// purgeClock is what is kept of the purge clock; 0 where it was never set.
func (t tables) purgeClock() (int64, error) {
	if value := t.get(metaBucket, purgeClockKey); value != nil {
		return decodeNumber("purge clock", value)
	}
	return 0, nil
}

// plausible is a time, in Unix microseconds, that a clock may have said; 0 for any other.
func plausible(at int64) int64 {
	if core.CheckClock(time.UnixMicro(at), time.Time{}) != nil {
		return 0
	}
	return at
}

// keepClocks has a commit keep the purge clock, and when it was made.
func (w *writer) keepClocks() {
	switch {
	case w.accepted:
		w.tally.committed = w.at.wall
	case w.at.fault == nil:
		w.tally.committed = max(w.tally.committed, w.at.wall)
	}
	if w.at.purge != 0 {
		w.put(metaBucket, purgeClockKey, encodeNumber(w.at.purge))
	}
}

// keptBehind is how far the purge clock in the file may lag behind the running one: an idle store is written to once an
// hour, and a restart loses an hour at most.
const keptBehind = time.Hour

// keepPurgeClock writes the purge clock of a store that nothing else writes to.
func (db *DB) keepPurgeClock(ctx context.Context, at instant) error {
	kept := int64(0)
	err := db.view(ctx, func(tx *bbolt.Tx) (err error) {
		kept, err = tables{tx}.purgeClock()
		return err
	})
	if err != nil || at.purge-kept < keptBehind.Microseconds() {
		return err
	}
	return db.write(ctx, func(w *writer) error {
		w.puts++
		return nil
	})
}
