package admin

import (
	"context"
	"errors"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// revokingAtOnce is how many customers a revocation of all ends at a time: they share commits.
const revokingAtOnce = 64

// revokeFleet ends the log-ins at all nodes of a fleet, at the hub, by a cut-off of each customer: that of a node is
// its own. A cut-off of the numbers of all nodes would end new log-ins too, as long as it lies ahead.
func (s *server) revokeFleet(ctx context.Context) error {
	for after := (core.CustomerID{}); ; {
		page, err := s.cfg.Store.List(ctx, after, MaxPage)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := s.revokeEach(ctx, page); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

// revokeEach ends every log-in of some customers.
func (s *server) revokeEach(ctx context.Context, page []store.Customer) error {
	errs := make([]error, len(page))
	places := make(chan struct{}, revokingAtOnce)
	var all sync.WaitGroup
	for i, c := range page {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if err := s.cfg.Store.Revoke(ctx, c.ID); !errors.Is(err, store.ErrNotFound) { // it was removed just now
				errs[i] = err
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
