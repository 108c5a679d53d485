package fleet_test

import (
	"testing"
	"time"
)

// Edges whose hub falls silent do not all dial again in the same moment, though all said hello in the same.
func TestEdgesDialApart(t *testing.T) {
	const edges = 40
	inWorld(t, edges, settings, func(w *world) {
		for _, n := range w.edges {
			w.network.Freeze(n.number)
		}
		most, dialled := 0, 0
		for range 3 * int(time.Second/tick) {
			w.sleep(tick)
			before := dialled
			dialled = 0
			for _, n := range w.edges {
				dialled += int(n.edge.Status().Edge.Redials)
			}
			most = max(most, dialled-before)
		}
		if dialled != edges || most > edges/4 {
			t.Errorf("%d of %d edges have dialled again, and %d of them within %v", dialled, edges, most, tick)
		}
		w.sleep(time.Second)
		for _, n := range w.edges {
			if age := n.edge.Age(); age > time.Second {
				t.Errorf("the age at node %d is %v once it has dialled", n.number, age)
			}
		}
	})
}

// tick is short beside the silence after which an edge dials.
const tick = 20 * time.Millisecond
