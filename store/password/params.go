package password

import (
	"errors"
	"fmt"
)

// Bounds of what a stored hash may ask for. Django's own default is 100 MiB, 2 passes, 8 lanes.
const (
	maxMemory      = 512 * 1024 // KiB
	maxIterations  = 64
	maxParallelism = 64
	maxWork        = 4 * 1024 * 1024 // KiB × passes
)

// MaxBytes is how long a password may be. Django has no bound now, and had this one (CVE-2013-1443).
const MaxBytes = 4096

// These say that a password cannot be hashed.
var (
	// ErrNotText says that a password is not UTF-8; Django could never check it.
	ErrNotText = errors.New("password: not UTF-8 text")
	// ErrTooLong says that a password has more than MaxBytes.
	ErrTooLong = fmt.Errorf("password: longer than %d bytes", MaxBytes)
)

// Params are the costs of argon2id (RFC 9106 §3.1). The zero value is not valid.
type Params struct {
	Memory      uint32 // KiB, at least 8 for each lane
	Iterations  uint32 // passes over the memory
	Parallelism uint8  // lanes
}

// Default is the least that the OWASP Password Storage Cheat Sheet names for argon2id: 19 MiB, 2 passes, 1 lane.
var Default = Params{Memory: 19456, Iterations: 2, Parallelism: 1}

// Validate names the first cost that is out of bounds.
func (p Params) Validate() error {
	switch {
	case p.Parallelism < 1 || p.Parallelism > maxParallelism:
		return fmt.Errorf("argon2 parallelism %d: must be 1 to %d", p.Parallelism, maxParallelism)
	case p.Memory < 8*uint32(p.Parallelism) || p.Memory > maxMemory:
		lanes := "lanes"
		if p.Parallelism == 1 {
			lanes = "lane"
		}
		return fmt.Errorf("argon2 memory %d KiB: must be %d to %d KiB with %d %s", p.Memory, 8*uint32(p.Parallelism),
			maxMemory, p.Parallelism, lanes)
	case p.Iterations < 1 || p.Iterations > maxIterations:
		return fmt.Errorf("argon2 iterations %d: must be 1 to %d", p.Iterations, maxIterations)
	case uint64(p.Memory)*uint64(p.Iterations) > maxWork:
		return fmt.Errorf("argon2 memory %d KiB with %d iterations: their product must be at most %d", p.Memory,
			p.Iterations, maxWork)
	}
	return nil
}
