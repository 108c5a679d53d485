package customerjson

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// readTime reads a time in the format of RFC 3339, with a zone, and refuses one that would not come back as it was
// given. absent says what to write where there is no time.
func readTime(raw json.RawMessage, absent string) (t time.Time, err error) {
	var s string
	if readString(raw, &s) != nil || !isRFC3339(s) {
		return time.Time{}, errors.New("must be a time such as 2024-01-02T03:04:05.678901Z, or " + absent)
	}
	if _, fraction, found := strings.Cut(s, "."); found {
		digits := strings.TrimRight(fraction[:strings.IndexAny(fraction, "Z+-")], "0")
		if len(digits) > microDigits {
			return time.Time{}, errors.New("is finer than a microsecond, which is not kept: " +
				"write six digits of a second at most")
		}
	}
	if t, err = time.Parse(time.RFC3339Nano, s); err != nil {
		return time.Time{}, errors.New("is on no calendar or clock: " +
			"give a time such as 2024-01-02T03:04:05.678901Z, or " + absent)
	}
	if t.IsZero() {
		return time.Time{}, errors.New("is the first moment of the year 1, " +
			"which programs write where there is no time: give a time, or " + absent)
	}
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("is not within the years 1 to 9999 in UTC: give a time that is, or " + absent)
	}
	return t, nil
}

// isRFC3339 is stricter than time.Parse, which takes an hour of one digit, a comma and a zone of 99 hours.
func isRFC3339(s string) bool {
	const date = "0000-00-00T00:00:00"
	if len(s) <= len(date) || !hasShape(s[:len(date)], date) {
		return false
	}
	zone := s[len(date):]
	if fraction, ok := strings.CutPrefix(zone, "."); ok {
		if zone = strings.TrimLeft(fraction, "0123456789"); zone == fraction {
			return false
		}
	}
	return zone == "Z" || (hasShape(zone, "+00:00") || hasShape(zone, "-00:00")) && zone[1:3] < "24" && zone[4] < '6'
}

// hasShape reports whether s is like shape, in which a 0 is any digit.
func hasShape(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != shape[i] && (shape[i] != '0' || c < '0' || '9' < c) {
			return false
		}
	}
	return true
}

// microDigits is how many digits of a second the store keeps.
const microDigits = 6
