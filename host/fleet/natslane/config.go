package natslane

import (
	"crypto/ed25519"
	"errors"
	"log/slog"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// ErrNotBuilt is what NewHub and NewEdge return in a binary without NATS.
var ErrNotBuilt = errors.New("this binary was built without NATS (tag nofleet): use the lane http")

// HubConfig is what NewHub takes.
type HubConfig struct {
	// Fleet is the name of the fleet: letters, digits, - and _, at most 64.
	Fleet string

	// Key is the hub's link key, Roster knows its members by theirs. Both are for the embedded server alone.
	Key    ed25519.PrivateKey
	Roster lane.Roster

	// Listen is where the embedded server listens, host:port. Port 0 takes a free one, which Hub.Addr says.
	Listen string

	// Servers are addresses of a cluster (nats:// or tls://) to use instead of an embedded server, and Credentials is
	// the file with the user of the hub there (a JWT and its nkey); empty: none is shown.
	Servers     []string
	Credentials string

	Log *slog.Logger // nil: no log
}

// EdgeConfig is what NewEdge takes.
type EdgeConfig struct {
	Fleet  string // as in HubConfig
	Number uint16 // of this edge, ≥ 2

	// Key is this edge's link key, HubKey the hub's, Addresses are where its server listens, host:port.
	Key       ed25519.PrivateKey
	HubKey    ed25519.PublicKey
	Addresses []string

	// Servers and Credentials are those of HubConfig, for the user of this edge; then the three above stay empty.
	Servers     []string
	Credentials string

	Log *slog.Logger // nil: no log
}
