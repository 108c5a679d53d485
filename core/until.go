package core

import "time"

const (
	secondsOfDay = 24 * 60 * 60
	// ClockGain is what a purge clock that lags may gain: a part in so many of the time that passes.
	ClockGain = 64
	// LastUntil is the latest end of a revocation, in Unix seconds: a year after the last token can expire.
	LastUntil = maxTime + 366*secondsOfDay
)

// RevokedUntil is until when a revocation made now is remembered, in Unix seconds: when nothing that it ends can be
// valid any more, whatever the clocks do.
//
//	max(now, expires, start) + lifetimes + max(1 day, a 64th of all that)
//
// expires is the exp of the token that names what is revoked, in Unix seconds, and start when that began, in Unix
// milliseconds; each is 0 where it is not known. Both count beside now, since the tokens may be from a time when the
// clock ran ahead. lifetimes are those of all that can descend from it, one after the other, the longest that were
// ever in use, in seconds. The day is for clocks that differ, and the 64th is what a clock by which records are purged
// may gain meanwhile.
func RevokedUntil(now time.Time, expires, start, lifetimes int64) int64 {
	end := min(max(now.Unix(), expires, (start+999)/1000), LastUntil) + min(max(lifetimes, 0), LastUntil)
	left := end - max(now.Unix(), -LastUntil)
	return min(end+max(secondsOfDay, left/ClockGain), LastUntil)
}
