package admin

import (
	"fmt"
	"net"
	"os"
)

// checkCaller refuses a connection to the admin socket from anyone but this user and root.
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

// checkNode refuses to talk to a node of a user whom this one need not trust: passwords are sent to it. owner is whom its directory belongs to.
func checkNode(c *net.UnixConn, owner int) error {
	uid, known, err := peerOf(c)
	if err != nil {
		return err
	}
	if known && !mayServe(uid, os.Geteuid(), owner) {
		return fmt.Errorf("user %d listens there, and this is user %d: nothing was sent; name the right data directory with --data", uid, os.Geteuid())
	}
	return nil
}

// mayServe reports whether user uid may answer user self on the socket in a directory of user owner: oneself and root may, and to root the owner.
func mayServe(uid, self, owner int) bool { return uid == self || uid == 0 || self == 0 && uid == owner }
