package client

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// serverClock says what time it is at the server. It starts from the clock of this machine and measures with each
// answer: the server's clock showed its Date, or up to a second later (RFC 9110 §6.6.1), at a moment between the
// request and the answer. What several answers say is true at once, so the estimate grows better than a second.
type serverClock struct {
	mu        sync.Mutex
	known     bool
	low, high time.Duration // the server is ahead by this much; where known
}

// heard takes an answer to a request that was sent, and received, at these times.
func (c *serverClock) heard(sent, received time.Time, header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	if age := header.Get("Age"); age != "" { // a cache had it for so long (RFC 9111 §5.1)
		seconds, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return
		}
		date = date.Add(time.Duration(seconds) * time.Second)
	}
	// The times of this machine without their monotonic part, which may not agree with what a token says.
	low, high := date.Sub(received.Round(0)), date.Add(time.Second).Sub(sent.Round(0))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known && low <= c.high && high >= c.low {
		low, high = max(low, c.low), min(high, c.high)
	} // else a clock was set since
	c.known, c.low, c.high = true, low, high
}

// now is the time at the server.
func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.low + (c.high-c.low)/2)
}

// measured reports whether an answer has shown the server's clock.
func (c *serverClock) measured() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}
