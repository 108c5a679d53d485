package admin

import (
	"context"
	"fmt"
	"slices"
)

// Recovery answers RecoverFleet.
type Recovery struct {
	// Recorded says whether the log is recorded elsewhere, and Replayed how many facts came back from there.
	Recorded bool `json:"recorded"`
	Replayed int  `json:"replayed"`
	// Missing are the members that have yet to tell the restored hub what it forgot. While there are any, the hub and
	// its edges check tokens by what may be out of date: they answer 503 or not, as fleet.when_stale says.
	Missing []FleetNode `json:"missing"`
	Whole   bool        `json:"whole"` // nobody is missing
	Running bool        `json:"running"`
}

// recoverFleet has a restored hub take back what was recorded elsewhere, and says which members are missing.
func (s *server) recoverFleet(ctx context.Context, _, _ None) (Recovery, error) {
	v := Recovery{Missing: []FleetNode{}, Running: s.cfg.Fleet != nil}
	if v.Running && s.cfg.Fleet.Replay != nil {
		v.Recorded = true
		var err error
		if v.Replayed, err = s.cfg.Fleet.Replay(ctx); err != nil {
			return v, fmt.Errorf("replay what was recorded of the log: %w", err)
		}
		s.cfg.Log.Info("admin: replayed what was recorded of the log", "facts", v.Replayed)
	}
	f, err := s.showFleet(ctx, None{}, None{})
	if err != nil {
		return v, err
	}
	for _, n := range f.Nodes {
		if slices.Contains(f.Missing, n.Number) {
			v.Missing = append(v.Missing, n)
		}
	}
	v.Whole = len(f.Missing) == 0
	return v, nil
}

// Resumption has a restored hub go on without what a member knows.
type Resumption struct {
	Without uint16 `json:"without"`
}

// resumeFleet gives up what a member knows that has yet to tell the restored hub what it forgot.
func (s *server) resumeFleet(ctx context.Context, _ None, r Resumption) (Recovery, error) {
	missing, err := s.cfg.Store.Pending(ctx)
	if err != nil {
		return Recovery{}, err
	}
	if !slices.Contains(missing, r.Without) {
		return Recovery{}, fmt.Errorf("the hub does not wait for node %d: edgetoken fleet recover lists those that it "+
			"waits for", r.Without)
	}
	resume := s.cfg.Store.Offered
	if s.cfg.Fleet != nil {
		resume = s.cfg.Fleet.Resume
	}
	if err := resume(ctx, r.Without); err != nil {
		return Recovery{}, err
	}
	s.cfg.Log.Warn("admin: the hub goes on without what a node knows", "node", r.Without)
	return s.recoverFleet(ctx, None{}, None{})
}
