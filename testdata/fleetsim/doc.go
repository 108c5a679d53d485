// Package fleetsim holds a simulation: a hub and four edges, each with the real store, the real fleet and the real
// node, in virtual time (testing/synctest) on a network in memory. A run draws its faults and its steps from a seed. It
// says what a client would have noticed, and compares all stores once the faults are over.
//
// FLEETSIM_RUNS=10000 asks for as many runs, FLEETSIM_SEED=7 for that one with its history, and FLEETSIM_FAULTS=clone
// leaves only those faults:
//
//	FLEETSIM_RUNS=10000 go test -count=1 -timeout=0 -v -run=TestFleet ./testdata/fleetsim
//	GOMAXPROCS=1 FLEETSIM_SEED=7 go test -count=1 -v -run=TestFleet ./testdata/fleetsim
//
// A seed decides what is done when. It does not decide the order in which goroutines run within one moment of virtual
// time, so a violation may take a few runs of its seed to show again; GOMAXPROCS=1 helps.
//
// All nodes share one key, and ask no other: keys and trust bundles are not simulated.
package fleetsim
