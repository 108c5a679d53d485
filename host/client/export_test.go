package client

import (
	"net/http"
	"time"
)

// ServerClock tests the estimate of the server's clock. Moments are those of the wall clock and of the one that runs.
type ServerClock struct{ clock serverClock }

func (c *ServerClock) Heard(sent, received [2]time.Time, date time.Time, cached bool) {
	header := http.Header{"Date": {date.UTC().Format(http.TimeFormat)}}
	c.clock.heard(reading{sent[0], sent[1]}, reading{received[0], received[1]}, header, cached)
}

func (c *ServerClock) At(moment [2]time.Time) time.Time {
	return c.clock.timeAt(reading{moment[0], moment[1]})
}

// Due reports whether a token is due that is to be replaced early, by a client that has drawn so much of that time.
func Due(token string, early time.Duration, draw float64, now time.Time) bool {
	return lifeOf(token).due(now, early, draw)
}
