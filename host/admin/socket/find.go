package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// Find looks for a node that listens at a socket. dial connects to it, and is nil where no node listens.
//
// Passwords go over the socket, so whoever listens must be trusted. owner names the user whom the directory belongs to,
// and refuses a directory that others can write to. Find refuses a directory of another user. dial refuses to connect
// where another user listens.
func Find(path string, owner func() (uid int, err error)) (dial func(context.Context) (net.Conn, error), err error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket || len(path) > maxPath {
		return nil, nil
	}
	user, err := owner()
	if err != nil {
		return nil, err
	}
	if self := os.Geteuid(); !mayServe(user, self, user) {
		return nil, fmt.Errorf("data directory %s belongs to user %d and this is user %d: "+
			"run the command as the user of the node", filepath.Dir(absolute(path)), user, self)
	}
	dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		if err := checkNode(conn.(*net.UnixConn), user); err != nil {
			return nil, errors.Join(fmt.Errorf("admin socket %s: %w", absolute(path), err), conn.Close())
		}
		return conn, nil
	}
	conn, err := dial(context.Background())
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the admin socket %s is another user's: run the command as the user of the node",
			absolute(path))
	case err != nil:
		return nil, fmt.Errorf("reach the running node: %w", err)
	}
	_ = conn.Close()
	return dial, nil
}
