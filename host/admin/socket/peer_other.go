//go:build !linux

package socket

import "net"

// peerOf does not know who is there: the modes of the socket and of its directory have to do.
func peerOf(*net.UnixConn) (uid int, known bool, err error) { return 0, false, nil }
