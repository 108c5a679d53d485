package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store/fact"
)

// errWithdrawn says what a node is that was taken out of its fleet.
var errWithdrawn = errors.New("this node was withdrawn from its fleet, and answers nothing: edgetoken fleet leave " +
	"makes it a node of its own, and edgetoken fleet join takes it into a fleet, with an empty data directory")

// status is that of the protocol.
func (f *fleetPart) status(ctx context.Context) (fleet.Status, error) {
	if f.edge != nil {
		s := f.edge.Status()
		s.Edge.Withdrawn = s.Edge.Withdrawn || f.withdrawn.Load()
		return s, nil
	}
	members, err := f.s.store.Members(ctx)
	if err != nil {
		return fleet.Status{}, err
	}
	return f.hub.Status(members), nil
}

// forAdmin is what the admin API does in the fleet; nil where the node is in none.
func (f *fleetPart) forAdmin() *admin.FleetPart {
	if f == nil {
		return nil
	}
	p := &admin.FleetPart{Status: f.status, Staleness: f.cfg.Fleet.Staleness, Version: f.s.cfg.Version}
	if f.edge != nil {
		p.Dials = f.dials()
	}
	if f.hub != nil {
		p.Confirmed, p.Leave, p.Drop, p.Resume = f.hub.Confirmed, f.hub.Leave, f.hub.Drop, f.hub.Resume
		if f.recorder != nil {
			p.Replay = f.hub.Replay
		}
	}
	return p
}

// ready says what of the fleet keeps the node from its work, for /readyz; nil where it is in none. It begins with the
// word that refused requests have in X-Auth-Error.
func (f *fleetPart) ready() func() error {
	if f == nil {
		return nil
	}
	return func() error {
		switch err := f.fault(); {
		case errors.Is(err, core.ErrStale):
			return fmt.Errorf("stale: %w", err)
		case errors.Is(err, node.ErrUnleased):
			return fmt.Errorf("unleased: %w", err)
		case err != nil:
			return fmt.Errorf("clock: %w", err)
		}
		return nil
	}
}

// fault is what keeps the node from its work in the fleet: a core.ErrStale, node.ErrUnleased or core.ErrClock with its
// cause.
func (f *fleetPart) fault() error {
	if f.withdrawn.Load() {
		return fmt.Errorf("%w: %w", core.ErrStale, errWithdrawn)
	}
	if err := f.protocol().Leased(); errors.Is(err, fleet.ErrFenced) {
		return fmt.Errorf("%w: %w", node.ErrUnleased, err)
	}
	if f.hub != nil && !f.hub.Whole() {
		return fmt.Errorf("%w: this hub was restored, and members have yet to tell what it forgot: edgetoken fleet "+
			"recover shows which", core.ErrStale)
	}
	if err := f.protocol().Issues(); err != nil {
		return fmt.Errorf("%w: %w", core.ErrClock, err)
	}
	return nil
}

// shown gives what staff see of the fleet; nil where the node is in none.
func (f *fleetPart) shown() func() httpapi.Fleet {
	if f == nil {
		return nil
	}
	return func() httpapi.Fleet {
		v := httpapi.Fleet{Name: f.member.Fleet, Hub: f.hub != nil, Number: f.s.store.Number()}
		if err := f.fault(); err != nil {
			v.Warning = err.Error()
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		members, err := f.s.store.Members(ctx)
		if err != nil {
			v.Warning = strings.TrimPrefix(v.Warning+"; "+err.Error(), "; ")
		}
		if f.edge != nil {
			e := f.edge.Status().Edge
			v.Age, v.Lease, v.Clock, v.Heard, v.Connected = e.Age, e.Lease, e.Offset, e.Heard, e.Connected
			v.Nodes = nodesOf(members, nil)
		} else {
			v.Nodes = nodesOf(members, f.hub.Status(members).Hub.Members)
		}
		return v
	}
}

// nodesOf are the members of a fleet as staff see them, with what the hub knows of each.
func nodesOf(members []fact.Member, known []fleet.MemberStatus) (list []httpapi.FleetNode) {
	for _, m := range members {
		n := httpapi.FleetNode{Number: m.Number, Name: m.Name}
		if i := slices.IndexFunc(known, func(s fleet.MemberStatus) bool { return s.Number == m.Number }); i >= 0 {
			s := known[i]
			n.State, n.Heard, n.Waiting, n.Clock = stateOf(s), s.Heard, s.Waiting, s.Offset
			n.Version, n.Differs = s.Version, s.Differs
		}
		if m.Withdrawn != 0 { // an edge knows that of others, too
			n.State = httpapi.FleetWithdrawn
		}
		list = append(list, n)
	}
	return list
}

func stateOf(s fleet.MemberStatus) httpapi.FleetState {
	switch {
	case s.Withdrawn != 0:
		return httpapi.FleetWithdrawn
	case !s.Connected:
		return httpapi.FleetAway
	case s.Behind:
		return httpapi.FleetBehind
	}
	return httpapi.FleetConnected
}
