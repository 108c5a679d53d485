package service

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/store/fact"
)

// edgeFigures are those of an edge.
func edgeFigures(f *fleetPart) figures {
	return figures{[]figure{
		gauge("edgetoken_fleet_age_seconds", "How old the node's knowledge of the fleet may be; +Inf: it has none."),
		gauge("edgetoken_fleet_lag_frames", "Frames of the hub's log that the node has yet to apply."),
		gauge("edgetoken_fleet_lease_seconds", "What is left of the lease to refresh the log-ins that began here."),
		gauge("edgetoken_fleet_connected", "Whether the link to the hub is up (1)."),
		gauge("edgetoken_fleet_fenced", "Whether another process runs as this node, and began later (1)."),
		gauge("edgetoken_fleet_withdrawn", "Whether the node was taken out of the fleet (1)."),
		gauge("edgetoken_fleet_clock_offset_seconds", "The hub's clock minus that of the node."),
		gauge("edgetoken_fleet_settings_differ", "Settings on which nodes have to agree, and node and hub do not."),
		counter("edgetoken_fleet_fetches_total", "Times that pieces of the log were fetched, since they did not come."),
		counter("edgetoken_fleet_copies_total", "Times that a copy of the hub's store was taken."),
		counter("edgetoken_fleet_redials_total", "Times that the link was silent, and dialled again."),
	}, func() []float64 {
		e := f.edge.Status().Edge
		age := e.Age.Seconds()
		if e.Age == math.MaxInt64 {
			age = math.Inf(1)
		}
		return []float64{age, lag(e.Follows, e.HubHead), e.Lease.Seconds(), one(e.Connected), one(e.Fenced),
			one(f.withdrawn.Load()), e.Offset.Seconds(), float64(len(e.Differs)), float64(e.Fetches),
			float64(e.Copies), float64(e.Redials)}
	}}
}

// lag is how many frames lie between two places in the log. Those of an incarnation that is over are not counted.
func lag(follows, head fact.Position) float64 {
	switch {
	case follows.Incarnation != head.Incarnation:
		return float64(head.Sequence)
	case follows.Sequence >= head.Sequence:
		return 0
	}
	return float64(head.Sequence - follows.Sequence)
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// hubFigures are those of a hub. No label names an edge: a fleet may have thousands.
func hubFigures(f *fleetPart) figures {
	states := []httpapi.FleetState{httpapi.FleetConnected, httpapi.FleetBehind, httpapi.FleetAway,
		httpapi.FleetWithdrawn}
	list := []figure{
		gauge("edgetoken_fleet_whole", "Whether the hub knows all that it ever acknowledged (1), or was restored and "+
			"members have yet to tell what it forgot (0)."),
		gauge("edgetoken_fleet_missing", "Members that have yet to tell the restored hub what it forgot."),
		gauge("edgetoken_fleet_links", "Nodes that are linked to the hub."),
		counter("edgetoken_fleet_slow_readers_total", "Links ended because their reader was too slow."),
		counter("edgetoken_fleet_received_bytes_total", "Bytes received from edges."),
		counter("edgetoken_fleet_sent_bytes_total", "Bytes sent to edges."),
		counter("edgetoken_fleet_batches_total", "Messages of the log that were published."),
		gauge("edgetoken_fleet_oldest_hello_seconds", "How long ago that edge said hello which has been silent for "+
			"longest, of those that are connected."),
	}
	for _, state := range states {
		list = append(list, figure{prometheus.NewDesc("edgetoken_fleet_members", "Edges by state: connected, behind, "+
			"away or withdrawn.", nil, prometheus.Labels{"state": string(state)}), prometheus.GaugeValue})
	}
	return figures{list, func() []float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		status, err := f.status(ctx)
		if err != nil {
			return nil
		}
		h, counts, oldest := status.Hub, map[httpapi.FleetState]int{}, time.Duration(0)
		for _, m := range h.Members {
			state := stateOf(m)
			if counts[state]++; state == httpapi.FleetConnected {
				oldest = max(oldest, time.Since(m.Heard))
			}
		}
		values := []float64{one(h.Whole), float64(len(h.Pending)), float64(h.Lane.Links), float64(h.Lane.Slow),
			float64(h.Lane.In), float64(h.Lane.Out), float64(h.Batches), oldest.Seconds()}
		for _, state := range states {
			values = append(values, float64(counts[state]))
		}
		return values
	}}
}

// fleetRefusals are how often something was refused, by reason. The fleet bounds the reasons.
type fleetRefusals struct{ f *fleetPart }

var refusalsDesc = prometheus.NewDesc("edgetoken_fleet_refusals_total", "What other nodes sent that was refused, by "+
	"reason.", []string{"reason"}, nil)

// Describe implements prometheus.Collector.
func (fleetRefusals) Describe(out chan<- *prometheus.Desc) { out <- refusalsDesc }

// Collect implements prometheus.Collector.
func (r fleetRefusals) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	status, err := r.f.status(ctx)
	if err != nil {
		return
	}
	// Prometheus takes neither a label that is no UTF-8 nor one value twice.
	times := map[string]uint64{}
	for _, x := range status.Refusals {
		times[strings.ToValidUTF8(x.Reason, "\uFFFD")] += x.Times
	}
	for reason, n := range times {
		out <- prometheus.MustNewConstMetric(refusalsDesc, prometheus.CounterValue, float64(n), reason)
	}
}

// fleetFigures are those of a node in a fleet.
func fleetFigures(f *fleetPart) []prometheus.Collector {
	if f.edge != nil {
		return []prometheus.Collector{edgeFigures(f), fleetRefusals{f}}
	}
	list := []prometheus.Collector{hubFigures(f), fleetRefusals{f}}
	if f.recorder != nil {
		list = append(list, recorderFigures(f))
	}
	return list
}

// recorderFigures are those of a hub whose log is recorded.
func recorderFigures(f *fleetPart) figures {
	return figures{[]figure{
		gauge("edgetoken_fleet_recorder_up", "Whether the recorder takes what the hub writes (1)."),
		gauge("edgetoken_fleet_recorder_lag_frames", "Frames of the hub's log that are not recorded yet."),
		counter("edgetoken_fleet_recorder_gaps_total", "Times that frames left the log before they were recorded."),
	}, func() []float64 {
		status := f.hub.Status(nil)
		r := status.Hub.Recorder
		return []float64{one(r.Up), lag(r.At, status.Head), float64(r.Gaps)}
	}}
}
