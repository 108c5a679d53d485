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

// lull is how long a child waits for the next job before it cleans its memory. In a storm of log-ins the next one is
// there at once.
const lull = 100 * time.Millisecond

// follows reports whether another job comes, or the end of all, before a lull has passed.
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

// renew has this process run its program anew, so that nothing of the passwords that it saw is in its memory: argon2
// copies them, the collector moves and frees what it likes and clears nothing, but exec leaves no page of a process.
// Jobs that come meanwhile wait in the pipe. Where that is not possible the process ends, and the parent makes
// another one for the next job.
func renew() error {
	path := "/proc/self/exe" // also after an upgrade has put another program in the place of this one
	if runtime.GOOS != "linux" {
		var err error
		if path, err = os.Executable(); err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
	}
	return fmt.Errorf("run this program anew: %w", syscall.Exec(path, os.Args, os.Environ()))
}
