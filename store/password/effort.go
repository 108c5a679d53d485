package password

import "time"

// What a slow processor needs for a KiB of argon2's memory in one pass, and for an iteration of PBKDF2.
const (
	perKiB       = time.Microsecond
	perIteration = 500 * time.Nanosecond
)

// Effort is about how long a hash with these costs takes on one slow processor that does nothing else.
func (p Params) Effort() time.Duration {
	return time.Duration(p.Memory) * time.Duration(p.Iterations) * perKiB
}

// Effort is about how long the check of an encoded hash takes on one slow processor that does nothing else; 0 where
// Verify does not read it.
func Effort(encoded string) time.Duration {
	if h, err := parsePBKDF2(encoded); err == nil {
		return time.Duration(h.iterations) * perIteration
	}
	p, err := ParamsOf(encoded)
	if err != nil {
		return 0
	}
	return p.Effort()
}
