//go:build !linux

package hashing

import "syscall"

// lowerPriority gives this process the lowest priority.
func lowerPriority() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) }
