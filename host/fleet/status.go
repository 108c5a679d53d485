package fleet

import (
	"maps"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Status is how a node takes part in its fleet.
type Status struct {
	Number      uint16
	Incarnation uint64
	Epoch       uint32        // of the hub: it grows when the hub is restored
	Head        fact.Position // the last frame of this node
	Refusals    []Refusal
	Hub         *HubStatus  // nil at an edge
	Edge        *EdgeStatus // nil at the hub
}

// Refusal is how often something was refused for a reason.
type Refusal struct {
	Reason string
	Times  uint64
}

// EdgeStatus is what an edge knows of its hub.
type EdgeStatus struct {
	Age       time.Duration // how old its knowledge may be; math.MaxInt64: it has none yet
	Follows   fact.Position // how far it has followed the log
	HubHead   fact.Position // where the log ended at the last hello
	Acked     fact.Position // the hub has this node's frames up to here
	Lease     time.Duration // what is left of it; 0: there is none
	Fenced    bool
	Whole     bool          // the hub knows all that it ever acknowledged
	Offset    time.Duration // the hub's clock minus this one
	Heard     time.Time     // when a hello was last answered; zero: never
	Connected bool
	Fault     string // why it is not connected; empty: it is, or no dial has failed yet
	Withdrawn bool   // the node was taken out of the fleet
	// How often since the start: the log was fetched, a copy taken, the link dialled again.
	Fetches, Copies, Redials uint64
	// Differs are the keys of settings on which the nodes have to agree, and this one and its hub do not.
	Differs []string
}

// HubStatus is what the hub knows of its fleet.
type HubStatus struct {
	Whole   bool
	Pending []uint16 // members that have not told the restored hub what it forgot
	Members []MemberStatus
	Batches uint64 // messages of the log that were published since the start
	Lane    lane.Figures
	// Recorder is how far the log is recorded elsewhere; nil: nobody records it.
	Recorder *RecorderStatus
}

// MemberStatus is what the hub knows of an edge.
type MemberStatus struct {
	fact.Member
	Connected   bool
	Heard       time.Time // zero: not since the hub started
	Incarnation uint64
	Follows     fact.Position
	Behind      bool          // it has not followed the log to its end
	Lease       time.Duration // what is left of it
	Offset      time.Duration // its clock minus the hub's
	Waiting     int64         // bytes in its outbox
	Left        bool          // it takes nothing any more: see Hub.Leave
	Quarantined int64
	Version     string
	// Differs says that it has other settings than the hub where nodes have to agree.
	Differs bool
}

func refusals(m map[string]uint64) (list []Refusal) {
	for _, reason := range slices.Sorted(maps.Keys(m)) {
		list = append(list, Refusal{reason, m[reason]})
	}
	return list
}

// Status gives the present status.
func (e *Edge) Status() Status {
	age := e.Age()
	e.mu.Lock()
	defer e.mu.Unlock()
	lease := time.Duration(0)
	if !e.lease.elapsed.IsZero() && e.ready && !e.fenced {
		lease = max(0, -e.since(e.lease))
	}
	var fault string
	if err := e.cfg.Lane.Fault(); err != nil {
		fault = err.Error()
	}
	return Status{Number: e.self.number, Incarnation: e.incarnation, Epoch: e.follows.epoch, Head: e.cfg.Store.Head(),
		Refusals: refusals(e.refusals),
		Edge: &EdgeStatus{Age: age, Follows: e.follows.at, HubHead: e.last.head.at, Acked: e.acked, Lease: lease,
			Fenced: e.fenced, Whole: e.last.whole, Offset: e.offset, Heard: e.heard, Connected: e.cfg.Lane.Connected(),
			Fault: fault, Withdrawn: e.withdrawn,
			Fetches: e.fetches, Copies: e.copies, Redials: e.redials,
			Differs: slices.Clone(e.differs)}}
}

// Status gives the present status.
func (h *Hub) Status(members []fact.Member) Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	head, own := h.cfg.Store.Head(), agreed(h.cfg.Agreed).digest
	s := HubStatus{Whole: len(h.pending) == 0, Pending: slices.Sorted(maps.Keys(h.pending)), Batches: h.batches,
		Lane: h.cfg.Lane.Figures()}
	if h.cfg.Recorder != nil {
		status := h.recording.RecorderStatus
		s.Recorder = &status
	}
	for _, m := range members {
		if m.Number == HubNumber {
			continue
		}
		x := MemberStatus{Member: m}
		if e := h.edges[m.Number]; e != nil && !e.heard.IsZero() {
			x.Heard, x.Incarnation, x.Follows = e.heard, e.incarnation, e.said.follows.at
			x.Connected = time.Since(e.heard) <= gone
			x.Behind = e.said.follows.epoch != h.epoch || compare(x.Follows, head) < 0
			x.Lease, x.Offset = max(0, time.Until(e.lease)), e.offset
			x.Waiting, x.Quarantined, x.Version = e.said.waiting, e.said.quarantined, e.said.version
			x.Left = e.said.left
			x.Differs = e.said.agreed != own || e.said.staleness != h.cfg.Settings.Staleness ||
				e.said.skew != h.cfg.Settings.Skew
		}
		s.Members = append(s.Members, x)
	}
	return Status{Number: HubNumber, Incarnation: head.Incarnation, Epoch: h.epoch, Head: head,
		Refusals: refusals(h.refusals), Hub: &s}
}
