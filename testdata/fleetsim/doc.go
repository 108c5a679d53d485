// Package fleetsim holds a simulation: a hub and four edges, each with the real store, the real fleet and the real
// node, in virtual time (testing/synctest) on a network in memory. A run draws its faults and its steps from a seed. It
// says what a client would have noticed, and compares all stores once the faults are over.
//
// TestFleet makes 100 runs. FLEETSIM_RUNS=1000 asks for as many, FLEETSIM_FIRST=1001 says with which seed to begin, and
// FLEETSIM_FAULTS=clone,dark leaves only those faults (allFaults has their names). So 10,000 runs, in parts:
//
//	for first in $(seq 1 1000 9001); do
//	  FLEETSIM_FIRST=$first FLEETSIM_RUNS=1000 nice go test -count=1 -timeout=0 -v -run='TestFleet$' \
//	    ./testdata/fleetsim | grep -v -e '^=== ' -e '^ *---'
//	done
//
// FLEETSIM_SEED=7 makes one run, and shows its history:
//
//	GOMAXPROCS=1 FLEETSIM_SEED=7 go test -count=1 -v -run='TestFleet$' ./testdata/fleetsim
//
// A seed decides what is done when, and what the network does to a message of a kind at a moment. It does not decide
// the order of goroutines within one moment of virtual time, nor what a select draws. With GOMAXPROCS=1 about 9 of 10
// seeds give the same history again, as FLEETSIM_TWICE=100 counts; the others part in the course of a run, so a
// violation may take a few runs of its seed to show again.
//
// TestFleetFinds breaks the rules of a fleet, one after the other, and wants a run that shows it: wrongRules has them.
//
// All nodes share one key, and ask no other: keys and trust bundles are not simulated.
package fleetsim
