package explain_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/explain"
)

func TestDistance(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0 seconds ago"}, {-time.Millisecond, "0 seconds ago"}, {time.Second, "in 1 second"}, {-time.Second,
			"1 second ago"}, {119 * time.Second, "in 119 seconds"}, {2 * time.Minute, "in 2 minutes"},
		{-time.Hour, "60 minutes ago"}, {3*time.Hour - 1, "in 2 hours"}, {-48 * time.Hour,
			"2 days ago"}, {3 * 365 * 24 * time.Hour, "in 3 years"},
	} {
		if got := explain.Distance(now.Add(c.d), now); got != c.want {
			t.Errorf("Distance(%v) = %q, want %q", c.d, got, c.want)
		}
	}
}
