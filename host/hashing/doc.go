// Package hashing checks and makes password hashes, either in this process or in processes of their own. The system
// runs those only when nobody else wants the processor, so a storm of log-ins does not hold up the checks of tokens.
//
// Why processes: argon2 (golang.org/x/crypto) computes on goroutines of its own, whose threads cannot be given a lower
// priority, and leaves its memory to its caller's garbage collector. A process has its own priority and its own
// collector. An attack that exhausts its memory ends that process alone, and a process that is stuck can be killed.
//
// On either side of the pipe a password lies in one buffer, which is cleared after use. What argon2 and the collector
// leave in a child's memory ends with that memory: an idle child runs its program anew (renew_unix.go).
//
// The reading order: hashing.go (jobs and results), wire.go (how they cross), processes.go (the parent), process.go
// (one child, as its parent sees it), deadline.go (when it counts as stuck), health.go (whether children work),
// serve.go (the child itself), priority_linux.go and renew_unix.go (what it asks of its system).
package hashing
