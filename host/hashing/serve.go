package hashing

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"runtime"
)

// Serve is the child: it does the jobs that come from r and writes their results to w, one after the other, until r ends. It takes one
// processor, at the lowest priority, for the whole process. Nothing but what Processes writes may come from r.
func Serve(r io.Reader, w io.Writer) error {
	runtime.GOMAXPROCS(1)
	if err := lowerPriority(); err != nil {
		return fmt.Errorf("lower the priority: %w", err)
	}
	jobs, results := gob.NewDecoder(r), gob.NewEncoder(w)
	for {
		var j Job
		if err := jobs.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a job: %w", err)
		}
		result, err := Here{}.Check(context.Background(), j)
		if err == nil {
			err = results.Encode(result)
		}
		if err != nil {
			return fmt.Errorf("write a result: %w", err)
		}
		// The next hash takes the memory of this one, instead of as much again. There is next to nothing to look through.
		runtime.GC()
	}
}
