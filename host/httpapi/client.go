package httpapi

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// asks is who sent the request, as the node is told: by which network turns are fair, and what a list of log-ins shows
// of it.
func (rq *request) asks() node.Client {
	client := rq.client()
	c := node.Client{Prefix: client.Network}
	if rq.node.ListsSessions() {
		c.Agent, c.Address = shownAgent(rq.Header.Get("User-Agent")), coarse(client.Address)
	}
	return c
}

// shownAgent is the beginning of a User-Agent header as a list of log-ins shows it: at most store.MaxAgent bytes of
// UTF-8, of which only characters are left that print. Control characters would reach terminals, and marks of direction
// would turn the text around them.
func shownAgent(header string) string {
	var shown strings.Builder
	for _, r := range header {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if shown.Len()+utf8.RuneLen(r) > store.MaxAgent {
			break
		}
		shown.WriteRune(r)
	}
	return shown.String()
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
