package signer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// checkSocket refuses a socket that somebody else can have made: whoever serves it says which keys are good.
func checkSocket(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("open the signer's socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is no socket", path)
	case info.Mode().Perm()&0o002 != 0:
		return fmt.Errorf("others can use the signer's socket %s (mode %v): run chmod o-w %[1]s", path,
			info.Mode().Perm())
	}
	if err := checkOwner(path, info); err != nil {
		return err
	}
	// If the socket is a symbolic link, both directories matter.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("open the signer's socket: %w", err)
	}
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(target)} {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("open the directory of the signer's socket: %w", err)
		}
		if info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("others can put another socket in the place of the signer's: %s has mode %v; run chmod "+
				"go-w %[1]s", dir, info.Mode().Perm())
		}
		if err := checkOwner(dir, info); err != nil {
			return err
		}
	}
	return nil
}

// checkOwner refuses what belongs to somebody else than this user and root.
func checkOwner(path string, info fs.FileInfo) error {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || s.Uid == 0 || int(s.Uid) == os.Geteuid() {
		return nil
	}
	return fmt.Errorf("%s belongs to user %d: a signer's socket and its directory must belong to this user (%d) or "+
		"to root", path, s.Uid, os.Geteuid())
}

// Listen opens a socket for a signer, with mode 0600. It removes a socket that nobody serves any more. It changes the
// umask for a moment, so call it before files are made elsewhere in the process.
func Listen(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		conn, err := net.Dial("unix", path)
		if err == nil {
			return nil, errors.Join(fmt.Errorf("listen at %s: another signer serves it", path), conn.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the socket of before: %w", err)
		}
	}
	before := syscall.Umask(0o177)
	defer syscall.Umask(before)
	return net.Listen("unix", path)
}

// ReadPrivate reads a file with a key or a PIN, which nobody but its owner may be able to read or change.
func ReadPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read or change %s: run chmod 600 %[1]s, and replace what is in it if "+
			"somebody may have read it", path)
	}
	return io.ReadAll(f)
}
