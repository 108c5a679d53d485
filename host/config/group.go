package config

import (
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// GroupBits are the bits of a mode that data_group trusts: the group's, if this process is in the group.
const GroupBits fs.FileMode = 0o070

// TrustedBits are the bits of a file's mode that data_group trusts.
func (c *Config) TrustedBits(info fs.FileInfo) fs.FileMode {
	if _, ours := OwnGroup(info); c.DataGroup && ours {
		return GroupBits
	}
	return 0
}

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
