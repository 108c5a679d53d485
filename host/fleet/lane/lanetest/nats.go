//go:build !nofleet

package lanetest

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// NATS starts a NATS server, which ends with the test.
func NATS(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	go s.Start()
	if !s.ReadyForConnections(limit) {
		t.Fatal("the NATS server does not start")
	}
	return s
}
