package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

var (
	fleetOnly   = flag.String("fleet", "", "measurements of the part fleet, by commas: "+fleetNames())
	fleetLanes  = flag.String("lanes", "nats,http", "lanes of the part fleet, by commas")
	fleetMany   = flag.Int("many", 0, "edges of the measurement thousand; 0: 1,000")
	fleetBig    = flag.Int("big", 0, "facts and customers of the measurement million; 0: a million of each")
	fleetBefore = flag.String("before", "", "a tree from before fleets, for the measurement single")
)

// fleetSizes say how much of everything the part fleet has.
type fleetSizes struct {
	revocations int           // that are measured, one after the other
	rate        int           // facts in a second meanwhile
	edges       int           // in this process, beside two that are processes
	many        int           // edges that are connected at once, without those
	frozen      int           // flows that freeze, one after the other
	refreshes   int           // that a node forwards
	staleness   time.Duration // after which a node that hears nothing refuses
	facts       int           // that an edge has missed
	customers   int           // whom a new edge takes over
}

var (
	fleetFull = fleetSizes{revocations: 300, rate: 1000, edges: 98, many: 1000, frozen: 10, refreshes: 300,
		staleness: time.Minute, facts: million, customers: million}
	fleetQuick = fleetSizes{revocations: 30, rate: 200, edges: 18, many: 50, frozen: 3, refreshes: 30,
		staleness: 5 * time.Second, facts: 20_000, customers: 20_000}
)

// fleetMeasurement is a group of rows that need one fleet.
type fleetMeasurement struct {
	name  string
	lanes bool // it is made over each lane
	rows  func(lane string, s fleetSizes) []row
}

var fleetMeasurements = []fleetMeasurement{
	{"revoke", true, revokeRows},
	{"hundred", true, hundredRows},
	{"refresh", true, forwardRows},
	{"frozen", true, frozenRows},
	{"down", true, downRows},
	{"thousand", true, thousandRows},
	{"million", false, millionRows},
	{"single", false, singleRows},
}

func fleetNames() string {
	var list []string
	for _, m := range fleetMeasurements {
		list = append(list, m.name)
	}
	return strings.Join(list, ", ")
}

// fleetRows measure fleets of real processes of the command, on this machine and under its whole load: the hub, the
// edges and their clients share the processors. Links to far edges go through a proxy that delays what they carry.
//
//	./build.sh && cd host/bench && go run . -only fleet                 all, in some 20 minutes
//	cd host/bench && go run . -only fleet quick                         small sizes, in some 2 minutes
//	cd host/bench && go run . -only fleet -fleet revoke -lanes nats     one measurement
func fleetRows() (rows []row) {
	build := exec.Command("go", "build", "-trimpath", "-o", command(), "./host/cmd/edgetoken")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		check(fmt.Errorf("build the command, after ./build.sh: %w: %s", err, out))
	}
	sizes := fleetFull
	if flag.Arg(0) == "quick" {
		sizes = fleetQuick
	}
	if *fleetMany > 0 {
		sizes.many = *fleetMany
	}
	if *fleetBig > 0 {
		sizes.facts, sizes.customers = *fleetBig, *fleetBig
	}
	chosen := strings.FieldsFunc(*fleetOnly, func(r rune) bool { return r == ',' })
	for _, c := range chosen {
		if !slices.ContainsFunc(fleetMeasurements, func(m fleetMeasurement) bool { return m.name == c }) {
			log.Fatalf("there is no measurement %q of fleets; there are %s", c, fleetNames())
		}
	}
	for _, m := range fleetMeasurements {
		if len(chosen) > 0 && !slices.Contains(chosen, m.name) {
			continue
		}
		lanes := []string{""}
		if m.lanes {
			lanes = strings.Split(*fleetLanes, ",")
		}
		for _, lane := range lanes {
			began := time.Now()
			more := m.rows(lane, sizes)
			for i := range more {
				if lane != "" {
					more[i].Name += ", " + lane
				}
			}
			log.Printf("%s %s took %v", m.name, lane, time.Since(began).Round(time.Second))
			rows = append(rows, more...)
		}
	}
	return rows
}

// atMost is a row with a bound.
func atMost(name string, ours, most float64, unit, note string) row {
	return row{Name: name, Peer: fmt.Sprintf("%g %s", most, unit), Ours: ours, Theirs: most, Unit: unit, Budget: 1,
		Allocations: -1, Note: note}.judged()
}

// durations are those of one thing that was done again and again.
type durations []time.Duration

// within is what a share of them take at most; 1: all.
func (d durations) within(share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[max(0, min(len(sorted)-1, int(share*float64(len(sorted)))))]
}

func (d durations) String() string {
	return fmt.Sprintf("half within %.1f ms, 99 of 100 within %.1f, all within %.1f; %d of them",
		milliseconds(d.within(0.5)), milliseconds(d.within(0.99)), milliseconds(d.within(1)), len(d))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
