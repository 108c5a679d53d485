package config_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
)

func TestFormatDuration(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"}, {time.Second, "1s"}, {90 * time.Second, "1m30s"}, {5 * time.Minute, "5m"}, {time.Hour, "1h"},
		{90 * time.Minute, "1h30m"},
		{time.Hour + time.Second, "1h0m1s"}, {72 * time.Hour, "3d"}, {24*time.Hour + time.Minute, "1d1m"},
		{1500 * time.Millisecond, "1.5s"}, {-time.Second, "-1s"},
		{1<<63 - 1, "106751d23h47m16.854775807s"}, {100 * time.Hour, "4d4h"}, {10 * time.Hour, "10h"},
		{20 * time.Minute, "20m"},
	} {
		got := config.FormatDuration(c.d)
		if got != c.want {
			t.Errorf("formatDuration(%d) = %q, want %q", c.d, got, c.want)
		}
		if again, ok := config.ParseDuration(got); !ok || again != c.d {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", got, again, ok, c.d)
		}
	}
}
