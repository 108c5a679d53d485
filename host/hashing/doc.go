// Package hashing checks passwords: in this process, or in processes of their own that the system runs when nobody else wants the
// processor, so that a storm of log-ins does not hold up the checks of tokens.
//
// Why processes: argon2 (golang.org/x/crypto) computes on goroutines of its own, whose threads nobody can give a lower priority, and
// leaves its memory to the collector of whoever calls it. A process has its own priority and its own collector, and an attack that makes one run
// out of memory ends that one alone.
//
// The reading order: hashing.go (what is asked and answered), processes.go (the parent), serve.go (the child).
package hashing
