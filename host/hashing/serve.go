package hashing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Serve is the child. It reads jobs from r and writes their results to w, one after the other, until r ends. It limits
// the whole process to one processor, at the lowest priority. Only a Processes may write to r.
//
// If r is a file and no job follows at once, the process runs its program anew with the same arguments: see renew.
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
		// The next hash reuses the memory of this one. With so small a heap a collection costs next to nothing.
		runtime.GC()
	}
}

// serveOne does one job. The error is io.EOF if there are no more.
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
