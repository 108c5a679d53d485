package main

import (
	"fmt"
	"time"
)

// forwardRows log in at one far edge and refresh at the other, which asks the home by way of the hub; then the home is
// killed.
func forwardRows(lane string, s fleetSizes) (rows []row) {
	f := newFleet(lane, s.staleness, fleetCustomers, nil)
	defer f.stop()
	a, b := f.started(true), f.started(true)
	var tokens []pair
	a.until("logs in", func() bool { _, ok := a.logsIn(); return ok })
	for range 16 {
		p, ok := a.logsIn()
		if !ok {
			check(fmt.Errorf("no log-in at the home"))
		}
		tokens = append(tokens, p)
	}
	time.Sleep(time.Second)
	f.delayed(farDelay, 0)
	const bound = 4*farDelay + 20*time.Millisecond
	var took durations
	for i := range s.refreshes {
		p := &tokens[i%len(tokens)]
		began := time.Now()
		next, status := b.refreshes(p.Refresh)
		if took = append(took, time.Since(began)); status != 200 {
			check(fmt.Errorf("a forwarded refresh is answered with %d", status))
		}
		*p = next
	}
	rows = append(rows, atMost("log-in at A, refresh at B, 30 ms each way, 99 of 100", milliseconds(took.within(0.99)),
		milliseconds(bound), "ms", took.String()))
	f.delayed(0, 0)
	time.Sleep(time.Second)
	a.kill()
	time.Sleep(time.Second)
	var away durations
	for i := range tokens {
		began := time.Now()
		answer := b.post("/auth/token/refresh/", map[string]string{"refresh": tokens[i].Refresh})
		if away = append(away, time.Since(began)); answer.status != 503 || answer.reason != "away" {
			check(fmt.Errorf("a refresh whose home is away is answered with %d %s", answer.status, answer.reason))
		}
	}
	return append(rows, atMost("the home is killed: refresh at B until 503, the longest",
		milliseconds(away.within(1)), 5, "ms", away.String()))
}
