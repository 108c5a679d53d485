//go:build unix

package hashing

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lull is how long a child waits for the next job before it cleans its memory. In a storm of log-ins the next job is
// there at once.
const lull = 100 * time.Millisecond

// follows reports whether another job, or the end of input, arrives within lull.
func follows(input *os.File) bool {
	connection, err := input.SyscallConn()
	if err != nil {
		return false
	}
	ready := false
	err = connection.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for end := time.Now().Add(lull); ; {
			n, err := unix.Poll(fds, max(int(time.Until(end)/time.Millisecond), 0))
			if !errors.Is(err, unix.EINTR) {
				ready = n != 0
				return
			}
		}
	})
	return err == nil && ready
}

// renew runs the program of this process anew, so that its memory holds nothing of the passwords that it saw. argon2
// copies them, and the collector frees memory without clearing it, but exec keeps no page of the process. Jobs that
// arrive meanwhile wait in the pipe. If exec fails, the process ends, and the parent starts another for the next job.
func renew() error {
	path := "/proc/self/exe" // this program, even after an upgrade has replaced its file
	if runtime.GOOS != "linux" {
		var err error
		if path, err = os.Executable(); err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
	}
	return fmt.Errorf("run this program anew: %w", syscall.Exec(path, os.Args, os.Environ()))
}
