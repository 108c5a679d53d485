package httpapi

import (
	"net/netip"

	"github.com/edgetoken/edgetoken/host/node"
)

// asks is who sent the request, as the node is told: by which network turns are fair, and what a list of log-ins shows
// of it.
func (rq *request) asks() node.Client {
	client := rq.client()
	c := node.Client{Prefix: client.Network}
	if rq.node.ListsSessions() {
		c.Agent, c.Address = rq.Header.Get("User-Agent"), coarse(client.Address)
	}
	return c
}

// coarse is the network of an address: 24 bits of IPv4 or 48 of IPv6, which tell a city or a company and no household;
// "" if it is unknown.
func coarse(a netip.Addr) string {
	bits := 48
	if a.Is4() {
		bits = 24
	}
	network, err := a.Prefix(bits)
	if err != nil || !network.IsValid() {
		return ""
	}
	return network.String()
}
