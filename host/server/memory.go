package server

import (
	"container/list"
	"errors"
	"sync"
)

// Memory bounds what all requests together hold of what clients send and have yet to take: bodies from their first
// byte until they are parsed, long headers, and responses until they are written.
//
// A request waits for its client from the first byte of its body to the last, and while its response is written. When
// there is no room, the request ends whose client has done nothing for longest: a client that stalls keeps nobody out
// who does not. A body that arrives at once never waits.
type Memory struct {
	parsed chan struct{} // holds an element for each large body that has its turn

	mu      sync.Mutex
	bytes   int64
	left    int64   // less than 0 where requests hold more than a Resize left them
	clients waiters // requests that wait for their client
	// turns are large bodies that wait for their turn. If no request waits for its client, they make room for the first
	// 64 KiB of others.
	turns waiters
}

// ErrNoMemory says that there is no memory left for a request, or that others took what it had.
var ErrNoMemory = errors.New("bodies and answers take all the memory for them")

// NewMemory makes a Memory of so many bytes. At most parsed large bodies have their turn at once.
func NewMemory(bytes int64, parsed int) *Memory {
	return &Memory{bytes: bytes, left: bytes, parsed: make(chan struct{}, parsed)}
}

// Resize makes it a Memory of so many bytes. Requests that hold more keep it, until others need room.
func (m *Memory) Resize(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left += bytes - m.bytes
	m.bytes = bytes
}

// MemoryStats says who holds memory now.
type MemoryStats struct {
	Taken   int64 // bytes
	Stalled int   // requests that hold memory and wait for their client
	Queued  int   // large bodies that wait for their turn
}

// Stats returns the present figures.
func (m *Memory) Stats() MemoryStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return MemoryStats{m.bytes - m.left, m.clients.Len(), m.turns.Len()}
}

// waiters are requests that can be ended, the one that has waited longest first.
type waiters struct {
	list.List // of *Held
	bytes     int64
}

// smallBody is how many bytes of a body each connection may hold, whatever others hold.
const smallBody = 4 << 10

// LargeBody is the most bytes of a body that needs no turn. A larger one waits for its turn, and meanwhile makes room
// for others.
const LargeBody = 64 << 10

// take takes n more bytes, if need be from others. It reports false if there is no room or others took what this
// request had; the caller then gives back the rest. A body of up to smallBody, such as that of a log-in, counts but is
// never refused.
func (h *Held) take(n int64) bool {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	// A request makes no room for itself.
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

// give gives back n bytes, or all that the request holds if that is less.
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

// holdsNothing reports whether the request neither holds anything nor waits. It needs no lock: only what waits can be
// changed by others.
func (h *Held) holdsNothing() bool { return !h.waits && h.bytes == 0 }

// wait puts the request at the end of in, where it can be ended from now on, by end. It reports false if it was ended
// before. A request that holds nothing could make no room, so it does not wait.
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

// goOn ends the wait. It reports false if the request was ended.
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
