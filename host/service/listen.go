package service

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Listen opens the address that a setting names. Its error says why not, and what to do.
func Listen(address, setting string) (net.Listener, error) {
	network := "tcp"
	// For "tcp", net takes 0.0.0.0 to mean IPv6 interfaces too.
	if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Is4() {
		network = "tcp4"
	}
	l, err := net.Listen(network, address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: the address is in use: stop what uses it, or choose another with "+
			"%s (%w)", address, setting, syscall.EADDRINUSE)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not permitted: ports below 1024 need a privilege; choose another "+
			"with %s", address, setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine has no such address: choose another with %s", address,
			setting)
	}
	return nil, fmt.Errorf("listen on %s: choose another address with %s: %w", address, setting, err)
}

// free says in the words of Listen why a server that listens by itself could not.
func free(address, setting string) error {
	l, err := Listen(address, setting)
	if err != nil {
		return err
	}
	return l.Close()
}
