package httpapi

import (
	"io"
	"math"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/pages"
)

// Fleet is what a node knows of its fleet, as staff may see it. It holds no secret.
type Fleet struct {
	Name   string
	Hub    bool   // the node is the hub; else an edge
	Number uint16 // of the node
	// Warning says what keeps the node from its work, or will; "": nothing.
	Warning string
	Nodes   []FleetNode
	// What an edge knows of its hub. Age is math.MaxInt64 where it has learnt nothing yet.
	Age, Lease, Clock time.Duration
	Heard             time.Time
	Connected         bool
}

// FleetNode is a node of the fleet. At an edge only Number, Name and State are known, and the latter only of those that
// were withdrawn.
type FleetNode struct {
	Number uint16
	Name   string
	State  FleetState
	// Heard is when it last said hello to the hub; zero: not since the hub started.
	Heard   time.Time
	Waiting int64         // bytes that it has yet to send
	Clock   time.Duration // its clock minus the hub's
	Version string        // of its program
	Differs bool          // its configuration is not that of the hub where it must be
}

// FleetState is how a node stands in its fleet; "": unknown, as to an edge.
type FleetState string

// The states of a node in its fleet, in the words of the page.
const (
	FleetConnected FleetState = "connected"
	FleetBehind    FleetState = "behind"
	FleetAway      FleetState = "away"
	FleetWithdrawn FleetState = "withdrawn"
)

// fleetPage shows the fleet to staff.
func (h *handler) fleetPage(rq *request) answer {
	return rq.staffPage(pages.FleetPath, func(w io.Writer, frame pages.Frame) error {
		f := h.cfg.Fleet()
		d := f.shown(h.cfg.Now().Truncate(time.Second))
		d.Frame = frame
		return pages.Fleet(w, d)
	})
}

// shown is the fleet in the words of the page.
func (f *Fleet) shown(now time.Time) pages.FleetData {
	d := pages.FleetData{Name: f.Name, Hub: f.Hub, Number: int(f.Number), Warning: f.Warning}
	if !f.Hub {
		d.Facts = []pages.Named{
			{Name: "Knows the fleet as of", Value: ago(f.Age)},
			{Name: "Link to the hub", Value: map[bool]string{true: "up", false: "down"}[f.Connected]},
			{Name: "Last answer of the hub", Value: heard(f.Heard, now)},
			{Name: "May refresh log-ins for another", Value: exact(f.Lease)},
			{Name: "Clock of the hub, against this one", Value: signed(f.Clock)},
		}
	}
	for _, n := range f.Nodes {
		row := pages.FleetNode{Number: int(n.Number), Name: n.Name, State: string(n.State), Own: n.Number == f.Number}
		if f.Hub && !row.Own && n.State != FleetWithdrawn {
			row.Heard, row.Waiting = heard(n.Heard, now), strconv.FormatInt(n.Waiting, 10)
			row.Clock, row.Version, row.Differs = signed(n.Clock), n.Version, n.Differs
		}
		d.Nodes = append(d.Nodes, row)
	}
	return d
}

// ago is how long ago an age began.
func ago(age time.Duration) string {
	if age == math.MaxInt64 {
		return "never yet"
	}
	return exact(age) + " ago"
}

// heard is a moment and how long ago it was.
func heard(at, now time.Time) string {
	if at.IsZero() {
		return "none yet"
	}
	return explain.Moment(at.Truncate(time.Second), now)
}

// exact is a duration to a tenth of a second.
func exact(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// signed is a difference of clocks to the millisecond.
func signed(d time.Duration) string {
	if d = d.Round(time.Millisecond); d > 0 {
		return "+" + d.String()
	}
	return d.String()
}
