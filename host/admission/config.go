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
	// defaultMemory has room for a hash as Django's own defaults make it, 100 MiB, and memoryPerWorker for what this
	// project makes by default.
	defaultMemory   = 128 << 20
	memoryPerWorker = 19 << 20
	// maxQueue keeps the search for the longest queue short.
	maxQueue = 100_000
)

// Config bounds the work on passwords.
type Config struct {
	// Workers is how many passwords are hashed at once; 0: one for each processor that Go uses.
	Workers int
	// Queue is how many log-ins may wait for a worker; 0: 64 for each worker.
	Queue int
	// Memory is what all hashes at work may take together, in bytes; 0: 128 MiB, or 19 MiB for each worker where that is
	// more. Work that needs more than that is refused.
	Memory int64
	// Wait is the longest that a log-in may wait for a worker; 0: 10 seconds.
	Wait time.Duration
}

// Filled is c with its defaults; a c with mistakes stays as it is.
func (c Config) Filled() Config {
	if f, err := c.filled(); err == nil {
		return f
	}
	return c
}

// filled is c with its defaults; the error names every mistake in c.
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
