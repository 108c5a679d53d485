package lane_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// An edge waits longer before it dials where links do not last, and not where one did or nobody was there.
func TestPace(t *testing.T) {
	var p lane.Pace
	for i, c := range []struct {
		lasted  time.Duration
		reached bool
		least   time.Duration
	}{
		{0, true, 250}, {time.Second, true, 500}, {0, true, 1000}, {9 * time.Second, true, 2000}, {0, true, 4000},
		{0, true, 4000}, {lane.Lasting, true, 250}, {0, true, 500}, {0, true, 1000}, {0, false, 250}, {0, false, 250},
		{0, true, 500},
	} {
		least := c.least * time.Millisecond
		if wait := p.Next(c.lasted, c.reached); wait < least || wait >= least*3/2 {
			t.Errorf("%d: after %v (reached: %t) it waits %v, want %v to half as much again", i, c.lasted, c.reached,
				wait, least)
		}
	}
}
