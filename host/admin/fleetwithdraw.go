package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Withdrawal takes a node out of the fleet, for good.
type Withdrawal struct {
	Number uint16 `json:"number"`
	// Stolen ends at once all that the node may have been used for: its link, its keys with all that they signed, and
	// the log-ins that began at it. Else a node that is connected first gives the hub what it has written, and what it
	// signed stays good.
	Stolen bool `json:"stolen,omitempty"`
}

// Withdrawn answers WithdrawNode.
type Withdrawn struct {
	Node FleetNode `json:"node"`
	Keys []Key     `json:"keys"` // of the node, that end by it
	// Heard says whether the hub heard of the node just before: else what the node had written and not sent is lost.
	Heard bool `json:"heard"`
}

const (
	drainTime  = time.Minute // for the outbox of a node that is withdrawn
	drainPause = 100 * time.Millisecond
	farewell   = time.Second // in which a node that is withdrawn may hear so
)

// withdrawNode withdraws a node in steps, each of which may be done already: so a call that was cut off is repeated.
func (s *server) withdrawNode(ctx context.Context, _ None, r Withdrawal) (v Withdrawn, err error) {
	if s.cfg.Fleet == nil && !r.Stolen {
		return v, errors.New("the hub does not run, so that the node cannot give it what it has written: start " +
			"edgetoken serve, or withdraw the node with --stolen")
	}
	member, err := s.member(ctx, r.Number)
	if err != nil {
		return v, err
	}
	var lease time.Duration
	if !r.Stolen && member.Withdrawn == 0 {
		s.cfg.Fleet.Leave(r.Number, true)
		defer func() {
			if err != nil { // it goes on, unless it is withdrawn already
				s.cfg.Fleet.Leave(r.Number, false)
			}
		}()
		if v.Heard, err = s.drained(ctx, r.Number); err != nil {
			return v, err
		}
	}
	if !r.Stolen {
		if lease, err = s.leaseOf(ctx, r.Number); err != nil {
			return v, err
		}
	}
	now := time.Now()
	err = s.changeMember(ctx, r.Number, func(m *fact.Member) {
		if m.Withdrawn == 0 {
			m.Withdrawn = now.UnixMicro()
		}
		if r.Stolen {
			m.CutOff, m.AtHub = max(m.CutOff, now.UnixMilli()), true
		}
	})
	if err != nil {
		return v, err
	}
	if s.cfg.Fleet != nil {
		if !r.Stolen && v.Heard { // the log tells it that it was withdrawn
			_ = wait(ctx, farewell) // it is withdrawn whether the caller waits or not
		}
		s.cfg.Fleet.Drop(r.Number)
	}
	if v.Keys, err = s.endKeysOf(ctx, r); err != nil {
		return v, err
	}
	s.cfg.Log.Warn("admin: a node was withdrawn from the fleet", "node", r.Number, "stolen", r.Stolen)
	if err := s.takeHome(ctx, r.Number, lease); err != nil {
		return v, err
	}
	member, err = s.member(ctx, r.Number)
	v.Node = nodeView(member)
	return v, err
}

// endKeysOf ends the keys of a node that was withdrawn.
func (s *server) endKeysOf(ctx context.Context, r Withdrawal) ([]Key, error) {
	ended, err := s.cfg.Keys.Withdraw(ctx, r.Number, r.Stolen)
	if err != nil {
		return nil, fmt.Errorf("the node was withdrawn, but its keys were not ended: run the same command again: %w",
			err)
	}
	list := []Key{}
	for _, k := range ended {
		list = append(list, keyView(k))
		s.keyDid("key of a withdrawn node ended", keyView(k))
	}
	return list, nil
}

// takeHome makes the hub the home of the log-ins of a node that was withdrawn, once no lease allows that node to
// advance them: two homes would give out the same generation of a token.
func (s *server) takeHome(ctx context.Context, number uint16, lease time.Duration) error {
	if err := wait(ctx, lease); err != nil {
		return err
	}
	err := s.changeMember(ctx, number, func(m *fact.Member) { m.AtHub = true })
	if err != nil {
		return fmt.Errorf("the node was withdrawn, but its log-ins were not taken over: run the same command again: "+
			"%w", err)
	}
	return nil
}

// drained waits until a node that is connected takes nothing any more and has given the hub all that it wrote. heard is
// false where it is not connected.
func (s *server) drained(ctx context.Context, number uint16) (heard bool, err error) {
	until := time.Now().Add(drainTime)
	for {
		m, err := s.heardOf(ctx, number)
		if err != nil || !m.Connected || m.Left && m.Waiting == 0 {
			return m.Connected, err
		}
		if time.Now().After(until) {
			return true, fmt.Errorf("node %d has %d bytes that the hub does not have yet, and goes on as before: run "+
				"the same command again, or stop it, and what it has not sent is lost", number, m.Waiting)
		}
		if err := wait(ctx, drainPause); err != nil {
			return true, err
		}
	}
}

// wait waits for so long, or until ctx ends, whose error it returns then.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leaseOf is how long a node may yet advance log-ins.
func (s *server) leaseOf(ctx context.Context, number uint16) (time.Duration, error) {
	m, err := s.heardOf(ctx, number)
	if err == nil && m.Heard.IsZero() {
		return s.cfg.Fleet.Staleness, nil // it may have one from before the start of the hub
	}
	return m.Lease, err
}

// heardOf is what the running hub has heard of a node.
func (s *server) heardOf(ctx context.Context, number uint16) (fleet.MemberStatus, error) {
	status, err := s.cfg.Fleet.Status(ctx)
	if err != nil || status.Hub == nil {
		return fleet.MemberStatus{}, err
	}
	i := slices.IndexFunc(status.Hub.Members, func(m fleet.MemberStatus) bool { return m.Number == number })
	if i < 0 {
		return fleet.MemberStatus{}, nil
	}
	return status.Hub.Members[i], nil
}

// member reads a member that can be withdrawn.
func (s *server) member(ctx context.Context, number uint16) (fact.Member, error) {
	if number == fact.HubNumber {
		return fact.Member{}, errors.New("node 1 is the hub, without which there is no fleet: edgetoken fleet leave " +
			"makes it a single node again")
	}
	have, err := s.cfg.Store.Members(ctx)
	if err != nil {
		return fact.Member{}, err
	}
	return memberOf(have, number)
}

func memberOf(have []fact.Member, number uint16) (fact.Member, error) {
	i := slices.IndexFunc(have, func(m fact.Member) bool { return m.Number == number })
	if i < 0 {
		return fact.Member{}, fmt.Errorf("the fleet has no node %d: edgetoken fleet status lists its nodes", number)
	}
	return have[i], nil
}

// changeMember changes one member.
func (s *server) changeMember(ctx context.Context, number uint16, change func(*fact.Member)) error {
	return s.cfg.Store.UpdateMembers(ctx, func(have []fact.Member) ([]fact.Member, error) {
		m, err := memberOf(have, number)
		if err != nil {
			return nil, err
		}
		was := m
		if change(&m); m == was {
			return nil, nil
		}
		return []fact.Member{m}, nil
	})
}
