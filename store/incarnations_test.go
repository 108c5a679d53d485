package store_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/store"
)

// Many incarnations in one delivery cost no more than their frames. What waits in one that is over counts, also if
// nothing of that one was applied yet.
func TestFramesOfOldIncarnations(t *testing.T) {
	m := join(t, 1)
	var first, frames [][]byte
	for i := range uint64(200) {
		c := chain{node: 4, incarnation: i + 1}
		first = append(first, c.frame(t, revoked(1000+i)))
		frames = append(frames, c.frame(t, revoked(i)))
	}
	wantDelivered(t, "Apply", apply(t, m, frames...), store.Delivered{Waiting: 200})
	frames = nil
	for i := range uint64(300) {
		c := chain{node: 4, incarnation: 1000 + i}
		frames = append(frames, c.frame(t))
	}
	wantDelivered(t, "Apply", apply(t, m, frames...), store.Delivered{Applied: 500})
	if list := deadOf(t, m, 1000); len(list) != 200 {
		t.Errorf("%d are dead, want 200", len(list))
	}
	wantDelivered(t, "Apply of the first", apply(t, m, first...), store.Delivered{Applied: 200})
	if s := stats(t, m); s.WaitingFrames != 0 {
		t.Errorf("%d frames wait", s.WaitingFrames)
	}
}
