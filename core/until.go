package core

import "time"

const (
	secondsOfDay = 24 * 60 * 60
	// ClockGain is what a purge clock that lags may gain: a part in so many of the time that passes.
	ClockGain = 64
	// LastUntil is the latest end of a revocation, in Unix seconds: a year after the last token can expire.
	LastUntil = maxTime + 366*secondsOfDay
)

// Lifetimes are the longest lifetimes that tokens ever had, in seconds. Later settings do not shorten them.
type Lifetimes struct {
	Access  int64 // how long an access token may be accepted after it was issued
	Refresh int64 // the same of a refresh token
	// Foreign is how long a token that was shown to the store had left to live, whoever issued it, in whole days.
	Foreign int64
}

// Raised raises each lifetime to what tokens have under settings, if that is longer.
func (l Lifetimes) Raised(s *Settings) Lifetimes {
	access, refresh := s.lifetimes()
	l.Access, l.Refresh = max(l.Access, access), max(l.Refresh, refresh)
	return l
}

// logIn is how long the tokens of one log-in can live from now on: its refresh token, which may be new or foreign, and
// then an access token that it gives at its end.
func (l Lifetimes) logIn() int64 { return max(l.Refresh, l.Foreign) + l.Access }

// Alone are the lifetimes of tokens that give no others: those of a customer who is gone.
func (l Lifetimes) Alone() Lifetimes { return Lifetimes{Refresh: max(l.Access, l.Refresh, l.Foreign)} }

// RevokedUntil is until when a revocation made now is remembered, in Unix seconds: when nothing that it ends can be
// valid any more, whatever the clocks do.
//
//	max(now, expires, start) + a log-in's lifetime + max(1 day, a 64th of all that)
//
// expires is the exp of the token that names what is revoked, in Unix seconds, and start when that began, in Unix
// milliseconds; each is 0 where it is not known. Both count beside now, since the tokens may be from a time when the
// clock ran ahead. l has the lifetimes of what can still follow: a refresh token whose end is expires gives access
// tokens only. The day is for clocks that differ, and the 64th is what a clock by which records are purged may gain
// meanwhile.
func (l Lifetimes) RevokedUntil(now time.Time, expires, start int64) int64 {
	end := min(max(now.Unix(), expires, (start+999)/1000), LastUntil) + min(max(l.logIn(), 0), LastUntil)
	left := end - max(now.Unix(), -LastUntil)
	return min(end+max(secondsOfDay, left/ClockGain), LastUntil)
}
