package main

import (
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	rounds = 11
	batch  = 15 * time.Millisecond // of processor time, in each round and of each side
)

// work does something once, with the i-th of many inputs. It stops the program if the result is wrong.
type work func(i int)

// contest lets two sides work in turns, in this process, on a number of goroutines. A figure is the processor time of
// one piece of work, in microseconds: the median over the rounds except the first. Each batch begins after a
// collection; a collection within the batch counts.
func contest(goroutines int, ours, theirs work) (o, t, ratio float64) {
	return alternate(1, func(n int) float64 { return timed(goroutines, n, ours) },
		func(n int) float64 { return timed(goroutines, n, theirs) })
}

// measure does n pieces of work and gives the processor time of one, in microseconds.
type measure func(n int) float64

// alternate is a contest of any two sides, in batches of so many times the usual length.
func alternate(times int, ours, theirs measure) (o, t, ratio float64) {
	nOurs, nTheirs := times*calibrate(ours), times*calibrate(theirs)
	var os, ts, ratios []float64
	for r := range rounds + 1 {
		var o, t float64
		inTurns(r, func() { o = ours(nOurs) }, func() { t = theirs(nTheirs) })
		if r > 0 {
			os, ts, ratios = append(os, o), append(ts, t), append(ratios, o/t)
		}
	}
	return median(os), median(ts), median(ratios)
}

// inTurns lets two sides work. Each goes first in every other round.
func inTurns(round int, ours, theirs func()) {
	if round%2 == 0 {
		ours()
		theirs()
	} else {
		theirs()
		ours()
	}
}

// calibrate returns how many pieces of work fit into a batch. measure gives the microseconds that each of n pieces
// takes. n pieces must take long enough twice, since the first time may include the making of an instance of the
// module. A batch of too few pieces would measure how a batch begins and ends.
func calibrate(measure measure) int {
	n := 1
	for {
		each := measure(n)
		if each*float64(n) >= enough {
			each = min(each, measure(n))
		}
		if each*float64(n) >= enough {
			return max(1, int(float64(batch.Microseconds())/each))
		}
		n *= 2
	}
}

// enough is how long pieces must take together to tell how long one takes, in microseconds.
const enough = float64(batch/time.Microsecond) / 2

// timed is the processor time of one piece of work among n, in microseconds.
func timed(goroutines, n int, w work) float64 {
	runtime.GC()
	before := processorTime()
	if goroutines == 1 {
		for i := range n {
			w(i)
		}
	} else {
		var all sync.WaitGroup
		for g := range goroutines {
			all.Go(func() {
				for i := g; i < n; i += goroutines {
					w(i)
				}
			})
		}
		all.Wait()
	}
	return float64(processorTime()-before) / 1e3 / float64(n)
}

func processorTime() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

func allocations(w work) float64 {
	i := 0
	return testing.AllocsPerRun(1000, func() { w(i); i++ })
}
