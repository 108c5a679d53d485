//go:build unix

package config

import (
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// OwnGroup is the group of a file, and whether this process is in it.
func OwnGroup(info fs.FileInfo) (gid int, ours bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	gid = int(s.Gid)
	groups, err := os.Getgroups()
	return gid, gid == os.Getegid() || err == nil && slices.Contains(groups, gid)
}
