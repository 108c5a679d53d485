//go:build !nofleet

package natslane

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// pending bounds what waits for all links of the embedded server together, in bytes. Each link has a copy of what
	// is published.
	pending = 32 << 20
	// pendingAnswers is the part of it that answers may take: those beyond wait until links have read some.
	pendingAnswers = pending / 2
	// pendingSlow is what waits for a reader that is slow. Whoever has less waiting is not dropped for others.
	pendingSlow = pending / 16
	countEvery  = 10 * time.Millisecond // while there is no room
)

// waits is how many bytes wait for a link.
type waits struct {
	link  uint64 // the id that the server gave it
	bytes int
}

// room bounds what waits for all links together. It reckons with the worst, that no link has read anything, and counts
// only where that would be too much.
type room struct {
	count func() []waits    // what waits for each link
	drop  func(link uint64) // ends a link

	mu       sync.Mutex
	used     int // no more bytes than so many wait
	reserved int // bytes of answers that are being made
	dropped  uint64
}

// publish reports whether there is room for a message of some bytes to each link. It drops slow readers where that
// makes room, the slowest first.
func (r *room) publish(bytes, links int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	need := bytes * links
	most := pending - r.reserved - need
	if r.used > most && most >= 0 {
		r.makeRoom(most)
	}
	if r.used > most {
		return false
	}
	r.used += need
	return true
}

// makeRoom counts what waits, and drops slow readers until no more than most bytes are left. The caller holds mu.
func (r *room) makeRoom(most int) {
	list := r.recount()
	slices.SortFunc(list, func(a, b waits) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, w := range list {
		if r.used <= most || w.bytes < pendingSlow {
			return
		}
		r.drop(w.link)
		r.used -= w.bytes
		r.dropped++
	}
}

// recount counts what waits. The caller holds mu.
func (r *room) recount() []waits {
	list := r.count()
	r.used = 0
	for _, w := range list {
		r.used += w.bytes
	}
	return list
}

// reserve waits until there is room for an answer, and reports whether there is before ctx ends.
func (r *room) reserve(ctx context.Context, bytes int) bool {
	for !r.tryReserve(bytes) {
		select {
		case <-time.After(countEvery):
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (r *room) tryReserve(bytes int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used+r.reserved+bytes > pendingAnswers {
		r.recount()
	}
	if r.used+r.reserved+bytes > pendingAnswers {
		return false
	}
	r.reserved += bytes
	return true
}

// release ends a reservation, after the answer was sent.
func (r *room) release(reserved, sent int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reserved, r.used = r.reserved-reserved, r.used+sent
}

// slow counts the links that were dropped.
func (r *room) slow() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}
