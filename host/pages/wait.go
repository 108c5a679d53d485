package pages

import (
	"fmt"
	"time"
)

// TryAgain says when to try again: "Try again in 1 hour and 5 minutes." A part of a second counts as a whole
// one, and beyond a minute so does a part of a minute, so that nobody comes too early.
func TryAgain(wait time.Duration) string { return "Try again in " + inWords(wait) + "." }

func inWords(wait time.Duration) string {
	seconds := max(int64((wait+time.Second-1)/time.Second), 1)
	if seconds <= 60 {
		return some(seconds, "second")
	}
	minutes := (seconds + 59) / 60
	hours, rest := minutes/60, minutes%60
	switch {
	case hours == 0:
		return some(minutes, "minute")
	case rest == 0:
		return some(hours, "hour")
	}
	return some(hours, "hour") + " and " + some(rest, "minute")
}

// some is a number of a unit: "1 hour", "2 hours".
func some(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
