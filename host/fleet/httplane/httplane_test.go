package httplane_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/httplane"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// served is a hub and the server before it.
type served struct {
	*httplane.Hub
	server *http.Server
}

func (s *served) Close() error {
	s.Hub.Close()
	return s.server.Close()
}

// serve serves a hub, to strangers too, as the listener of a fleet does.
func serve(t *testing.T, key ed25519.PrivateKey, roster lane.Roster) (*served, string) {
	t.Helper()
	h, err := httplane.NewHub(httplane.HubConfig{Roster: roster})
	if err != nil {
		t.Fatal(err)
	}
	config, err := linktls.Anyone(key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(httplane.Prefix, h)
	s := &served{h, &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0)}}
	go s.server.Serve(tls.NewListener(l, config))
	t.Cleanup(func() { s.Close() })
	return s, l.Addr().String()
}

func dial(t *testing.T, key ed25519.PrivateKey, hub ed25519.PublicKey, address string) *httplane.Edge {
	t.Helper()
	e, err := httplane.NewEdge(httplane.EdgeConfig{Key: key, HubKey: hub, Addresses: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestSuite(t *testing.T) {
	lanetest.Run(t, lanetest.Kit{
		Hub: func(t *testing.T, key ed25519.PrivateKey, roster lane.Roster) (lane.Hub, string) {
			return serve(t, key, roster)
		},
		Edge: func(t *testing.T, _ uint16, key ed25519.PrivateKey, hub ed25519.PublicKey, address string) lane.Edge {
			return dial(t, key, hub, address)
		},
	})
}
