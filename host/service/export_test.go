package service

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/server"
)

var (
	WithoutBodies = withoutBodies
	ListenerTLS   = listenerTLS
)

// NewObserver counts what it is told, as the metrics of a service do.
func NewObserver() func(httpapi.Observation) { return newMetrics(&Service{}, &config.Config{}).observe }

// KeyFigures are the metrics of keys.
func KeyFigures(published func() *httpapi.PublishedKeys) prometheus.Collector {
	return keyFigures{published}
}

// SignerFigures are the metrics of keys that sign elsewhere.
func SignerFigures(faults *keyring.SignerFaults) prometheus.Collector { return signerFigures(faults) }

// ServeMetrics serves the metrics of a service that does nothing.
func ServeMetrics(ctx context.Context, l net.Listener) error {
	m := newMetrics(&Service{}, &config.Config{})
	return (&server.Server{Handler: m.handler(), Limits: metricsLimits, Grace: time.Second,
		Log: slog.New(slog.DiscardHandler)}).Serve(ctx, l)
}

// Changes counts what was committed to the store.
func (s *Service) Changes() uint64 { return s.store.Changes() }

// LoseStore closes the store under a service.
func (s *Service) LoseStore(t *testing.T) {
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// Keys is the manager of the keys in use.
func (s *Service) Keys() *keys.Manager { return s.current.Load().manager }

// DecoyKey is the key by which unknown customers draw their hashes.
func (s *Service) DecoyKey() string { return string(s.decoyKey) }

// Tick does with the keys what the time has brought, as a running service does each second.
func (s *Service) Tick(ctx context.Context) error { return s.tick(ctx) }

// SealedKeys are the sealed private parts in the store, by kid.
func (s *Service) SealedKeys(t *testing.T) map[string][]byte {
	list, err := s.store.SealedKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sealed := map[string][]byte{}
	for _, k := range list {
		if sealed[k.ID], err = s.store.SealedKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
	}
	return sealed
}

// Backup is a backup of the store.
func (s *Service) Backup(t *testing.T) []byte {
	b, err := s.store.Backup(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Agreed are the keys of the configuration on which the nodes of a fleet have to agree.
func Agreed() map[string]bool { return agreed }
