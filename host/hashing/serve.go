package hashing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Serve is the child: it does the jobs that come from r and writes their results to w, one after the other, until r
// ends. It takes one processor, at the lowest priority, for the whole process. Nothing but what Processes writes may
// come from r.
//
// Where r is a file and no job follows at once, the process runs its program anew, with the same arguments: see renew.
func Serve(r io.Reader, w io.Writer) error {
	runtime.GOMAXPROCS(1)
	if err := lowerPriority(); err != nil {
		return fmt.Errorf("lower the priority: %w", err)
	}
	input, _ := r.(*os.File)
	for {
		if err := serveOne(r, w); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if input != nil && !follows(input) {
			return renew()
		}
		// The next hash takes the memory of this one, instead of as much again. There is next to nothing to look through.
		runtime.GC()
	}
}

// serveOne does one job; io.EOF: there is none any more.
func serveOne(r io.Reader, w io.Writer) error {
	j, number, secret, err := readJob(r)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return fmt.Errorf("read a job: %w", err)
	}
	defer clear(secret)
	result, err := InProcess{}.Do(context.Background(), j)
	if err != nil {
		return err
	}
	result.Fault = result.Fault[:min(len(result.Fault), maxText)]
	if _, err := w.Write(appendResult(nil, result, number)); err != nil {
		return fmt.Errorf("write a result: %w", err)
	}
	return nil
}
