package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
)

// keysOfFleet has a ring for each node, which signs with a key of its own and checks by those of all.
func keysOfFleet(t *testing.T) map[uint16]*keyring.Ring {
	t.Helper()
	var members []keyring.Member
	for number, id := range []string{"", "of-the-hub", "of-edge-2", "of-edge-3"} {
		if number == 0 {
			continue
		}
		k, err := keyring.GenerateKey("ES256", nil)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, keyring.Member{Key: k.WithID(id), Info: core.KeyInfo{ID: id, Algorithm: "ES256",
			Node: uint16(number)}})
	}
	rings := map[uint16]*keyring.Ring{}
	for i := range members {
		ring, err := keyring.NewRing(members, []core.SigningKey{{Key: i}})
		if err != nil {
			t.Fatal(err)
		}
		rings[uint16(i)+1] = ring
	}
	return rings
}

// signs has a node sign with the keys of a ring.
func (m *member) signs(ring *keyring.Ring) { m.UseEngine(core.NewNative(m.config.Settings, ring)) }

// TestStolenEdgeHasForgedTokensExchanged: what the key of a stolen edge signed ends with that key. So no other node
// exchanges a refresh token that it signed for a log-in that began elsewhere: those that came of it would live on.
func TestStolenEdgeHasForgedTokensExchanged(t *testing.T) {
	for name, change := range map[string]func(*core.Settings){
		"each refresh token is spent once": func(*core.Settings) {},
		"refresh tokens stay":              func(s *core.Settings) { s.RotateRefreshTokens = false },
	} {
		t.Run(name, func(t *testing.T) {
			f := openFleet(t, func(c *node.Config, _ *httpapi.Config) { change(&c.Settings) })
			rings := keysOfFleet(t)
			for number, m := range f.nodes {
				m.signs(rings[number])
			}
			for home := uint16(1); home <= 3; home++ {
				sound, _ := f.nodes[home].login(t)
				for number, m := range f.nodes {
					if answer, body, _, _ := m.exchange(t, sound); answer.StatusCode != http.StatusOK {
						t.Errorf("a log-in of node %d at node %d: %d %s", home, number, answer.StatusCode, body)
					}
				}
			}
			for _, home := range []uint16{1, 3} {
				f.nodes[home].signs(rings[2])
				forged, _ := f.nodes[home].login(t)
				f.nodes[home].signs(rings[home])
				for number, m := range f.nodes {
					answer, body, _, access := m.exchange(t, forged)
					if answer.StatusCode != http.StatusUnauthorized || access != "" {
						t.Errorf("forged for node %d, shown to node %d: %d %s", home, number, answer.StatusCode, body)
					}
				}
			}
		})
	}
}
