//go:build !unix

package config

import "io/fs"

// OwnGroup is not known.
func OwnGroup(fs.FileInfo) (gid int, ours bool) { return 0, false }
