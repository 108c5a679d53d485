package socket

import (
	"fmt"
	"net"
	"os"
)

// checkCaller refuses a connection from anyone but this user and root.
func checkCaller(c *net.UnixConn) error {
	uid, known, err := peerOf(c)
	if err != nil {
		return err
	}
	if known && uid != os.Geteuid() && uid != 0 {
		return fmt.Errorf("user %d may not use the admin socket", uid)
	}
	return nil
}

// checkNode refuses to send anything to a user who may not serve this one from a directory of user owner.
func checkNode(c *net.UnixConn, owner int) error {
	uid, known, err := peerOf(c)
	if err != nil {
		return err
	}
	if known && !mayServe(uid, os.Geteuid(), owner) {
		return fmt.Errorf("user %d listens there, and this is user %d: nothing was sent; "+
			"name the right data directory with --data", uid, os.Geteuid())
	}
	return nil
}

// mayServe reports whether user uid may answer user self at a socket in a directory of user owner. One's own user and
// root may; root also takes the owner's answers.
func mayServe(uid, self, owner int) bool { return uid == self || uid == 0 || self == 0 && uid == owner }
