// Package socket is the unix socket of a running node. Its modes, and on Linux the system's word on who is at the
// other end, hold it to the user of the node and to root: what goes over it needs no further authentication.
//
// A node calls Listen, a command Find.
package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/edgetoken/edgetoken/host/datadir"
)

// maxPath is how many bytes the path of a unix socket may have: sun_path on Linux, less its closing NUL.
const maxPath = 107

// Listen opens the socket. The caller holds the lock of the store, so a socket that is there already belongs to a node
// that is dead.
func Listen(path string, log *slog.Logger) (net.Listener, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("admin socket %s: its path has %d bytes and the system allows %d: "+
			"choose a shorter data directory, or a path relative to the working directory",
			datadir.Absolute(path), len(path), maxPath)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open admin socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("admin socket %s: there is something else of this name: move it away",
			datadir.Absolute(path))
	default:
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the admin socket of an earlier run: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	// The umask did this already, unless another part of the process has changed it.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("open admin socket: %w", err), l.Close())
	}
	return &listener{Listener: l, log: log}, nil
}

// listener accepts connections from this user and root.
type listener struct {
	net.Listener
	log *slog.Logger
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := checkCaller(c.(*net.UnixConn)); err != nil {
			l.log.Warn("admin socket: connection refused", "error", err)
			_ = c.Close()
			continue
		}
		return c, nil
	}
}

// absolute is a path from the root, which messages show; as it is where the working directory is not known.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
