package server

import (
	"net/netip"
	"strings"
)

// Client is what an address says of a client. The zero value is an unknown client.
type Client struct {
	Address netip.Addr
	// Network tells clients apart. It is an IPv4 address, or the first 64 bits of an IPv6 address: one client commonly
	// owns a whole /64.
	Network netip.Prefix
}

// ParseClient reads an IP address, with or without a port; false if text is not one. It ignores a zone, which says
// where an address is valid, not whose it is.
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
