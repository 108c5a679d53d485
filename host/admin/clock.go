package admin

import (
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/node"
)

// Clock answers GET and POST /clock.
type Clock struct {
	Now       time.Time  `json:"now"`       // what the clock says
	Latest    *time.Time `json:"latest"`    // the latest change of the store under a plausible clock, before the call; null where there was none
	Plausible bool       `json:"plausible"` // whether tokens are issued by the clock
	Problem   string     `json:"problem"`   // why they are not, and what to do; empty else
}

// showClock says whether the clock is plausible.
func (s *server) showClock(r *http.Request) (Clock, error) {
	stats, err := s.cfg.Store.Stats(r.Context())
	if err != nil {
		return Clock{}, err
	}
	return s.clock(stats.LastCommit), nil
}

// acceptClock has the node issue tokens by what its clock says, as far as that is from the latest change.
func (s *server) acceptClock(r *http.Request) (Clock, error) {
	latest, err := s.cfg.Store.AcceptClock(r.Context())
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
