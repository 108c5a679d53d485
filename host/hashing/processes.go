package hashing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/logging"
)

// idle is how long an idle process is kept.
const idle = time.Minute

// Processes is a Hasher that uses child processes: as many as there are jobs at once. It starts them when they are
// needed and keeps them for a minute after their last job.
//
// A process that ends, answers nonsense or misses the deadline of its job is killed. If a process ended, a new one does
// its job once more. If that fails too, or if a job took too long, Do returns ErrFailed. No password is ever hashed in
// this process instead: an attack that kills processes would thereby cause what they are meant to prevent.
type Processes struct {
	// Timeout is how long a job may take; nil: Deadline. Set it before the first job.
	Timeout func(Job) time.Duration

	command func() *exec.Cmd
	log     *slog.Logger
	repeats *logging.Repeats
	numbers atomic.Uint64 // of jobs

	mu       sync.Mutex
	free     []*process // idle, the one that worked last at the end
	all      map[*process]struct{}
	closed   bool
	failures map[Failure]uint64
	health   health
}

// Failure is what can go wrong with a process.
type Failure string

// The failures. Failures lists them.
const (
	NotStarted Failure = "not_started" // it could not be started
	Ended      Failure = "ended"       // it ended or closed its pipe before its job was done
	TooSlow    Failure = "too_slow"    // its job was not done in time
	Nonsense   Failure = "nonsense"    // what it answered is no result
)

// Failures lists all of them.
var Failures = []Failure{NotStarted, Ended, TooSlow, Nonsense}

// NewProcesses makes a Hasher. command makes the command of a child, which must call Serve with its standard input and
// output; command leaves these two unset. Close ends the children.
func NewProcesses(command func() *exec.Cmd, log *slog.Logger) *Processes {
	return &Processes{
		command: command, log: log, repeats: logging.NewRepeats(log),
		all: map[*process]struct{}{}, failures: map[Failure]uint64{},
	}
}

// Do runs a job, unless ctx has already ended. Nothing cuts short a job that has begun.
func (p *Processes) Do(ctx context.Context, j Job) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if len(*j.text()) > maxText || len(j.Password) > maxPassword {
		return Result{Fault: "the password or its hash is too long"}, nil
	}
	r, failed := p.try(j, false)
	if failed != nil && failed.kind == Ended {
		r, failed = p.try(j, true)
	}
	if failed != nil {
		if failed.kind != "" {
			go p.Probe()
		}
		return Result{}, fmt.Errorf("%w: %w", ErrFailed, failed)
	}
	return r, nil
}

// jobError is why a job was not done. Its kind is empty if no process tried.
type jobError struct {
	kind Failure
	err  error
}

func (e *jobError) Error() string { return e.err.Error() }
func (e *jobError) Unwrap() error { return e.err }

// try has a process do a job: an idle one if there is one and fresh is false, otherwise a new one.
func (p *Processes) try(j Job, fresh bool) (Result, *jobError) {
	worker, failed := p.take(fresh)
	if failed != nil {
		return Result{}, failed
	}
	r, failed := worker.do(j, p.numbers.Add(1), p.timeout(j))
	if failed != nil {
		p.end(worker)
		return Result{}, p.fail(failed)
	}
	p.give(worker)
	return r, nil
}

// timeout returns how long a job may take.
func (p *Processes) timeout(j Job) time.Duration {
	if p.Timeout != nil {
		return p.Timeout(j)
	}
	return Deadline(j)
}

// fail counts a failure and logs it.
func (p *Processes) fail(f *jobError) *jobError {
	p.mu.Lock()
	p.failures[f.kind]++
	closed := p.closed
	p.mu.Unlock()
	if !closed {
		p.repeats.Log(slog.LevelWarn, string(f.kind), "a process that hashes passwords failed",
			slog.String("reason", string(f.kind)), slog.Any("error", f.err))
	}
	return f
}

// errClosed is the error of jobs after Close.
var errClosed = errors.New("the node is stopping")

// take returns an idle process, or a new one if there is none or fresh is true. While Health fails, it starts none.
func (p *Processes) take(fresh bool) (*process, *jobError) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, &jobError{err: errClosed}
	}
	if n := len(p.free); n > 0 && !fresh {
		worker := p.free[n-1]
		p.free = p.free[:n-1]
		worker.leave.Stop()
		p.mu.Unlock()
		return worker, nil
	}
	down := p.health.err
	p.mu.Unlock()
	if down != nil {
		return nil, &jobError{err: down}
	}
	worker, err := p.start(false)
	if err != nil {
		return nil, p.fail(&jobError{NotStarted, err})
	}
	return worker, nil
}

// start starts a process, for a probe or for a job.
func (p *Processes) start(probe bool) (*process, error) {
	worker, err := start(p.command())
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.all[worker] = struct{}{}
	if probe {
		p.health.probed = worker
	}
	closed := p.closed
	p.mu.Unlock()
	go func() {
		_ = worker.command.Wait() // ProcessState tells how it ended
		close(worker.ended)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dropLocked(worker)
		delete(p.all, worker)
	}()
	if closed {
		p.end(worker)
		return nil, errClosed
	}
	return worker, nil
}

// give makes a process idle. It ends if nobody takes it for a while.
func (p *Processes) give(worker *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		worker.end()
		return
	}
	p.free = append(p.free, worker)
	worker.leave = time.AfterFunc(idle, func() { p.drop(worker) })
	select {
	case <-worker.ended: // it ended before it was in free, so nobody dropped it
		p.dropLocked(worker)
	default:
	}
}

// end ends a process that failed. From now on it counts as dead, even if the system takes its time.
func (p *Processes) end(worker *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, worker)
	worker.end()
}

// drop ends a process if it is still idle.
func (p *Processes) drop(worker *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropLocked(worker)
}

func (p *Processes) dropLocked(worker *process) {
	if i := slices.Index(p.free, worker); i >= 0 {
		p.free = slices.Delete(p.free, i, i+1)
		worker.leave.Stop()
		worker.end()
	}
}

// Close ends all processes. The jobs that they are doing fail.
func (p *Processes) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.health.stop()
	for _, worker := range p.free {
		worker.leave.Stop()
	}
	p.free = nil
	for worker := range p.all {
		worker.end()
	}
	p.repeats.Flush()
	return nil
}

// Stats is the state of the processes, and what has gone wrong with them since NewProcesses.
type Stats struct {
	Processes int // alive, idle or not
	Failures  map[Failure]uint64
}

// Stats returns the present figures.
func (p *Processes) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{Processes: len(p.all), Failures: map[Failure]uint64{}}
	for _, f := range Failures {
		s.Failures[f] = p.failures[f]
	}
	return s
}
