package password

import (
	"fmt"
	"strconv"
	"time"
)

// Cost is what the check of a hash takes.
type Cost struct {
	Memory int64         // bytes, while it runs; 0 for a format that needs next to none
	Effort time.Duration // about how long it takes on one slow processor that does nothing else
}

// What a slow processor needs: about twice what one of a server does.
const (
	perKiB       = time.Microsecond       // of argon2's memory in one pass
	perIteration = 300 * time.Nanosecond  // of PBKDF2
	perRound     = 100 * time.Microsecond // of bcrypt, which has 2^cost of them
	perScryptKiB = 4 * time.Microsecond   // of scrypt's memory in one lane
)

// Cost returns what a hash with these costs takes, to make or to check.
func (p Params) Cost() Cost {
	return Cost{
		Memory: int64(p.Memory) << 10,
		Effort: time.Duration(p.Memory) * time.Duration(p.Iterations) * perKiB,
	}
}

// bounded reads a number as Python writes it. what names it in errors: its format, and which cost it is.
func bounded(text, what string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		return 0, fmt.Errorf("%w: %s: not a number", ErrMalformed, what)
	}
	if n < least || n > most {
		return 0, fmt.Errorf("%w: %s %d: must be %d to %d", ErrCosts, what, n, least, most)
	}
	return n, nil
}
