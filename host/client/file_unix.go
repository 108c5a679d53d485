//go:build unix

package client

import (
	"io/fs"
	"os"
	"syscall"
)

// nonblock keeps a pipe from holding who opens it.
const nonblock = syscall.O_NONBLOCK

// owned reports whether a file is this user's. Even root, who may read those of others, would lock them out by
// replacing theirs.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(stat.Uid) == os.Geteuid()
}
