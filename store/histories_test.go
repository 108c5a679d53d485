package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/store/fact"
)

// nodesOfFleet is how many peers are a hub and its nodes. Further ones take in bare facts.
const nodesOfFleet = 4

// generate makes the steps of a history.
func generate(seed uint64) (steps []step) {
	r := rand.New(rand.NewPCG(seed, 13))
	sum := 0
	for i := range operations {
		sum += operations[i].weight
	}
	for i := range uint32(customers) {
		if r.IntN(4) > 0 {
			steps = append(steps, step{op: &operations[0], a: i, b: r.Uint32()})
		}
	}
	for range 20 + r.IntN(80) {
		n := r.IntN(sum)
		for i := range operations {
			if n -= operations[i].weight; n >= 0 {
				continue
			}
			s := step{op: &operations[i], peer: r.IntN(nodesOfFleet), a: r.Uint32(), b: r.Uint32()}
			if s.op.hubOnly {
				s.peer = 0
			}
			steps = append(steps, s)
			break
		}
	}
	return steps
}

// run runs a history, and says what is wrong with it.
func (f *world) run(seed uint64, steps []step) (err error) {
	f.begin(seed)
	defer f.end()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	r := rand.New(rand.NewPCG(seed, 17))
	for i, s := range steps {
		f.now += 1000
		p := f.peers[s.peer]
		if err := s.op.do(p, s.a, s.b); !allowed(err) {
			return fmt.Errorf("step %d, %v: %w", i+1, s, err)
		}
		p.note()
		if err := p.verify(); err != nil {
			return fmt.Errorf("after step %d, %v: %w", i+1, s, err)
		}
	}
	if err := f.agree(r); err != nil {
		return err
	}
	if p := f.peers[0]; p.recalled == 0 {
		return errors.New("the hub remembers nothing that was loaded")
	}
	return nil
}

// agree brings all frames to all peers, and says how they then differ. Then it applies the bare facts in other orders.
func (f *world) agree(r *rand.Rand) error {
	for begun := -1; begun < len(f.sent); {
		begun = len(f.sent)
		for _, p := range f.peers[:nodesOfFleet] {
			var list []int
			for i, s := range f.sent {
				// A hub that was restored takes its own former frames one after the other, those that it has too.
				if s.from == 0 && (p.number == 1 || !p.hasFrame(i)) || p.number == 1 && !p.hasFrame(i) {
					list = append(list, i)
				}
			}
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if len(list) == 0 {
				continue
			}
			if err := p.take(list); err != nil {
				return err
			}
			if err := p.verify(); err != nil {
				return fmt.Errorf("in the end: %w", err)
			}
		}
	}
	over := f.over()
	hub := f.peers[0].records(over)
	for _, p := range f.peers[1:nodesOfFleet] {
		if err := differ(hub, p.records(over)); err != nil {
			return fmt.Errorf("node %d is not as the hub: %w", p.number, err)
		}
	}
	var facts []fact.Fact
	for _, s := range f.sent {
		for _, x := range s.frame.Facts {
			for range 1 + r.IntN(3)/2 {
				facts = append(facts, x)
			}
		}
	}
	for _, p := range f.peers[nodesOfFleet:] {
		r.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		w, err := newWriter(p.db, p.tx)
		check(err)
		for _, x := range facts {
			if err := w.apply(x); err != nil {
				return err
			}
		}
		if err := differ(hub, p.records(over)); err != nil {
			return fmt.Errorf("the facts in another order are not as the hub: %w", err)
		}
	}
	return nil
}

// failure is a history that failed.
type failure struct {
	seed  uint64
	steps []step
	err   error
}

func (f failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "history %d: %v\n", f.seed, f.err)
	for i, s := range f.steps {
		fmt.Fprintf(&b, "%3d. %v\n", i+1, s)
	}
	return b.String()
}

// shrink leaves steps out of a history that fails, as many as it can.
func (f *world) shrink(x failure) failure {
	for size := len(x.steps) / 2; size > 0; {
		shrunk := false
		for from := 0; from+size <= len(x.steps); {
			fewer := slices.Delete(slices.Clone(x.steps), from, from+size)
			if err := f.run(x.seed, fewer); err != nil {
				x, shrunk = failure{x.seed, fewer, err}, true
			} else {
				from += size
			}
		}
		if !shrunk || size > 1 {
			size /= 2
		}
	}
	return x
}

// search runs histories until one fails, and returns how many it ran.
func search(t testing.TB, from, most uint64) (ran uint64, found *failure) {
	const workers = 2
	var next, count atomic.Uint64
	next.Store(from)
	var mu sync.Mutex
	var group sync.WaitGroup
	for range workers {
		f := newWorld(t, nodesOfFleet+2)
		group.Go(func() {
			for {
				seed := next.Add(1) - 1
				mu.Lock()
				done := found != nil
				mu.Unlock()
				if done || seed >= from+most {
					return
				}
				steps := generate(seed)
				count.Add(1)
				if err := f.run(seed, steps); err != nil {
					x := f.shrink(failure{seed, steps, err})
					mu.Lock()
					if found == nil {
						found = &x
					}
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	return count.Load(), found
}

// The facts of a hub and its nodes give one state, in whatever order they come and however often, and what has ended
// stays so on each node that knows it.
func TestHistories(t *testing.T) {
	from, most := uint64(0), uint64(500)
	for name, v := range map[string]*uint64{"EDGETOKEN_HISTORIES": &most, "EDGETOKEN_HISTORY": &from} {
		if s := os.Getenv(name); s != "" {
			var err error
			if *v, err = strconv.ParseUint(s, 10, 64); err != nil {
				t.Fatal(name, err)
			}
		}
	}
	begun := time.Now()
	ran, found := search(t, from, most)
	t.Logf("%d histories, %.0f a second", ran, float64(ran)/time.Since(begun).Seconds())
	if found != nil {
		t.Error(found)
	}
}
