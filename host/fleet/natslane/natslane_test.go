//go:build !nofleet

package natslane_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/fleet/natslane"
)

func newHub(t *testing.T, key ed25519.PrivateKey, roster lane.Roster) *natslane.Hub {
	t.Helper()
	h, err := natslane.NewHub(natslane.HubConfig{Fleet: "f", Key: key, Roster: roster, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestSuite(t *testing.T) {
	lanetest.Run(t, lanetest.Kit{
		Hub: func(t *testing.T, key ed25519.PrivateKey, roster lane.Roster) (lane.Hub, string) {
			h := newHub(t, key, roster)
			return h, h.Addr()
		},
		Edge: func(t *testing.T, number uint16, key ed25519.PrivateKey, hub ed25519.PublicKey, at string) lane.Edge {
			e, err := natslane.NewEdge(natslane.EdgeConfig{Fleet: "f", Number: number, Key: key, HubKey: hub,
				Addresses: []string{at}})
			if err != nil {
				t.Fatal(err)
			}
			return e
		},
	})
}
