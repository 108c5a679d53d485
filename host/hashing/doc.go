// Package hashing checks and makes password hashes: in this process, or in processes of their own that the system
// runs when nobody else wants the processor, so that a storm of log-ins does not hold up the checks of tokens.
//
// Why processes: argon2 (golang.org/x/crypto) computes on goroutines of its own, whose threads nobody can give a
// lower priority, and leaves its memory to the collector of whoever calls it. A process has its own priority and its
// own collector, an attack that makes one run out of memory ends that one alone, and one that is stuck can be killed.
//
// A password lies in one buffer on either side of the pipe, which is cleared after use. What argon2 and Go's
// collector leave of it in a child's memory ends with that memory: a child that has nothing to do runs its program
// anew (renew_unix.go).
//
// The reading order: hashing.go (what is asked and answered), wire.go (how it crosses), processes.go (the parent),
// process.go (one child of it), health.go (whether it works), serve.go (the child).
package hashing
