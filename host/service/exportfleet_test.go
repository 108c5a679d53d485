package service

import "github.com/edgetoken/edgetoken/store"

// StoreOf is the store of a service.
func StoreOf(s *Service) *store.DB { return s.store }

// BundleEpoch is the epoch of the last trust bundle that a node has.
func BundleEpoch(s *Service) uint64 {
	if r := s.fleet.relayed(); r != nil {
		return r.Figures().Epoch
	}
	return s.bundles.Figures().Epoch
}
