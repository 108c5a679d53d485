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
	at        reading       // when the last answer was received; where known
	low, high time.Duration // the server was ahead by this much then
}

// reading is what both clocks of this machine show at a moment: the one that can be set, and the one that cannot but
// may stand still while the machine sleeps.
type reading struct{ wall, run time.Time }

func readClocks() reading {
	now := time.Now()
	return reading{now.Round(0), now}
}

// since is how long ago another reading was. A wall clock that has been set back says too little, one that stood still
// too; one that has been set ahead looks like one of a machine that slept.
func (r reading) since(earlier reading) time.Duration {
	return max(r.wall.Sub(earlier.wall), r.run.Sub(earlier.run))
}

// heard takes an answer to a request that was sent, and received, at these moments. One that may be from a cache does
// not set the clock back.
func (c *serverClock) heard(sent, received reading, header http.Header, cached bool) {
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
	low := date.Sub(received.wall)
	high := low + time.Second + received.since(sent)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case cached && high < c.low:
		return
	case c.known && low <= c.high && high >= c.low:
		low, high = max(low, c.low), min(high, c.high)
	} // else a clock was set since
	c.known, c.at, c.low, c.high = true, received, low, high
}

// now is the time at the server.
func (c *serverClock) now() time.Time { return c.timeAt(readClocks()) }

func (c *serverClock) timeAt(r reading) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		return r.wall
	}
	return c.at.wall.Add(r.since(c.at) + c.low + (c.high-c.low)/2)
}

// measured reports whether an answer has shown the server's clock.
func (c *serverClock) measured() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}
