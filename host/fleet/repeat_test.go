package fleet

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// nonceOf is the nonce of a request of a process.
func nonceOf(process byte, count uint64) (n [nonceBytes]byte) {
	n[0] = process
	binary.BigEndian.PutUint64(n[8:], count)
	return n
}

// TestRequestsAreTakenOnce: in whatever order requests come, each is taken once, and none is lost that comes within the
// window.
func TestRequestsAreTakenOnce(t *testing.T) {
	var r repeats
	chance := rand.New(rand.NewPCG(1, 2))
	taken := map[uint64]bool{}
	for i := range uint64(100_000) {
		count := i + 1 + chance.Uint64N(requestWindow/2) // somewhat out of order, some twice
		if chance.IntN(1000) == 0 {
			count = 1 + chance.Uint64N(i+1) // very late
		}
		again := r.again(5, nonceOf(1, count))
		if !again && taken[count] {
			t.Fatalf("request %d was taken twice", count)
		}
		if again && !taken[count] && count+requestWindow > i+requestWindow/2 {
			t.Fatalf("request %d was not taken at %d", count, i)
		}
		taken[count] = taken[count] || !again
	}
	if !r.again(5, nonceOf(1, 1)) || r.again(6, nonceOf(1, 1)) || r.again(5, nonceOf(2, 1)) {
		t.Error("requests of other nodes and processes are not told apart")
	}
	for process := range byte(100) {
		r.again(5, nonceOf(process, 1<<63))
	}
	if n := len(r.nodes[5]); n != rememberedProcesses {
		t.Errorf("%d processes of a node are remembered", n)
	}
	if r.again(5, nonceOf(200, ^uint64(0))) || !r.again(5, nonceOf(200, ^uint64(0))) || !r.again(5, nonceOf(200, 0)) {
		t.Error("the end of the counts")
	}
}
