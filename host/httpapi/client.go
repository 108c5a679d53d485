package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// client is who asks, as far as an address says it. Both are zero where it is not known.
type client struct {
	address netip.Addr
	// network is what tells clients apart: the address of IPv4, the first 64 bits of IPv6, since a client commonly has all addresses below.
	network netip.Prefix
}

// client is who sent the request.
func (rq *request) client() client { return clientOf(rq.Request, rq.cfg.TrustedHops) }

// clientOf is the client of a request: the peer, or behind proxies what the outermost of the trusted ones wrote into X-Forwarded-For. With N
// trusted hops that is the N-th entry from the right, or the first where there are fewer (Django REST framework's NUM_PROXIES); entries further
// left are the client's own word. An entry that is no address counts as the peer.
func clientOf(r *http.Request, trustedHops int) client {
	if trustedHops > 0 {
		if entries := r.Header.Values("X-Forwarded-For"); len(entries) > 0 {
			all := strings.Split(strings.Join(entries, ","), ",")
			entry := strings.TrimSpace(all[len(all)-min(trustedHops, len(all))])
			if a, ok := parseAddress(entry); ok {
				return clientAt(a)
			}
		}
	}
	a, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return client{}
	}
	return clientAt(a)
}

// parseAddress reads an IP address, with a port or without one.
func parseAddress(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr(), true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a, err == nil
}

// clientAt is the client with an address. A zone is left out: it says where the address holds, not whose it is.
func clientAt(a netip.Addr) client {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	network, _ := a.Prefix(bits) // cannot fail: the address has that many bits
	return client{a, network}
}
