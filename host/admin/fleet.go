package admin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// FleetPart is what a running node does in its fleet.
type FleetPart struct {
	Status func(context.Context) (fleet.Status, error)
	// Staleness is fleet.staleness: a lease lasts no longer.
	Staleness time.Duration
	Version   string   // of the program
	Dials     []string // where an edge looks for its hub; nil at the hub

	// Of a hub; nil at an edge. Confirmed waits until another node has what this one wrote before the call.
	Confirmed func(context.Context) error
	// Leave tells a node to take nothing any more, since it is about to be withdrawn, or that it may again: see
	// fleet.Hub. Drop ends the links of a node, and Resume gives up what a member knows that has yet to tell the
	// restored hub what it forgot. Replay takes what was recorded of the log and is missing here, and says what that
	// was; nil: nothing records the log.
	Leave  func(number uint16, leaves bool)
	Drop   func(number uint16)
	Resume func(ctx context.Context, number uint16) error
	Replay func(ctx context.Context) (fleet.Replayed, error)
}

// Fleet answers ShowFleet: what this node is, and what it knows of its fleet. Durations are in milliseconds.
type Fleet struct {
	Role      string      `json:"role"`      // alone, hub or edge
	Fleet     string      `json:"fleet"`     // its name; empty on a single node
	ID        string      `json:"id"`        // of the fleet, in hexadecimal
	Number    uint16      `json:"number"`    // of this node
	Addresses []string    `json:"addresses"` // of the hub
	Running   bool        `json:"running"`   // false: this was read from the files of a stopped node
	Edge      *FleetEdge  `json:"edge"`      // null but at an edge that runs
	Nodes     []FleetNode `json:"nodes"`     // members by number, the hub and those that were withdrawn included
	// Invitations are those that can be used, at the hub.
	Invitations []FleetInvitation `json:"invitations"`
	// Missing are the numbers of the members that have yet to tell the restored hub what it forgot.
	Missing  []uint16       `json:"missing"`
	Recorder *FleetRecorder `json:"recorder"` // null but at a hub that runs and is recorded
	Refusals []FleetRefusal `json:"refusals"`
}

// FleetRecorder is how far the hub's log is recorded elsewhere.
type FleetRecorder struct {
	Up     bool       `json:"up"`
	Fault  string     `json:"fault"`  // why it is not up; empty if it is
	Behind bool       `json:"behind"` // the log goes on behind what is recorded
	Gaps   uint64     `json:"gaps"`   // how often frames left the log before they were recorded, since the start
	Gap    *time.Time `json:"gap"`    // when that was last noticed
}

// FleetNode is a member. What a hub knows of an edge is null or zero where it has not heard of it since it started.
type FleetNode struct {
	Number    uint16     `json:"number"`
	Name      string     `json:"name"`
	Key       string     `json:"key"` // public link key, in hexadecimal
	Joined    time.Time  `json:"joined"`
	Withdrawn *time.Time `json:"withdrawn"`
	CutOff    *time.Time `json:"cut_off"` // log-ins that began at this node up to then have ended
	AtHub     bool       `json:"at_hub"`  // the hub is the home of its log-ins

	Connected   bool       `json:"connected"`
	Heard       *time.Time `json:"heard"`
	Behind      bool       `json:"behind"`          // it has not followed the log to its end
	Lease       int64      `json:"lease_ms"`        // what is left of it
	ClockOffset int64      `json:"clock_offset_ms"` // its clock minus the hub's
	Waiting     int64      `json:"waiting"`         // bytes in its outbox
	Quarantined int64      `json:"quarantined"`
	Version     string     `json:"version"`
	Differs     bool       `json:"differs"` // settings on which nodes have to agree are not the hub's
}

// FleetEdge is what an edge knows of its link to the hub.
type FleetEdge struct {
	Connected   bool       `json:"connected"`
	Fault       string     `json:"fault"`     // why it is not connected; empty if it is, or is not known
	Withdrawn   bool       `json:"withdrawn"` // the node was taken out of the fleet
	Age         *int64     `json:"age_ms"`    // how old what it knows may be; null: it knows nothing yet
	Heard       *time.Time `json:"heard"`
	Behind      bool       `json:"behind"` // it has not followed the log to its end
	Lease       int64      `json:"lease_ms"`
	Fenced      bool       `json:"fenced"`          // another process runs as this node, and began later
	HubWhole    bool       `json:"hub_whole"`       // false: the hub was restored, and members are missing
	ClockOffset int64      `json:"clock_offset_ms"` // the hub's clock minus this one
	Differs     []string   `json:"differs"`         // keys of settings that nodes have to share and these do not
}

// FleetInvitation is an invitation that can be used.
type FleetInvitation struct {
	Name  string    `json:"name"` // of the node that it is for; empty: any
	Until time.Time `json:"until"`
}

// FleetRefusal is how often something was refused for a reason since the start.
type FleetRefusal struct {
	Reason string `json:"reason"`
	Times  uint64 `json:"times"`
}

func (s *server) showFleet(ctx context.Context, _, _ None) (Fleet, error) {
	m := s.cfg.Store.Membership()
	v := Fleet{
		Role: m.Role.String(), Fleet: m.Fleet, Addresses: list(m.Addresses), Running: s.cfg.Fleet != nil,
		Nodes: []FleetNode{}, Invitations: []FleetInvitation{}, Missing: []uint16{}, Refusals: []FleetRefusal{},
	}
	if m.Role == store.Alone {
		return v, nil
	}
	v.ID = hex.EncodeToString(m.ID[:])
	node, err := s.cfg.Store.Node(ctx)
	if err != nil {
		return v, err
	}
	v.Number = node.Number
	members, err := s.cfg.Store.Members(ctx)
	if err != nil {
		return v, err
	}
	for _, m := range members {
		v.Nodes = append(v.Nodes, nodeView(m))
	}
	if m.Role == store.Hub {
		if err := s.hubSide(ctx, &v); err != nil {
			return v, err
		}
	}
	if s.cfg.Fleet != nil {
		status, err := s.cfg.Fleet.Status(ctx)
		if err != nil {
			return v, err
		}
		v.add(status)
		v.addOwn(s.cfg.Fleet)
	}
	return v, nil
}

// hubSide adds what the store of a hub knows.
func (s *server) hubSide(ctx context.Context, v *Fleet) error {
	invitations, err := s.cfg.Store.Invitations(ctx)
	if err != nil {
		return err
	}
	for _, i := range invitations {
		v.Invitations = append(v.Invitations, FleetInvitation{i.Name, microseconds(i.Until)})
	}
	missing, err := s.cfg.Store.Pending(ctx)
	v.Missing = append(v.Missing, missing...)
	return err
}

// add adds what a running node knows.
func (v *Fleet) add(status fleet.Status) {
	for _, r := range status.Refusals {
		v.Refusals = append(v.Refusals, FleetRefusal(r))
	}
	if e := status.Edge; e != nil {
		v.Edge = &FleetEdge{
			Connected: e.Connected, Fault: e.Fault, Withdrawn: e.Withdrawn, Heard: known(e.Heard),
			Behind: e.Follows != e.HubHead, Lease: e.Lease.Milliseconds(), Fenced: e.Fenced, HubWhole: e.Whole,
			ClockOffset: e.Offset.Milliseconds(), Differs: list(e.Differs),
		}
		if age := e.Age.Milliseconds(); e.Age != math.MaxInt64 {
			v.Edge.Age = &age
		}
	}
	if status.Hub == nil {
		return
	}
	if r := status.Hub.Recorder; r != nil {
		v.Recorder = &FleetRecorder{Up: r.Up, Fault: r.Fault, Behind: r.At != status.Head, Gaps: r.Gaps,
			Gap: known(r.Gap)}
	}
	for _, m := range status.Hub.Members {
		i := slices.IndexFunc(v.Nodes, func(n FleetNode) bool { return n.Number == m.Number })
		if i < 0 {
			continue // it joined just now
		}
		n := &v.Nodes[i]
		n.Connected, n.Heard, n.Behind, n.Lease = m.Connected, known(m.Heard), m.Behind, m.Lease.Milliseconds()
		n.ClockOffset, n.Waiting, n.Quarantined = m.Offset.Milliseconds(), m.Waiting, m.Quarantined
		n.Version, n.Differs = m.Version, m.Differs
	}
}

// addOwn adds what a running node knows of itself.
func (v *Fleet) addOwn(p *FleetPart) {
	if len(p.Dials) > 0 {
		v.Addresses = list(p.Dials)
	}
	for i := range v.Nodes {
		if v.Nodes[i].Number == v.Number {
			v.Nodes[i].Version = p.Version
		}
	}
}

func microseconds(at int64) time.Time { return time.UnixMicro(at).UTC() }

func nodeView(m fact.Member) FleetNode {
	v := FleetNode{Number: m.Number, Name: m.Name, Key: hex.EncodeToString(m.Key[:]), Joined: microseconds(m.Joined),
		AtHub: m.AtHub}
	if m.Withdrawn != 0 {
		at := microseconds(m.Withdrawn)
		v.Withdrawn = &at
	}
	if m.CutOff != 0 {
		at := time.UnixMilli(m.CutOff).UTC()
		v.CutOff = &at
	}
	return v
}

// errNoFleet says what a single node lacks.
var errNoFleet = errors.New("this node is in no fleet: edgetoken fleet init makes it the hub of one")

// errEdge refuses what the hub of a fleet alone does, and says where that is.
func errEdge(m store.Membership) error {
	return fmt.Errorf("%w: this node is an edge of the fleet %s: run the command at its hub, %s", store.ErrHub, m.Fleet,
		strings.Join(join.Listeners(m.Addresses), ", "))
}

// does is the function of an operation.
type does[Q Query, B, A any] = func(*server, context.Context, Q, B) (A, error)

// atHub has an edge refuse an operation before it begins.
func atHub[Q Query, B, A any](do does[Q, B, A]) does[Q, B, A] {
	return func(s *server, ctx context.Context, q Q, b B) (answer A, err error) {
		if m := s.cfg.Store.Membership(); m.Role == store.Edge {
			return answer, errEdge(m)
		}
		return do(s, ctx, q, b)
	}
}

// changes is atHub for what must not be lost with the disk of the hub.
func changes[Q Query, B, A any](do does[Q, B, A]) does[Q, B, A] { return atHub(held(do)) }

// held has the hub answer a change when another node has it too, if one is connected.
func held[Q Query, B, A any](do does[Q, B, A]) does[Q, B, A] {
	return func(s *server, ctx context.Context, q Q, b B) (answer A, err error) {
		if answer, err = do(s, ctx, q, b); err == nil {
			err = s.confirmed(ctx)
		}
		return answer, err
	}
}

// confirmed waits until another node has what this hub wrote; anywhere else for nothing.
func (s *server) confirmed(ctx context.Context) error {
	if s.cfg.Fleet == nil || s.cfg.Fleet.Confirmed == nil {
		return nil
	}
	if err := s.cfg.Fleet.Confirmed(ctx); err != nil {
		return fmt.Errorf("%w: %w", node.ErrUnconfirmed, err)
	}
	return nil
}

// inFleet has an edge and a single node refuse an operation.
func inFleet[Q Query, B, A any](do does[Q, B, A]) does[Q, B, A] {
	return atHub(func(s *server, ctx context.Context, q Q, b B) (answer A, err error) {
		if s.cfg.Store.Membership().Role == store.Alone {
			return answer, errNoFleet
		}
		return do(s, ctx, q, b)
	})
}
