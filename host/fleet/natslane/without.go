//go:build nofleet

package natslane

import "github.com/edgetoken/edgetoken/host/fleet/lane"

// Hub and Edge are never made in this build.
type (
	Hub  struct{ lane.Hub }
	Edge struct{ lane.Edge }
)

// Addr is empty.
func (*Hub) Addr() string { return "" }

// NewHub returns ErrNotBuilt.
func NewHub(HubConfig) (*Hub, error) { return nil, ErrNotBuilt }

// NewEdge returns ErrNotBuilt.
func NewEdge(EdgeConfig) (*Edge, error) { return nil, ErrNotBuilt }
