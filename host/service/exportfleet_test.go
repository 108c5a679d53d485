package service

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store"
)

// StoreOf is the store of a service.
func StoreOf(s *Service) *store.DB { return s.store }

// BundleEpoch is the epoch of the last trust bundle that a node has.
func BundleEpoch(s *Service) uint64 {
	if r := s.fleet.relayed(); r != nil {
		return r.Figures().Epoch
	}
	return s.bundles.Figures().Epoch
}

// Replay has a hub replay its record, as edgetoken fleet recover does.
func Replay(ctx context.Context, s *Service) (fleet.Replayed, error) {
	return s.fleet.forAdmin().Replay(ctx)
}

// RecorderOf is the status of a hub's recorder.
func RecorderOf(s *Service) fleet.RecorderStatus { return *s.fleet.hub.Status(nil).Hub.Recorder }

// Age is how old what an edge knows is.
func Age(s *Service) time.Duration { return s.fleet.edge.Age() }
