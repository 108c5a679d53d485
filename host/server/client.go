package server

import (
	"net/netip"
	"strings"
)

// Client is who is at the other end, as far as an address says it. Both are zero where it is not known.
type Client struct {
	Address netip.Addr
	// Network is what tells clients apart: the address of IPv4, the first 64 bits of IPv6, since a client commonly has
	// all addresses below.
	Network netip.Prefix
}

// ParseClient is the client with an IP address, written with a port or without one; false where it is none. A zone
// is left out: it says where the address holds, not whose it is.
func ParseClient(text string) (Client, bool) {
	var a netip.Addr
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		a = withPort.Addr()
	} else if a, err = netip.ParseAddr(strings.Trim(text, "[]")); err != nil {
		return Client{}, false
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	network, _ := a.Prefix(bits) // cannot fail: the address has that many bits
	return Client{a, network}, true
}
