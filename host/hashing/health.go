package hashing

import (
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// Between two attempts to start a process that works there is the first wait, then twice as long each time, up to the
// last.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 30 * time.Second
)

// health is whether a new process does its work. Its fields are Processes.mu's.
type health struct {
	err     error // why it does not; nil: it does, or nobody knows better
	probing bool
	probed  *process      // by which it is being found out
	wait    time.Duration // until the next attempt
	next    *time.Timer   // makes it; set while err is
}

// stop makes no further attempt.
func (h *health) stop() {
	if h.next != nil {
		h.next.Stop()
	}
}

// probeJob takes no time: a process that does it can do others.
var probeJob = Job{Params: password.Params{Memory: 8, Iterations: 1, Parallelism: 1}}

// Health is ErrFailed while no process does its work: the last new one could not be started or failed at a job that
// takes no time, and no other is alive.
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

// Probe has a new process do a job that takes no time, so that Health knows whether one works before the first log-in
// does. While that fails it is called again by itself, later each time: log-ins work again without one that tries,
// and processes that die at once are not made without end.
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
		return // its process waits for jobs
	}
	if h.err == nil {
		p.log.Error("no process that hashes passwords works: log-ins are answered with 503 until one does, and /readyz says hashing", "error", failed)
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
