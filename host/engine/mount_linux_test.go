package engine_test

import (
	"syscall"
	"testing"
)

// readOnly is the flag of a file system that nobody can write to.
const readOnly = syscall.MS_RDONLY

// mount puts a file system in memory over a directory, for users that may.
func mount(t *testing.T, dir string, flags uintptr, options string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skip("this user may not mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
