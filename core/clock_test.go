package core_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

func TestCheckClock(t *testing.T) {
	latest := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	leap := latest.Add(366 * 24 * time.Hour)
	for _, c := range []struct {
		name        string
		now, latest time.Time
		says        string // what to do; "" where the clock is plausible
	}{
		{"never set", time.Unix(0, 0), latest, "set the clock"},
		{"a second too early", time.Unix(core.EarliestTime-1, 0), time.Time{},
			"before this program was written: set the clock"},
		{"at the earliest", time.Unix(core.EarliestTime, 0), latest, ""},
		{"set back by a year", latest.AddDate(-1, 0, 0), latest, ""},
		{"after 366 days", leap, latest, ""},
		{"a second later", leap.Add(time.Second), latest,
			"over 366 days after the latest change of the store, at 2026-06-01T00:00:00Z: set the clock"},
		{"of a new store", leap.Add(time.Second), time.Time{}, ""},
		{"the latest", time.UnixMilli(core.LastCutOff), time.Time{}, ""},
		{"beyond it", time.UnixMilli(core.LastCutOff + 1), time.Time{},
			"beyond the last start that a token id can carry: set the clock"},
		{"beyond Python's years", time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), time.UnixMilli(core.LastCutOff),
			"beyond the last start"},
		{"beyond what milliseconds can count", time.Unix(math.MaxInt64, 0), time.Time{}, "beyond the last start"},
	} {
		err := core.CheckClock(c.now, c.latest)
		if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, core.ErrClock) ||
			!strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: CheckClock = %v, want %q", c.name, err, c.says)
		}
		if alone := core.CheckClock(c.now, time.Time{}); core.Plausible(c.now) != (alone == nil) {
			t.Errorf("%s: Plausible = %v, and CheckClock = %v", c.name, core.Plausible(c.now), alone)
		}
	}
}

func TestRevokedUntil(t *testing.T) {
	const now, day = 1767225600, 86400
	type lives = core.Lifetimes
	for _, c := range []struct {
		name           string
		expires, start int64
		lifetimes      lives
		want           int64
	}{
		{"nothing is known", 0, 0, lives{}, now + day},
		{"a log-in", 0, 0, lives{Access: 3600, Refresh: 3 * day}, now + 4*day + 3600},
		{"a log-in with a foreign token", 0, 0, lives{3600, 3 * day, 5 * day}, now + 6*day + 3600},
		{"only access tokens follow", 0, 0, lives{Access: 3600}, now + day + 3600},
		{"the token's own exp", now + 10*day, 0, lives{Refresh: 3 * day}, now + 14*day},
		{"a token that has expired", now - 10*day, 0, lives{Refresh: 3 * day}, now + 4*day},
		{"a start ahead of the clock", 0, (now+30*day)*1000 + 1, lives{Refresh: 3 * day}, now + 30*day + 1 + 4*day},
		{"what a purge clock may gain", now + 600*day, 0, lives{Refresh: 40 * day}, now + 650*day},
		{"as late as can be", math.MaxInt64, 0, lives{Refresh: 3 * day}, core.LastUntil},
		{"lifetimes without end", 0, 0, lives{Access: math.MaxInt64 / 2, Refresh: math.MaxInt64 / 2}, core.LastUntil},
	} {
		if got := c.lifetimes.RevokedUntil(time.Unix(now, 0), c.expires, c.start); got != c.want {
			t.Errorf("%s: until %d, want %d", c.name, got, c.want)
		}
	}
	late := time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := (lives{Access: day}).RevokedUntil(late, 0, 0); got != core.LastUntil {
		t.Errorf("by a clock beyond all years: until %d, want %d", got, core.LastUntil)
	}
}
