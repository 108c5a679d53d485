package config

import "io/fs"

// GroupBits are the bits of a mode that data_group trusts: those of the group, where this process is in it.
const GroupBits fs.FileMode = 0o070

// TrustedBits are the bits of a file's mode that let in nobody but those whom data_group trusts.
func (c *Config) TrustedBits(info fs.FileInfo) fs.FileMode {
	if _, ours := OwnGroup(info); c.DataGroup && ours {
		return GroupBits
	}
	return 0
}
