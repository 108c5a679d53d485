package admission

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// The defaults of Config.
const (
	queuePerWorker = 64
	defaultWait    = 10 * time.Second
	// defaultMemory has room for a hash with Django's default costs, 100 MiB; memoryPerWorker for one with ours.
	defaultMemory   = 128 << 20
	memoryPerWorker = 19 << 20
	// maxQueue bounds the search for whoever holds most of the queue.
	maxQueue = 100_000
)

// Config bounds the work on passwords.
type Config struct {
	// Workers is how many passwords are hashed at once; 0: one for each processor that Go uses (GOMAXPROCS).
	Workers int
	// Queue is how many units of work may wait for a worker, so at most as many log-ins; 0: 64 for each worker.
	Queue int
	// Memory is how many bytes all running hashes may take together; 0: 128 MiB, or 19 MiB for each worker if that is
	// more. Work that needs more is refused.
	Memory int64
	// Wait is how long a log-in may wait for a worker; 0: 10 seconds.
	Wait time.Duration
}

// Filled returns c with its defaults, or c itself if it has mistakes.
func (c Config) Filled() Config {
	if f, err := c.filled(); err == nil {
		return f
	}
	return c
}

// filled returns c with its defaults. The error names every mistake.
func (c Config) filled() (Config, error) {
	var errs []error
	if c.Workers < 0 || c.Workers > 4096 {
		errs = append(errs, fmt.Errorf("hashing workers %d: must be 0 to 4096", c.Workers))
	}
	if c.Queue < 0 || c.Queue > maxQueue {
		errs = append(errs, fmt.Errorf("hashing queue %d: must be 0 to %d", c.Queue, maxQueue))
	}
	if c.Memory < 0 {
		errs = append(errs, errors.New("hashing memory must not be negative"))
	}
	if c.Wait < 0 {
		errs = append(errs, errors.New("hashing wait must not be negative"))
	}
	if len(errs) > 0 {
		return Config{}, errors.Join(errs...)
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Queue == 0 {
		c.Queue = queuePerWorker * c.Workers
	}
	if c.Memory == 0 {
		c.Memory = max(defaultMemory, int64(c.Workers)*memoryPerWorker)
	}
	if c.Wait == 0 {
		c.Wait = defaultWait
	}
	return c, nil
}
