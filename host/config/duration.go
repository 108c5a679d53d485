package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// readDuration reads a number of seconds, or text such as 90s, 1h30m, 3d, 1d12h.
func readDuration(v value) (time.Duration, error) {
	switch v.kind {
	case null:
		return 0, errNull
	case number, text:
		if d, ok := ParseDuration(v.text); ok {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%v is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d", v)
}

// ParseDuration reads a duration as the configuration has it: seconds as a number, or text such as 90s, 1h30m, 3d. The
// longest duration is that of time.Duration, 292 years.
func ParseDuration(s string) (time.Duration, bool) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil && isDecimal(s) {
		if math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
			return 0, false
		}
		whole, rest := math.Modf(seconds)
		return time.Duration(whole)*time.Second + time.Duration(math.Round(rest*1e6))*time.Microsecond, true
	}
	var days int64
	if n, rest, ok := strings.Cut(s, "d"); ok {
		var err error
		if days, err = strconv.ParseInt(n, 10, 32); err != nil || days < 0 || days > int64(math.MaxInt64/day) {
			return 0, false
		}
		if s = rest; s == "" {
			return time.Duration(days) * day, true
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || days > 0 && (d < 0 || d > math.MaxInt64-time.Duration(days)*day) {
		return 0, false
	}
	return time.Duration(days)*day + d, true
}

// isDecimal excludes what strconv.ParseFloat takes beyond decimal numbers: Inf, NaN, hexadecimal, exponents,
// underscores.
func isDecimal(s string) bool {
	return s != "" && strings.Trim(s, "-.0123456789") == ""
}

// formatDuration is the shortest text that readDuration reads as d: 3d, 1h30m, 0s.
func formatDuration(d time.Duration) string {
	days, rest := d/day, d%day
	if d < 0 || days == 0 {
		days, rest = 0, d
	}
	var b strings.Builder
	if days > 0 {
		fmt.Fprintf(&b, "%dd", days)
		if rest == 0 {
			return b.String()
		}
	}
	s := rest.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return b.String() + s
}
