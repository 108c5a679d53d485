package pages_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/pages"
)

func TestTryAgain(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want string
	}{
		{0, "1 second"}, {time.Second, "1 second"}, {time.Second + 1, "2 seconds"}, {60 * time.Second, "60 seconds"},
		{61 * time.Second, "2 minutes"},
		{59 * time.Minute, "59 minutes"}, {3597 * time.Second, "1 hour"}, {time.Hour, "1 hour"},
		{time.Hour + time.Second, "1 hour and 1 minute"},
		{2*time.Hour + 5*time.Minute, "2 hours and 5 minutes"}, {24 * time.Hour, "24 hours"},
	} {
		if got, want := pages.TryAgain(c.wait), "Try again in "+c.want+"."; got != want {
			t.Errorf("TryAgain(%v) = %q, want %q", c.wait, got, want)
		}
	}
}
