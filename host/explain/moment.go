package explain

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

const momentLayout = "2006-01-02 15:04:05 UTC"

// Moment says a time in words: "2026-01-02 03:04:05 UTC, in 59 minutes".
func Moment(t, now time.Time) string {
	return t.UTC().Format(momentLayout) + ", " + Distance(t, now)
}

// Distance says how far t is from now: "in 59 minutes", "2 hours ago", "0 seconds ago" for now itself. Fractions of the
// unit are cut off.
func Distance(t, now time.Time) string {
	d := t.Sub(now)
	ahead := d > 0
	d = max(d, -d)
	n, unit := int64(d/time.Second), "second"
	switch {
	case d >= 2*365*24*time.Hour:
		n, unit = int64(d/(365*24*time.Hour)), "year"
	case d >= 48*time.Hour:
		n, unit = int64(d/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int64(d/time.Hour), "hour"
	case d >= 2*time.Minute:
		n, unit = int64(d/time.Minute), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	if ahead {
		return fmt.Sprintf("in %d %s", n, unit)
	}
	return fmt.Sprintf("%d %s ago", n, unit)
}

// numericDate reads a NumericDate (RFC 7519 §2) from the year 1 to 9999; ok is false for anything else.
func numericDate(value string) (at time.Time, ok bool) {
	const first, last = -62135596800, 253402300799
	var seconds float64
	if value == "null" || json.Unmarshal([]byte(value), &seconds) != nil || seconds < first || seconds > last {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0).UTC(), true
}

// claimDate reads a claim of an opened token as a NumericDate; ok is false if it is absent or none.
func claimDate(opened core.Opened, c strictjson.Value) (at time.Time, ok bool) {
	if c.Form == strictjson.Absent {
		return time.Time{}, false
	}
	return numericDate(string(opened.Claims[c.Start:c.End]))
}

// expired says when the token expired: "it expired 61 minutes ago (2026-01-02 03:04:05 UTC)".
func (t *trial) expired() string {
	at, ok := claimDate(t.opened, t.opened.ExpiresAt)
	if !ok {
		return "it expired (" + t.text(t.opened.ExpiresAt) + ")"
	}
	ago := "just now"
	if now := t.now.Truncate(time.Second); at.Before(now) {
		ago = Distance(at, now)
	}
	return "it expired " + ago + " (" + at.Format(momentLayout) + ")"
}

// moment says the time of a claim in words.
func (t *trial) moment(c strictjson.Value) string {
	if c.Form == strictjson.Absent {
		return "absent"
	}
	at, ok := claimDate(t.opened, c)
	if !ok {
		return t.text(c)
	}
	return Moment(at, t.now.Truncate(time.Second))
}
