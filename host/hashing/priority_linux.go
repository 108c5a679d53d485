package hashing

import (
	"os"
	"strconv"
	"syscall"
)

// lowest is the priority that yields to all others (setpriority(2)).
const lowest = 19

// lowerPriority gives all threads of this process the lowest priority. Linux keeps a priority for each thread
// (setpriority(2), BUGS), and a new thread inherits that of its maker. So a second pass finds the threads that were
// made during the first.
func lowerPriority() error {
	for range 2 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if err := syscall.Setpriority(syscall.PRIO_PROCESS, id, lowest); err != nil && err != syscall.ESRCH {
				return err
			}
		}
	}
	return nil
}
