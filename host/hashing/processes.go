package hashing

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// idle is how long a process without work is kept.
const idle = time.Minute

// Processes checks passwords in processes of their own: as many as there are jobs at once, made when they are needed, kept for a minute after their last one.
// One that ends of itself is replaced and its job done once more; where that fails too, or none can be started, the job is done in
// this process, and the log says so.
type Processes struct {
	command func() *exec.Cmd
	log     *slog.Logger

	mu     sync.Mutex
	free   []*process // the one that worked last stands last
	closed bool
}

// NewProcesses makes a Hasher whose processes command makes, each of which must call Serve with its standard input and output. Close ends them.
func NewProcesses(command func() *exec.Cmd, log *slog.Logger) *Processes {
	return &Processes{command: command, log: log}
}

// Check does a job. The job goes on where ctx ends before it; the error is that of ctx then.
func (p *Processes) Check(ctx context.Context, j Job) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	var err error
	for range 2 {
		var worker *process
		if worker, err = p.take(); err != nil {
			break
		}
		var r Result
		if r, err = worker.do(j); err == nil {
			p.give(worker)
			return r, nil
		}
		worker.end()
	}
	p.log.Error("a password is checked in the node's own process, since the process for that failed", "error", err)
	return Here{}.Check(ctx, j)
}

// take is a process without work, a new one where there is none.
func (p *Processes) take() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		worker := p.free[n-1]
		p.free = p.free[:n-1]
		worker.leave.Stop()
		return worker, nil
	}
	worker, err := start(p.command())
	if err != nil {
		return nil, err
	}
	go func() {
		// How it ended says nothing that its jobs do not say.
		_ = worker.command.Wait()
		p.drop(worker)
	}()
	return worker, nil
}

// give takes a process back, which ends when nobody takes it for a while.
func (p *Processes) give(worker *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		worker.end()
		return
	}
	p.free = append(p.free, worker)
	worker.leave = time.AfterFunc(idle, func() { p.drop(worker) })
}

// drop ends a process that has no work, if it has not ended of itself; one that was taken meanwhile is left alone.
func (p *Processes) drop(worker *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.free, worker); i >= 0 {
		p.free = slices.Delete(p.free, i, i+1)
		worker.leave.Stop()
		worker.end()
	}
}

// Close ends the processes: those without work at once, the others after theirs.
func (p *Processes) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, worker := range p.free {
		worker.leave.Stop()
		worker.end()
	}
	p.free = nil
	return nil
}

// process is a child that calls Serve.
type process struct {
	command *exec.Cmd
	input   io.Closer
	jobs    *gob.Encoder
	results *gob.Decoder
	leave   *time.Timer // ends it; set while it has no work
}

func start(command *exec.Cmd) (*process, error) {
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start a process for passwords: %w", err)
	}
	return &process{command: command, input: in, jobs: gob.NewEncoder(in), results: gob.NewDecoder(out)}, nil
}

func (p *process) do(j Job) (Result, error) {
	if err := p.jobs.Encode(j); err != nil {
		return Result{}, fmt.Errorf("give a process a password: %w", err)
	}
	var r Result
	if err := p.results.Decode(&r); err != nil {
		return Result{}, fmt.Errorf("a process for passwords ended: %w", err)
	}
	return r, nil
}

// end ends a process that has no work, or that failed.
func (p *process) end() {
	_ = p.input.Close()
	_ = p.command.Process.Kill() // it holds nothing that has to be put away
}
