package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// timekeeper tells the time as well as is possible with a wall clock that may be wrong, and keeps the purge clock. Its
// times are in Unix microseconds. It is safe for concurrent use.
//
// The purge clock says when records may go (R3). It moves on while the process runs, as fast as a monotonic clock, or a
// 64th faster (core.ClockGain) while it is behind the wall clock. A start does not move it, and nothing moves it back.
// So no record goes too early, however long the wall clock is ahead: RevokedUntil leaves as much room as the purge
// clock can gain.
type timekeeper struct {
	now     func() time.Time
	elapsed func(wall time.Time) time.Duration // what a monotonic clock measured by the moment when now gave wall

	mu     sync.Mutex
	read   time.Duration // what elapsed gave at the last update of these fields
	purge  int64         // the purge clock; 0: never set, since no clock was plausible yet
	known  int64         // the time: the wall clock's while that is plausible, else moved on by elapsed
	latest int64         // time of the latest durable commit under a plausible clock; 0: none
	// running is for how long the store has been open, in all its life: see windows. A start goes on from what the
	// latest commit kept.
	running int64

	purgedAt atomic.Int64 // the purge clock at the last look, in Unix seconds
}

// instant is what a timekeeper knew at one moment, in Unix microseconds.
type instant struct {
	wall, known, purge int64
	running            int64 // not a time but a duration
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
	k.running += passed
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
	return instant{wall: wall.UnixMicro(), known: k.known, purge: k.purge, running: k.running, fault: fault}
}

// reckoned is the time by which records go: the purge clock, or the known time while there is no purge clock.
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

// opened takes in the clocks of a file that was just opened. They may be behind what this process has measured.
func (k *timekeeper) opened(f file) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.purge = max(k.purge, f.purgeClock)
	k.running = max(k.running, f.tally.running, 1)
	k.latest = f.tally.committed
	k.known = max(k.known, k.latest, core.EarliestTime*1e6)
}

// committed takes in the time of a commit that is durable.
func (k *timekeeper) committed(latest int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.latest = latest
}

// skip has the running time grow.
func (k *timekeeper) skip(running int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running += running
}

// newTimekeeper keeps the time by the clocks of a Config.
func newTimekeeper(c Config) *timekeeper {
	began := c.Now()
	k := &timekeeper{now: c.Now, elapsed: measure(began)}
	if c.Elapsed != nil {
		k.elapsed = func(time.Time) time.Duration { return c.Elapsed() }
	}
	k.read = k.elapsed(began)
	return k
}

// measure measures time from now on by the monotonic readings in the times of Config.Now, or by the process's monotonic
// clock if they have none.
func measure(began time.Time) func(time.Time) time.Duration {
	begun := time.Now()
	return func(wall time.Time) time.Duration {
		if wall != wall.Round(0) && began != began.Round(0) { // Round(0) strips the monotonic reading
			return wall.Sub(began)
		}
		return time.Since(begun)
	}
}

// CheckClock is nil while the clock is plausible by core.CheckClock, so that tokens may be issued and log-ins may
// begin. Else it is core.ErrClock, and its text says what to do.
func (db *DB) CheckClock() error { return db.time.look().fault }

// Time is the wall clock's time while that is plausible, else the last plausible time moved on by the monotonic clock.
func (db *DB) Time() time.Time { return time.UnixMicro(db.time.look().known).UTC() }

// AcceptClock accepts what the clock says now, however far ahead of the latest commit that is. It returns the time of
// that commit; zero if none is known. The error is core.ErrClock if the time cannot be right at all.
func (db *DB) AcceptClock(ctx context.Context) (time.Time, error) {
	if err := core.CheckClock(db.config.Now(), time.Time{}); err != nil {
		return time.Time{}, err
	}
	var latest time.Time
	err := db.write(ctx, func(w *writer) (resolved, error) {
		latest = w.tally.lastCommit()
		return resolved{fact.Clock{At: w.at.wall}}, nil
	})
	if err != nil { // the committer may still write latest
		return time.Time{}, err
	}
	return latest, nil
}

// purgeClock reads the purge clock in the file; 0 if it was never set.
func (t tables) purgeClock() (int64, error) {
	if value := t.get(metaBucket, purgeClockKey); value != nil {
		return decodeNumber("purge clock", value)
	}
	return 0, nil
}

// plausible returns a time in Unix microseconds if it can be right, else 0.
func plausible(at int64) int64 {
	if core.CheckClock(time.UnixMicro(at), time.Time{}) != nil {
		return 0
	}
	return at
}

// keepClocks has a commit store the purge clock and the time of the commit.
func (w *writer) keepClocks() {
	switch {
	case w.accepted:
	case w.at.fault == nil:
		w.tally.committed = max(w.tally.committed, w.at.wall)
	}
	if w.at.purge != 0 {
		w.put(metaBucket, purgeClockKey, encodeNumber(w.at.purge))
	}
}

// keptBehind is how far the purge clock in the file may lag behind the running one. So an idle store writes once an
// hour, and a restart loses an hour at most.
const keptBehind = time.Hour

// keepPurgeClock writes the purge clock of an idle store, and with it the running time where that is due.
func (db *DB) keepPurgeClock(ctx context.Context, at instant) error {
	kept := int64(0)
	err := db.view(ctx, func(tx *bbolt.Tx) (err error) {
		kept, err = tables{tx: tx}.purgeClock()
		return err
	})
	if err != nil || at.purge-kept < keptBehind.Microseconds() && !db.windows.due(at.running) {
		return err
	}
	return db.write(ctx, keepClock)
}

// keepClock resolves to a commit of the clocks.
func keepClock(w *writer) (resolved, error) { return resolved{fact.PurgeClock{At: w.at.purge}}, nil }
