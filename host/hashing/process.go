package hashing

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// process is a child that calls Serve.
type process struct {
	command *exec.Cmd
	jobs    *os.File // jobs and results support deadlines
	results *os.File
	ended   chan struct{} // closed once it has ended
	leave   *time.Timer   // ends it; set while it is idle
}

func start(command *exec.Cmd) (_ *process, err error) {
	var pipes [2]struct{ r, w *os.File }
	defer func() {
		if err != nil {
			for _, p := range pipes {
				closeAll(p.r, p.w)
			}
		}
	}()
	for i := range pipes {
		if pipes[i].r, pipes[i].w, err = os.Pipe(); err != nil {
			return nil, fmt.Errorf("start a process for passwords: %w", err)
		}
	}
	command.Stdin, command.Stdout = pipes[0].r, pipes[1].w
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start a process for passwords: %w", err)
	}
	closeAll(pipes[0].r, pipes[1].w)
	return &process{command: command, jobs: pipes[0].w, results: pipes[1].r, ended: make(chan struct{})}, nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// do has the process do a job within timeout.
func (p *process) do(j Job, number uint64, timeout time.Duration) (Result, *jobError) {
	r, err := p.exchange(j, number, time.Now().Add(timeout))
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Result{}, &jobError{TooSlow, fmt.Errorf("a process for passwords did not answer within %s", timeout)}
	case errors.Is(err, errNonsense):
		return Result{}, &jobError{Nonsense, err}
	}
	return Result{}, &jobError{Ended, fmt.Errorf("a process for passwords ended: %w%s", err, p.how())}
}

func (p *process) exchange(j Job, number uint64, deadline time.Time) (Result, error) {
	if err := errors.Join(p.jobs.SetWriteDeadline(deadline), p.results.SetReadDeadline(deadline)); err != nil {
		return Result{}, err
	}
	message := appendJob(make([]byte, 0, jobSize(j)), j, number)
	_, err := p.jobs.Write(message)
	clear(message)
	if err != nil {
		return Result{}, err
	}
	r, err := readResult(p.results, number)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return r, err
}

// how describes how a process that closed its pipe ended; "" if it has not ended.
func (p *process) how() string {
	select {
	case <-p.ended:
		return ", " + p.command.ProcessState.String()
	case <-time.After(time.Second):
		return ""
	}
}

// end ends a process that is idle or has failed. It may be called again.
func (p *process) end() {
	_ = p.command.Process.Kill() // it holds nothing that has to be saved
	closeAll(p.jobs, p.results)
}
