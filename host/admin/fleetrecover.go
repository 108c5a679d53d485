package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/store"
)

// Recovery answers RecoverFleet.
type Recovery struct {
	// Recorded says whether the log is recorded elsewhere, and Replayed how many facts came back from there. Refused
	// counts records that this hub did not sign.
	Recorded bool `json:"recorded"`
	Replayed int  `json:"replayed"`
	Refused  int  `json:"refused"`
	// Gaps are where the record does not go on: what the hub wrote in between does not come back.
	Gaps []RecordGap `json:"gaps"`
	// Missing are the members that have yet to tell the restored hub what it forgot. While there are any, the hub and
	// its edges check tokens by what may be out of date: they answer 503 or not, as fleet.when_stale says.
	Missing []FleetNode `json:"missing"`
	Whole   bool        `json:"whole"` // nobody is missing
	Running bool        `json:"running"`
}

// RecordGap is a part of what the hub wrote that was not recorded, or is gone from the record.
type RecordGap struct {
	After  *time.Time `json:"after"` // when the last was written that is known before it; null: unknown
	Before time.Time  `json:"before"`
}

// recoverFleet has a restored hub take back what was recorded elsewhere, and says which members are missing.
func (s *server) recoverFleet(ctx context.Context, _, _ None) (Recovery, error) {
	v := Recovery{Missing: []FleetNode{}, Gaps: []RecordGap{}, Running: s.cfg.Fleet != nil}
	if v.Running && s.cfg.Fleet.Replay != nil {
		done, err := s.cfg.Fleet.Replay(ctx)
		if errors.Is(err, store.ErrReused) {
			return v, fmt.Errorf("the record does not fit: %w: restore the same backup again, and run edgetoken fleet "+
				"recover before anybody adds customers or invites nodes", err)
		}
		if err != nil {
			return v, fmt.Errorf("replay what was recorded of the log: %w", err)
		}
		v.Recorded, v.Replayed, v.Refused = true, done.Facts, done.Refused
		for _, g := range done.Gaps {
			v.Gaps = append(v.Gaps, RecordGap{known(g.After), g.Before.UTC()})
		}
		s.cfg.Log.Info("admin: replayed what was recorded of the log", "facts", v.Replayed, "refused", v.Refused,
			"gaps", len(v.Gaps))
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
