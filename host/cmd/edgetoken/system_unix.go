//go:build unix

package main

import (
	"io/fs"
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
