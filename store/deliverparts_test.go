package store_test

import (
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// largeFrames are frames of some 1 MiB, each of which revokes the family of its number.
func largeFrames(t testing.TB, c *chain, n uint64) (frames [][]byte) {
	t.Helper()
	for i := range n {
		facts := []fact.Fact{revoked(i)}
		other := revoked(0)
		other.Family.Issuer = strings.Repeat("i", 1000)
		for range 1000 {
			facts = append(facts, other)
		}
		frames = append(frames, c.frame(t, facts...))
	}
	return frames
}

// A large delivery takes several commits, so that other writes take their turn. Each leaves the heads in step with what
// is applied, and the position comes with the last.
func TestDeliveryInParts(t *testing.T) {
	m := join(t, 1)
	c := chain{node: 4, incarnation: 5}
	frames := largeFrames(t, &c, 7)
	before := m.LastTransaction()
	d, err := m.Apply(bg, store.Delivery{Frames: frames, Position: []byte("a")})
	must(t, err)
	wantDelivered(t, "Apply", d, store.Delivered{Applied: 7})
	if commits := m.LastTransaction() - before; commits < 3 || commits > 7 {
		t.Errorf("Apply of %d bytes took %d commits", 7*len(frames[0]), commits)
	}
	if list := deadOf(t, m, 8); !slices.Equal(list, []uint64{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("dead are %d", list)
	}
	if at, err := m.Position(bg); err != nil || string(at) != "a" {
		t.Errorf("Position = %q, %v", at, err)
	}

	// A bad frame spoils its own commit and those behind it.
	more := largeFrames(t, &c, 7)
	bad := slices.Clone(more)
	bad[6] = bad[6][:len(bad[6])-1]
	d, err = m.Apply(bg, store.Delivery{Frames: bad, Position: []byte("b")})
	wantErr(t, "Apply of a bad frame", err, fact.ErrMalformed)
	if d.Applied == 0 || d.Applied > 6 {
		t.Errorf("Apply of a bad frame = %+v", d)
	}
	if at, err := m.Position(bg); err != nil || string(at) != "a" {
		t.Errorf("Position after a bad frame = %q, %v", at, err)
	}
	m.restart(t, func(*bbolt.Tx) error { return nil })
	again, err := m.Apply(bg, store.Delivery{Frames: more, Position: []byte("b")})
	must(t, err)
	wantDelivered(t, "Apply again", again, store.Delivered{Applied: 7 - d.Applied, Skipped: d.Applied})
	if at, err := m.Position(bg); err != nil || string(at) != "b" {
		t.Errorf("Position = %q, %v", at, err)
	}

	// Backwards, what comes early waits for the commits behind it.
	last := largeFrames(t, &c, 4)
	slices.Reverse(last)
	got, err := m.Apply(bg, store.Delivery{Frames: last})
	must(t, err)
	if got.Applied != 4 || stats(t, m).WaitingFrames != 0 {
		t.Errorf("Apply backwards = %+v, %d wait", got, stats(t, m).WaitingFrames)
	}
}

// Facts count as well as bytes: each may change pages of its own, which are in memory until the commit.
func TestDeliveryOfManyFacts(t *testing.T) {
	m := join(t, 1)
	c := chain{node: 4, incarnation: 5}
	var frames [][]byte
	for i := range uint64(8) {
		var facts []fact.Fact
		for j := range uint64(3000) {
			facts = append(facts, revoked(i*3000+j))
		}
		frames = append(frames, c.frame(t, facts...))
	}
	before := m.LastTransaction()
	d, err := m.Apply(bg, store.Delivery{Frames: frames, Position: []byte("a")})
	must(t, err)
	wantDelivered(t, "Apply", d, store.Delivered{Applied: 8})
	if commits := m.LastTransaction() - before; commits != 4 {
		t.Errorf("Apply of 24,000 facts in frames of 3,000 took %d commits", commits)
	}
	if got := stats(t, m).Families; got != 24_000 {
		t.Errorf("%d families are known, of 24,000", got)
	}
}
