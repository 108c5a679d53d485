package hashing

import (
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// The wait between two attempts to start a process that works: at first firstWait, then twice as long each time, up to
// lastWait.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 30 * time.Second
)

// health says whether a new process does its work. Processes.mu guards it.
type health struct {
	err     error // why it does not; nil: it does, or that is not known yet
	probing bool
	probed  *process      // the process that is being probed
	wait    time.Duration // until the next attempt
	next    *time.Timer   // makes the next attempt; set while err is
}

// stop ends the attempts.
func (h *health) stop() {
	if h.next != nil {
		h.next.Stop()
	}
}

// probeJob takes no time. A process that does it can do other jobs.
var probeJob = Job{Make: true, Params: password.Params{Memory: 8, Iterations: 1, Parallelism: 1}}

// Health returns ErrFailed while no process works: the last new one could not be started or failed its probe, and no
// other is alive.
func (p *Processes) Health() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	alive := len(p.all)
	if _, ok := p.all[p.health.probed]; ok {
		alive--
	}
	if p.health.err == nil || alive > 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrFailed, p.health.err)
}

// Probe has a new process do a job that takes no time, so that Health knows before the first log-in whether processes
// work. While it fails it repeats itself, after ever longer waits: log-ins recover without one of them having to try,
// and processes that die at once are not started without end.
func (p *Processes) Probe() {
	p.mu.Lock()
	if p.closed || p.health.probing {
		p.mu.Unlock()
		return
	}
	p.health.probing = true
	p.mu.Unlock()
	failed := p.probeOnce()
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &p.health
	h.probing, h.probed = false, nil
	if p.closed {
		return
	}
	if failed == nil {
		if h.err != nil {
			p.log.Info("passwords can be hashed again")
		}
		h.stop()
		*h = health{}
		return // the probed process now waits for jobs
	}
	if h.err == nil {
		p.log.Error("no process that hashes passwords works: log-ins are answered with 503 until one does, "+
			"and /readyz says hashing", "error", failed)
	}
	h.err = failed
	h.wait = min(max(2*h.wait, firstWait), lastWait)
	h.stop()
	h.next = time.AfterFunc(h.wait, p.Probe)
}

func (p *Processes) probeOnce() error {
	worker, err := p.start(true)
	if err != nil {
		return p.fail(&jobError{NotStarted, err})
	}
	if _, failed := worker.do(probeJob, p.numbers.Add(1), p.timeout(probeJob)); failed != nil {
		p.end(worker)
		return p.fail(failed)
	}
	p.give(worker)
	return nil
}
