package fleet

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
)

// A lane may deliver a request twice, the second time late. Some requests must not be done twice: a refresh that comes
// again after the next one looks like that of a thief. So the nonce of a request counts the requests of a process, and
// whoever does it remembers which it has seen, as IPsec does with packets (RFC 4303 §3.4.3).

// numbering gives the requests of a process their nonces: 8 random bytes, which name the process | u64 count.
type numbering struct {
	process [nonceBytes - 8]byte
	count   atomic.Uint64
}

func newNumbering() *numbering {
	n := &numbering{}
	_, _ = rand.Read(n.process[:]) // it never fails
	return n
}

func (n *numbering) next() (nonce [nonceBytes]byte) {
	copy(nonce[:], n.process[:])
	binary.BigEndian.PutUint64(nonce[len(n.process):], n.count.Add(1))
	return nonce
}

const (
	// requestWindow is how many of the last requests of a process are told apart. An older one counts as seen. More are
	// never under way at once: see lane.
	requestWindow = 4096
	// rememberedProcesses are the latest processes of a node whose requests are remembered: some 600 bytes each.
	rememberedProcesses = 3
)

// refusedRepeat counts requests that came again. Nobody is answered: who asked has the answer to the first.
const refusedRepeat = "ask: a request that was delivered before"

// repeats remembers the requests of other nodes that must not be done twice. It forgets them with the process: a
// request that is delivered once before and once after a restart is done twice.
type repeats struct {
	mu    sync.Mutex
	nodes map[uint16][]*window // by the node that asks, the latest process last
}

// window has the last requests of a process.
type window struct {
	process [nonceBytes - 8]byte
	top     uint64 // the highest count
	seen    [requestWindow / 64]uint64
}

// again reports whether a request was seen before, and remembers it.
func (r *repeats) again(from uint16, nonce [nonceBytes]byte) bool {
	process, count := [nonceBytes - 8]byte(nonce[:8]), binary.BigEndian.Uint64(nonce[8:])
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.nodes == nil {
		r.nodes = map[uint16][]*window{}
	}
	list := r.nodes[from]
	i := slices.IndexFunc(list, func(w *window) bool { return w.process == process })
	if i < 0 {
		if len(list) == rememberedProcesses {
			list = slices.Delete(list, 0, 1)
		}
		list = append(list, &window{process: process, top: count})
		r.nodes[from] = list
		i = len(list) - 1
	}
	return list[i].again(count)
}

func (w *window) again(count uint64) bool {
	switch {
	case count > w.top:
		for ahead := min(count-w.top, requestWindow); ahead > 0; ahead-- { // what comes into the window was not seen
			w.clear(count - ahead + 1)
		}
		w.top = count
	case w.top-count >= requestWindow:
		return true
	}
	word, bit := count/64%(requestWindow/64), uint64(1)<<(count%64)
	if w.seen[word]&bit != 0 {
		return true
	}
	w.seen[word] |= bit
	return false
}

func (w *window) clear(count uint64) { w.seen[count/64%(requestWindow/64)] &^= 1 << (count % 64) }
