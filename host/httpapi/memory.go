package httpapi

import (
	"container/list"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/node"
)

// memory is what all requests together hold, in bytes, of what clients sent them and have not taken yet: bodies from
// when they arrive until they are read, headers that are long, and answers until they are written. So that memory is
// bounded whoever sends (R10).
//
// A request waits for its client from the first byte of its body to the last, and while its answer is written. Where
// there is no room for more, the one whose client has done nothing for longest ends, so that whoever stalls keeps out
// nobody who does not. A body that arrives at once never waits.
type memory struct {
	mu      sync.Mutex
	left    int64
	clients waiters // requests that wait for their client
	turns   waiters // large bodies that wait for their turn: they make room for the first 64 KiB of others, where no request waits for its client
}

// waiters are requests that can be ended, the first of them first.
type waiters struct {
	list.List // of *held
	bytes     int64
}

// held is what one request holds. The zero value with its memory holds nothing.
type held struct {
	memory *memory
	bytes  int64
	ended  bool // it had to make room
	waits  bool // it is, or was until it ended, among waiters
	// While it can be ended: where it waits, and what ends that.
	in    *waiters
	place *list.Element
	end   func()
}

// errNoMemory says that other requests take all the memory that there is for what clients send and do not take, or
// took that of this one.
var errNoMemory = fmt.Errorf("%w: bodies and answers take all the memory for them", node.ErrBusy)

// take takes n bytes more, if need be from others. It is false where there is no room, or others took all that this
// one had; what it has then it is to give back. A short body, as that of a log-in, counts and is not refused: each
// connection is allowed as much for itself.
func (h *held) take(n int64) bool {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	// Its own are no room.
	in := h.in
	h.leave()
	from := []*waiters{&m.clients, &m.turns}
	if h.bytes+n > largeBody {
		from = from[:1]
	}
	room := m.left
	for _, w := range from {
		room += w.bytes
	}
	if h.ended || n > room && h.bytes+n > smallBody {
		return false
	}
	for _, w := range from {
		for n > m.left && w.Len() > 0 {
			m.evict(w.Front().Value.(*held))
		}
	}
	m.left -= n
	h.bytes += n
	if in != nil {
		h.enter(in)
	}
	return true
}

// evict ends a request that waits.
func (m *memory) evict(victim *held) {
	victim.leave()
	m.left += victim.bytes
	victim.bytes, victim.ended = 0, true
	victim.end()
}

func (h *held) enter(in *waiters) {
	h.in, h.place = in, in.PushBack(h)
	in.bytes += h.bytes
}

func (h *held) leave() {
	if h.in != nil {
		h.in.Remove(h.place)
		h.in.bytes -= h.bytes
		h.in, h.place = nil, nil
	}
}

// give gives n bytes back, all that there are at most.
func (h *held) give(n int64) {
	if n <= 0 {
		return
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	n = min(n, h.bytes)
	h.bytes -= n
	h.memory.left += n
}

// holdsNothing says that the request holds nothing and does not wait. Once it waits, others may change what it holds.
func (h *held) holdsNothing() bool { return !h.waits && h.bytes == 0 }

// wait says that the request waits from now on, as the last of them, and how that is ended. It is false where it was
// ended. A request that holds nothing makes no room, and so does not wait.
func (h *held) wait(in *waiters, end func()) bool {
	if h.holdsNothing() {
		return !h.ended
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	if h.ended {
		return false
	}
	h.leave()
	h.waits, h.end = true, end
	h.enter(in)
	return true
}

// goOn says that it waits no more; it is false where it was ended.
func (h *held) goOn() bool {
	if !h.waits {
		return !h.ended
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.leave()
	h.waits = false
	return !h.ended
}

// longAgo is a deadline that ends at once what waits for a client.
var longAgo = time.Unix(1, 0)

// smallHeader is how many bytes of a header each connection is allowed for itself; a longer one is held.
const smallHeader = 8 << 10

// headerBytes is about what the header of a request takes: of very short fields that is twenty times what was sent.
func headerBytes(r *http.Request) int64 {
	const perName, perValue = 96, 24
	n := 3 * len(r.RequestURI)
	for name, values := range r.Header {
		n += perName + len(name) + perValue*len(values)
		for _, value := range values {
			n += len(value)
		}
	}
	return int64(n)
}

// smallBody is how many bytes of a body each connection is allowed for itself.
const smallBody = 4 << 10

// smallAnswer is how many bytes of an answer each connection is allowed for itself: what net/http keeps for it
// anyway. A longer one is held.
const smallAnswer = 4 << 10
