package throttle

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxRequests is the most requests that a Rate may admit in a period. A History takes 8 bytes for each.
const MaxRequests = 100_000

// Rate admits so many requests in any stretch of time that is Period long. The zero value admits all.
type Rate struct {
	Requests int
	Period   time.Duration // a second, minute, hour or day
}

// periods are the periods by their first letter; the reference looks at no other.
var periods = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}

// ParseRate reads a rate in the form of DEFAULT_THROTTLE_RATES: "100/hour", "5/m", "1000/day". Only the first letter of
// the period counts. The empty text is the zero Rate. A rate of no requests would refuse everything, so it is an error.
func ParseRate(text string) (Rate, error) {
	if text == "" {
		return Rate{}, nil
	}
	number, period, ok := strings.Cut(text, "/")
	if !ok || period == "" || strings.Contains(period, "/") || periods[period[0]] == 0 {
		return Rate{}, fmt.Errorf(
			"%q is no rate: write a number of requests and a period of s, m, h or d, as in \"100/hour\"", text)
	}
	requests, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || requests < 1 || requests > MaxRequests {
		return Rate{}, fmt.Errorf(
			"%q is no rate: the number of requests must be 1 to %d; leave the rate out to admit all", text, MaxRequests)
	}
	return Rate{requests, periods[period[0]]}, nil
}

// Validate reports a rate that ParseRate cannot have returned.
func (r Rate) Validate() error {
	if r == (Rate{}) {
		return nil
	}
	if r.Requests < 1 || r.Requests > MaxRequests || r.Period <= 0 {
		return fmt.Errorf("rate of %d requests in %s: there must be 1 to %d requests, in more than no time",
			r.Requests, r.Period, MaxRequests)
	}
	return nil
}

// String returns the rate as ParseRate reads it; "" for the zero value.
func (r Rate) String() string {
	if r == (Rate{}) {
		return ""
	}
	for letter, period := range periods {
		if r.Period == period {
			return fmt.Sprintf("%d/%c", r.Requests, letter)
		}
	}
	return fmt.Sprintf("%d/%s", r.Requests, r.Period)
}
