package service

import "github.com/edgetoken/edgetoken/store"

// StoreOf is the store of a service.
func StoreOf(s *Service) *store.DB { return s.store }
