package datadir

import (
	"io/fs"
	"os"
	"syscall"
)

// PrivateFiles sets the umask of the process to 077: only its user can read what it makes from now on.
func PrivateFiles() { syscall.Umask(0o077) }

// owner is the user that a file belongs to.
func owner(info fs.FileInfo) (uid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// tighten takes the group's rights from a file of this user. It follows no symbolic link. done is false if there is
// nothing to take, or if the file belongs to another user.
func tighten(path string) (done bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if uid, known := owner(info); !known || uid != os.Geteuid() || !info.Mode().IsRegular() ||
		info.Mode().Perm()&0o070 == 0 {
		return false, nil
	}
	return true, f.Chmod(info.Mode().Perm() &^ 0o070)
}
