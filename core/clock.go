package core

import (
	"errors"
	"time"
)

// What a clock must lie between for tokens to be issued by it.
const (
	// EarliestTime is 2025-01-01T00:00:00Z in Unix seconds, before this program was written: a clock that says less
	// was never set. It moves on with the source now and then, never beyond the date of a release.
	EarliestTime = 1735689600
	// LastStart is the latest start of a family that an id can carry, 2093-09-06T15:47:35.551Z in Unix milliseconds.
	LastStart = familyEpoch + 1<<startBits - 1
	// LastCutOff is the latest cut-off, a day earlier: log-ins of one customer can begin after it a millisecond after
	// each other.
	LastCutOff = LastStart - 24*60*60*1000
	// maxLeap is how far a clock may be ahead of the latest commit of a store.
	maxLeap = 366 * 24 * time.Hour
)

// ErrClock says that the clock is not plausible, so that no token is issued and no log-in begins by it. What was
// issued before is checked all the same, and revoking goes on.
var ErrClock = errors.New("the clock is not plausible")

// ErrClockLeap is an ErrClock too: that of a clock far ahead of the latest commit. It may be right all the same, so an
// operator can accept it.
var ErrClockLeap = errors.New("the clock is far ahead of the latest change of the store")

// CheckClock says why no token may be issued at a time, and what to do; nil where it may. latest is when the store
// last committed anything under a plausible clock; zero: not known. The error is an ErrClock.
func CheckClock(now, latest time.Time) error {
	switch {
	case now.Unix() < EarliestTime:
		return clockError{now, "which was before this program was written: set the clock", ErrClock}
	case now.UnixMilli() > LastCutOff:
		return clockError{now, "which is beyond the last start that a token id can carry: set the clock", ErrClock}
	case !latest.IsZero() && now.Sub(latest) > maxLeap:
		return clockError{now, "over 366 days after the latest change of the store, at " +
			latest.UTC().Format(time.RFC3339) + ": set the clock", ErrClockLeap}
	}
	return nil
}

// clockError is an ErrClock with what the clock says, and what is wrong with that.
type clockError struct {
	now  time.Time
	text string
	kind error // ErrClock or ErrClockLeap
}

func (e clockError) Error() string {
	return ErrClock.Error() + ": it says " + e.now.UTC().Format(time.RFC3339) + ", " + e.text
}
func (e clockError) Is(target error) bool { return target == ErrClock || target == e.kind }

// issues reports whether tokens may be written for a request, as far as that can be told without a store.
func (r *Request) issues() bool {
	return CheckClock(r.Now, time.Time{}) == nil && (r.Op != Login || r.State.CutOff < LastStart)
}

// ReserveUntil is up to when starts are reserved by a family or a session that starts beyond what is reserved, both in
// Unix milliseconds: a minute ahead, so that few log-ins have to make a reservation durable.
func ReserveUntil(start int64) int64 { return min(start+60_000, LastStart) }
