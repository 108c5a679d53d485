package node

import (
	"net/netip"

	"github.com/edgetoken/edgetoken/store"
)

// Client says who asks.
type Client struct {
	// Prefix is the network by which turns are fair: passwords are hashed in turns for each client and each account.
	// Zero if unknown.
	Prefix netip.Prefix
	// Agent is the User-Agent header as it came. The store keeps what prints of its beginning.
	Agent string
	// Address is a coarse form of the address, such as 203.0.113.0/24, "" if unknown. A list of log-ins shows it.
	Address string
}

// shown is what lists of log-ins keep of a client.
func (c Client) shown() store.Client { return store.Client{Agent: c.Agent, Address: c.Address} }
