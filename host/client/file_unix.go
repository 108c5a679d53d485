//go:build unix

package client

import (
	"io/fs"
	"os"
	"syscall"
)

const (
	// nonblock keeps a pipe from holding who opens it.
	nonblock = syscall.O_NONBLOCK
	// lockFlags follow no link, so that whoever may write into the directory has no file made elsewhere. NFS and AIX
	// lock only what can be written.
	lockFlags = os.O_RDWR | os.O_CREATE | nonblock | syscall.O_NOFOLLOW
)

// owned reports whether a file is this user's. Even root, who may read those of others, would lock them out by
// replacing theirs.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(stat.Uid) == os.Geteuid()
}
