//go:build unix

package main

import (
	"io/fs"
	"os/exec"
	"syscall"
)

// privateFiles has everything that this process makes from now on be its owner's alone.
func privateFiles() { syscall.Umask(0o077) }

// owner is the user that a file belongs to.
func owner(info fs.FileInfo) (uid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// apart has a process stand in a group of its own, which signals of the terminal do not reach.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
