package fleet_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
)

// Of two processes with the files of one edge only the later one advances its log-ins, and knows all generations.
func TestClone(t *testing.T) {
	for _, durability := range []fleet.Durability{fleet.Local, fleet.AtHub} {
		s := settings
		s.Durability = durability
		inWorld(t, 1, s, func(w *world) {
			edge := w.edges[0]
			k := edge.family(1, 1)
			image := edge.restart()
			w.sleep(3 * time.Second)
			w.must(edge.advance(k, 0))
			w.must(edge.edge.Confirmed(w.ctx))
			w.sleep(time.Second)

			clone := w.cloneFrom(edge, image)
			w.sleep(settings.Staleness + 3*time.Second)
			if err := clone.edge.Leased(); err != nil {
				t.Fatalf("the clone gets no lease: %v", err)
			}
			if g := clone.state(k).Family.Generation; g != 1 {
				t.Errorf("the clone knows generation %d", g)
			}
			w.must(edge.advance(k, 1)) // as if it had decided before it heard that it is over
			w.sleep(time.Second)
			if g := w.hub.state(k).Family.Generation; g != 1 {
				t.Errorf("the hub took generation %d of an incarnation that is over", g)
			}
		})
	}
}

// An overtaken process says so once at ERROR, whether it hears of it by a hello or as the hub refuses its frames.
func TestOvertaken(t *testing.T) {
	for _, writes := range []bool{false, true} {
		inWorld(t, 1, settings, func(w *world) {
			edge := w.edges[0]
			k := edge.family(1, 1)
			clone := w.newNode(edge.number)
			clone.path += "-clone"
			edge.kill()
			w.write(clone.path, w.read(edge.path))
			edge.open()
			edge.start()
			w.sleep(3 * time.Second)
			clone.open()
			clone.start()
			w.edges = append(w.edges, clone)
			if writes {
				w.sleep(20 * time.Millisecond) // before its next hello
				w.must(edge.advance(k, 0))
			}
			w.sleep(3 * time.Second)
			err := edge.edge.Leased()
			if n := edge.said.times(fleet.ErrFenced.Error()); n != 1 || !errors.Is(err, fleet.ErrFenced) {
				t.Errorf("writes %v: it says %d times that it was overtaken: %v", writes, n, err)
			}
			if n := clone.said.times(fleet.ErrFenced.Error()); n != 0 {
				t.Errorf("writes %v: the later process says %d times that it was overtaken", writes, n)
			}
		})
	}
}

// What a process still advances under its lease, although its twin has already said hello, the hub takes, and the twin
// knows it before it advances anything.
func TestTwinUnderALease(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		known, late := edge.family(1, 1), edge.family(1, 2)
		w.must(edge.advance(known, 0))
		w.sleep(time.Second)
		clone := w.cloneOf(edge)
		w.sleep(100 * time.Millisecond)
		if err := edge.edge.Leased(); err != nil {
			t.Fatalf("the first process already knows of its twin: %v", err)
		}
		w.must(edge.advance(known, 1))
		w.must(edge.advance(late, 0))
		w.sleep(time.Second)
		if err := edge.edge.Leased(); !errors.Is(err, fleet.ErrFenced) {
			t.Errorf("Leased() = %v at the first process, want %v", err, fleet.ErrFenced)
		}
		for clone.edge.Leased() != nil {
			w.sleep(10 * time.Millisecond)
		}
		if g, h := clone.state(known).Family.Generation, clone.state(late).Family.Generation; g != 2 || h != 1 {
			t.Errorf("the twin begins with generations %d and %d, want 2 and 1", g, h)
		}
	})
}

// A process that comes after one which ended before it had taken its generations takes them.
func TestTwiceStartedFromAnOldFile(t *testing.T) {
	for _, hubToo := range []bool{false, true} {
		inWorld(t, 1, settings, func(w *world) {
			edge := w.edges[0]
			k := edge.family(1, 1)
			image := edge.restart()
			w.sleep(8 * time.Second)
			w.must(edge.advance(k, 0))
			w.sleep(time.Second)
			edge.kill()
			w.write(edge.path, image)
			edge.open()
			edge.start()
			w.sleep(time.Second)
			if edge.edge.Leased() == nil || edge.state(k).Family.Generation != 0 {
				t.Fatal("the process has taken its generations already")
			}
			edge.revoke(edge.family(1, 2)) // so that its head is beyond all that the hub has
			if hubToo {
				w.hub.restart()
			}
			edge.restart()
			for edge.edge.Leased() != nil {
				w.sleep(10 * time.Millisecond)
			}
			if g := edge.state(k).Family.Generation; g != 1 {
				t.Errorf("hub too: %v: it advances from generation %d, and gave out 1 before", hubToo, g)
			}
		})
	}
}

// A process that takes the place of one which waited for a lease waits for that lease, too.
func TestTwinStartsAgainUnderALease(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		synctest.Wait()
		image := w.read(edge.path)
		w.must(edge.advance(edge.family(1, 1), 0))
		w.sleep(1100 * time.Millisecond) // no hello is on its way
		clone := w.cloneFrom(edge, image)
		w.sleep(100 * time.Millisecond)
		w.must(edge.lane.Close()) // it is cut off before it hears of its twin
		if err := edge.edge.Leased(); err != nil {
			t.Fatalf("the first process already knows of its twin: %v", err)
		}
		clone.revoke(clone.family(1, 2)) // so that its head is beyond all that the hub has
		clone.restart()
		for clone.edge.Leased() != nil {
			w.sleep(10 * time.Millisecond)
		}
		if edge.edge.Leased() == nil {
			t.Error("both processes have a lease")
		}
	})
}

// A process whose clock is behind that of the process before it is the later one all the same.
func TestClockBehindThatOfTheProcessBefore(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		edge := w.edges[0]
		image := edge.restart()
		w.sleep(2 * time.Second)
		k := edge.family(1, 1)
		w.must(edge.advance(k, 0))
		w.sleep(time.Second)
		edge.kill()
		w.write(edge.path, image)
		edge.skew.Store(int64(-2 * time.Hour))
		edge.open()
		edge.start()
		w.sleep(settings.Staleness + 3*time.Second)
		if err := edge.edge.Leased(); err != nil {
			t.Errorf("Leased() = %v", err)
		}
		if err := edge.edge.Issues(); !errors.Is(err, fleet.ErrClock) {
			t.Errorf("Issues() = %v by a clock that is two hours behind", err)
		}
		if g := edge.state(k).Family.Generation; g != 1 {
			t.Errorf("the restored edge knows generation %d", g)
		}
	})
}
