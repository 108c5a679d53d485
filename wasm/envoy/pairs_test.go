package main

import (
	"slices"
	"testing"
)

func TestPairs(t *testing.T) {
	list := []pair{{":path", "/api"}, {"cookie", ""}, {"", "nameless"}, {"x-a", "1"}, {"x-a", "2"}}
	laid := appendPairs(nil, list)
	got, err := readPairs(nil, laid)
	if err != nil || !slices.Equal(got, list) {
		t.Fatalf("%q, %v, want %q", got, err, list)
	}
	for size := range laid {
		if got, err := readPairs(nil, laid[:size]); err == nil {
			t.Errorf("cut to %d of %d bytes it reads as %q", size, len(laid), got)
		}
	}
	for i := range laid[:4+8*len(list)] {
		damaged := slices.Clone(laid)
		damaged[i] = 0xff
		if _, err := readPairs(nil, damaged); err == nil {
			t.Errorf("byte %d is 0xff and nobody notices", i)
		}
	}
}

func TestMemory(t *testing.T) {
	var m memory
	first := m.take(10)
	copy(first, "0123456789")
	for range 3 {
		m.take(3 * memoryKept)
	}
	if string(first) != "0123456789" {
		t.Error("what was put there first is gone before reset")
	}
	if cap(first) != 10 {
		t.Errorf("the room has %d bytes, want 10", cap(first))
	}
	m.reset()
	if len(m.room) > memoryKept {
		t.Errorf("%d bytes are kept", len(m.room))
	}
}
