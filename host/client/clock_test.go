package client_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// TestServerClock: whatever becomes of this machine's clocks, the next answer shows the server's time, and until then
// tokens do not seem fresher than they are.
func TestServerClock(t *testing.T) {
	start := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	// at is a moment of this machine, so long after start by its wall clock and by the one that runs.
	at := func(wall, run time.Duration) [2]time.Time { return [2]time.Time{start.Add(wall), start.Add(run)} }
	const second, hour = time.Second, time.Hour
	for _, c := range []struct {
		name           string
		sent, received [2]time.Time
		date           time.Duration // what the answer says, after start
		cached         bool
		now            [2]time.Time
		want           time.Duration // after start, to a second
	}{
		{"nothing happens", at(8*second, 8*second), at(9*second, 9*second), 9 * second, false, at(20*second, 20*second),
			20 * second},
		{"the server is ahead", at(8*second, 8*second), at(8*second, 8*second), hour, false, at(9*second, 9*second),
			hour + second},
		{"it was asleep before the answer", at(second, second), at(8*hour, 2*second), 2 * second, false,
			at(8*hour, 2*second), 8 * hour},
		{"it was set back before the answer", at(8*second, 8*second), at(-hour, 9*second), 8 * second, false,
			at(-hour, 9*second), 8 * second},
		{"it slept since", at(second, second), at(second, second), second, false, at(8*hour, 3*second), 8 * hour},
		{"it was set back since", at(second, second), at(second, second), second, false, at(-8*hour, 10*second),
			10 * second},
		{"an old answer from a cache", at(2*hour, 2*hour), at(2*hour, 2*hour), 0, true, at(2*hour, 2*hour), 2 * hour},
		{"a server that was set back", at(2*hour, 2*hour), at(2*hour, 2*hour), 0, false, at(2*hour, 2*hour), 0},
	} {
		var clock client.ServerClock
		clock.Heard(at(0, 0), at(0, 0), start, false)
		clock.Heard(c.sent, c.received, start.Add(c.date), c.cached)
		if got := clock.At(c.now).Sub(start); (got - c.want).Abs() > second {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
