package server

import (
	"container/list"
	"errors"
	"sync"
)

// Memory is what all requests together hold, in bytes, of what clients sent them and have not taken yet: bodies from
// when they arrive until they are read, headers that are long, and answers until they are written. So that memory is
// bounded whoever sends.
//
// A request waits for its client from the first byte of its body to the last, and while its answer is written. Where
// there is no room for more, the one whose client has done nothing for longest ends, so that whoever stalls keeps out
// nobody who does not. A body that arrives at once never waits.
type Memory struct {
	bytes  int64
	parsed chan struct{} // has an element for each large body that has its turn

	mu      sync.Mutex
	left    int64
	clients waiters // requests that wait for their client
	turns   waiters // large bodies that wait for their turn: they make room for the first 64 KiB of others, where no request waits for its client
}

// ErrNoMemory says that other requests take all the memory that there is for what clients send and do not take, or
// took that of this one.
var ErrNoMemory = errors.New("bodies and answers take all the memory for them")

// NewMemory is memory of so many bytes, in which so many large bodies may be parsed at once.
func NewMemory(bytes int64, parsed int) *Memory {
	return &Memory{bytes: bytes, left: bytes, parsed: make(chan struct{}, parsed)}
}

// MemoryStats is who holds memory now.
type MemoryStats struct {
	Taken   int64 // bytes
	Stalled int   // requests that wait for their client with memory that can be taken from them
	Queued  int   // large bodies that wait for their turn
}

// Stats gives the present figures.
func (m *Memory) Stats() MemoryStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return MemoryStats{m.bytes - m.left, m.clients.Len(), m.turns.Len()}
}

// waiters are requests that can be ended, the first of them first.
type waiters struct {
	list.List // of *Held
	bytes     int64
}

// smallBody is how many bytes of a body each connection is allowed for itself.
const smallBody = 4 << 10

// LargeBody is how many bytes make a body a large one, which has to wait for its turn, and then makes room for
// smaller ones.
const LargeBody = 64 << 10

// take takes n bytes more, if need be from others. It is false where there is no room, or others took all that this
// one had; what it has then it is to give back. A short body, as that of a log-in, counts and is not refused: each
// connection is allowed as much for itself.
func (h *Held) take(n int64) bool {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	// Its own are no room.
	in := h.in
	h.leave()
	from := []*waiters{&m.clients, &m.turns}
	if h.bytes+n > LargeBody {
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
			m.evict(w.Front().Value.(*Held))
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
func (m *Memory) evict(victim *Held) {
	victim.leave()
	m.left += victim.bytes
	victim.bytes, victim.ended = 0, true
	victim.end(victim)
}

func (h *Held) enter(in *waiters) {
	h.in, h.place = in, in.PushBack(h)
	in.bytes += h.bytes
}

func (h *Held) leave() {
	if h.in != nil {
		h.in.Remove(h.place)
		h.in.bytes -= h.bytes
		h.in, h.place = nil, nil
	}
}

// give gives n bytes back, all that there are at most.
func (h *Held) give(n int64) {
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
func (h *Held) holdsNothing() bool { return !h.waits && h.bytes == 0 }

// wait says that the request waits from now on, as the last of them, and how that is ended. It is false where it was
// ended. A request that holds nothing makes no room, and so does not wait.
func (h *Held) wait(in *waiters, end func(*Held)) bool {
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
func (h *Held) goOn() bool {
	if !h.waits {
		return !h.ended
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.leave()
	h.waits = false
	return !h.ended
}
