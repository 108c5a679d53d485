package admin

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/host/node"
)

// Clock answers ShowClock and AcceptClock.
type Clock struct {
	Now time.Time `json:"now"` // what the clock says
	// Latest is the latest change of the store under a plausible clock, before the call; null where there was none.
	Latest    *time.Time `json:"latest"`
	Plausible bool       `json:"plausible"` // whether tokens are issued by the clock
	Problem   string     `json:"problem"`   // why they are not, and what to do; empty else
}

func (s *server) showClock(ctx context.Context, _, _ None) (Clock, error) {
	stats, err := s.cfg.Store.Stats(ctx)
	if err != nil {
		return Clock{}, err
	}
	return s.clock(stats.LastCommit), nil
}

// acceptClock has the node issue tokens by its clock, as far as that is from the latest change.
func (s *server) acceptClock(ctx context.Context, _, _ None) (Clock, error) {
	latest, err := s.cfg.Store.AcceptClock(ctx)
	if err != nil {
		return Clock{}, err
	}
	v := s.clock(latest)
	s.cfg.Log.Warn("admin: clock accepted", "now", v.Now, "latest", latest)
	return v, nil
}

func (s *server) clock(latest time.Time) Clock {
	v := Clock{Now: time.Now().UTC().Truncate(time.Second), Plausible: true}
	if !latest.IsZero() {
		latest = latest.Truncate(time.Second)
		v.Latest = &latest
	}
	if err := node.CheckClock(s.cfg.Store); err != nil {
		v.Plausible, v.Problem = false, err.Error()
	}
	return v
}
