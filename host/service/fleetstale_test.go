package service_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
)

// TestStaleToTheSecond: up to fleet.staleness after the last hello that was answered an edge is as before. From then on
// it issues nothing, and checks and is ready as fleet.when_stale says. After the next hello all is as before. The clock
// of the edge stands still where the test sets it. fleet.skew is more than fleet.staleness, so that the edge does not
// take that for a clock that is off.
func TestStaleToTheSecond(t *testing.T) {
	const most = 25 * time.Second
	for policy, stale := range map[string]int{
		config.WhenStaleClosed: http.StatusServiceUnavailable, config.WhenStaleOpen: http.StatusOK,
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel() // most of it is the wait for an edge's first key to sign
			f := openFleet(t, config.LaneHTTP, func(n *fleetNode) {
				n.cfg.Fleet.Staleness, n.cfg.Fleet.Skew, n.cfg.Fleet.WhenStale = most, 30*time.Second, policy
			})
			access := f.near.logIn().token("access")
			last := f.near.standsStill()
			f.hub.end()
			for _, c := range []struct {
				after         time.Duration
				check, logIns int
			}{
				{0, http.StatusOK, http.StatusOK},
				{most - time.Second, http.StatusOK, http.StatusOK},
				{most - 1, http.StatusOK, http.StatusOK},
				{most + 1, stale, http.StatusServiceUnavailable},
				{most + time.Second, stale, http.StatusServiceUnavailable},
				{most + 3*time.Second, stale, http.StatusServiceUnavailable},
			} {
				f.near.stands.Store(last.Add(c.after).UnixNano())
				f.near.answers(c.after, access, c.check, c.logIns)
			}
			f.near.stands.Store(last.Add(most + time.Second).UnixNano())
			f.hub.start()
			f.near.ready()
			f.near.want("a log-in after the next hello", http.StatusOK, "POST", "/auth/token/", "", ana)
			f.near.answers(most+time.Second, access, http.StatusOK, http.StatusOK)
		})
	}
}

// ana is a log-in.
var ana = map[string]string{"email": "ana@example.com", "password": fleetPassword}

// standsStill stops the clock of an edge, and waits for a hello of after that. It returns what the clock shows.
func (n *fleetNode) standsStill() time.Time {
	n.Helper()
	at := time.Now()
	n.stands.Store(at.UnixNano())
	n.until("the hub answers a hello", func() bool {
		since := time.Since(at)
		return service.Age(n.running) < since
	})
	return time.Unix(0, at.UnixNano())
}

// answers checks the status of the answers of an edge.
func (n *fleetNode) answers(after time.Duration, access string, check, logIns int) {
	n.Helper()
	for _, c := range []struct {
		what, method, path, access string
		members                    map[string]string
		want                       int
	}{
		{"a check", "GET", "/customers/me/", access, nil, check},
		{"readiness", "GET", "/readyz", "", nil, check},
		{"a log-in", "POST", "/auth/token/", "", ana, logIns},
	} {
		a := n.ask(c.method, c.path, c.access, c.members)
		says := a.header.Get("X-Auth-Error")
		if c.what == "readiness" {
			says = a.token("error")
		}
		if a.status != c.want || a.status != http.StatusOK && says != "stale" {
			n.Errorf("%s, %v after the last hello: %v, want %d", c.what, after, a, c.want)
		}
	}
}
