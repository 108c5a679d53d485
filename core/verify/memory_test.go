package verify

import (
	"encoding/binary"
	"testing"
)

// What was learned is there until a full set drops it, the one that was used least recently first; what was not is
// never there.
func TestMemory(t *testing.T) {
	var m memory
	of := func(i uint64) (n [32]byte) {
		binary.LittleEndian.PutUint64(n[:], (i+1)*memorySets) // all of one set
		return n
	}
	for i := range uint64(memoryWays) {
		n := of(i)
		if m.has(&n) {
			t.Fatalf("%d is there before it was learned", i)
		}
		m.learn(&n)
	}
	first, second, fresh := of(0), of(1), of(memoryWays)
	if !m.has(&first) {
		t.Error("the first is not there while the set has room")
	}
	m.learn(&fresh)
	if !m.has(&first) || !m.has(&fresh) || m.has(&second) {
		t.Error("a full set dropped another than the one used least recently")
	}
	m.forget()
	if m.has(&first) {
		t.Error("it remembers what it forgot")
	}
}
