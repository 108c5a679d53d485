package core

import (
	"errors"
	"time"
)

// Bounds of a plausible clock: core issues tokens only between them.
const (
	// EarliestTime is 2025-01-01T00:00:00Z in Unix seconds. This program is younger, so an earlier clock was never
	// set. A release may move the bound on, but not beyond its own date.
	EarliestTime = 1735689600
	// LastStart is the latest start of a family that an id can carry, 2093-09-06T15:47:35.551Z in Unix milliseconds.
	LastStart = familyEpoch + 1<<startBits - 1
	// LastCutOff is the latest cut-off. It leaves a day of starts after it: a customer can still log in, once in each
	// millisecond.
	LastCutOff = LastStart - 24*60*60*1000
	// maxLeap is how far a clock may be ahead of the latest commit of a store.
	maxLeap = 366 * 24 * time.Hour
)

// ErrClock says that the clock is not plausible. Until it is, no token is issued and no log-in begins. Checking and
// revoking tokens go on.
var ErrClock = errors.New("the clock is not plausible")

// ErrClockLeap is the ErrClock of a clock far ahead of the latest commit. Such a clock may be right, so an operator can
// accept it.
var ErrClockLeap = errors.New("the clock is far ahead of the latest change of the store")

// CheckClock returns nil if tokens may be issued at the time now. Else it returns an ErrClock that says why not and
// what to do. latest is the time of the store's latest commit under a plausible clock; zero: not known.
func CheckClock(now, latest time.Time) error {
	switch {
	case tooEarly(now):
		return clockError{now, "which was before this program was written: set the clock", ErrClock}
	case tooLate(now):
		return clockError{now, "which is beyond the last start that a token id can carry: set the clock", ErrClock}
	case !latest.IsZero() && now.Sub(latest) > maxLeap:
		return clockError{now, "over 366 days after the latest change of the store, at " +
			latest.UTC().Format(time.RFC3339) + ": set the clock", ErrClockLeap}
	}
	return nil
}

// clockError is an ErrClock that says what time the clock shows and what is wrong with it.
type clockError struct {
	now  time.Time
	text string
	kind error // ErrClock or ErrClockLeap
}

func (e clockError) Error() string {
	return ErrClock.Error() + ": it says " + e.now.UTC().Format(time.RFC3339) + ", " + e.text
}
func (e clockError) Is(target error) bool { return target == ErrClock || target == e.kind }

// Plausible reports whether CheckClock takes a time where the latest commit is not known. It makes no error, whose text
// would have a guest carry what writes times.
func Plausible(now time.Time) bool { return !tooEarly(now) && !tooLate(now) }

func tooEarly(now time.Time) bool { return now.Unix() < EarliestTime }

// tooLate looks at the seconds first: the milliseconds of a time that is far enough ahead overflow.
func tooLate(now time.Time) bool { return now.Unix() > LastCutOff/1000 || now.UnixMilli() > LastCutOff }

// issues reports whether the clock and the cut-off let tokens be written for a request.
func (r *Request) issues() bool {
	return Plausible(r.Now) && (!r.Op.LogsIn() || r.State.CutOff < LastStart)
}

// ReserveUntil is the new high-water mark when a family or session starts above the old one, both in Unix milliseconds.
// It lies a minute ahead, so that few log-ins must make a new mark durable.
func ReserveUntil(start int64) int64 { return min(start+60_000, LastStart) }
