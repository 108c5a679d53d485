package fleet

import "sync"

// queue is a queue of batches that is bounded in bytes. What does not fit is lost: whoever needs it fetches it.
type queue struct {
	most  int
	ready chan struct{} // cap 1: there is something

	mu    sync.Mutex
	list  []batch
	bytes int
}

func newQueue(most int) *queue { return &queue{most: most, ready: make(chan struct{}, 1)} }

// put adds a batch, and reports whether there was room.
func (q *queue) put(b batch) bool {
	size := bytesOf(b.frames)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes+size > q.most && len(q.list) > 0 {
		return false
	}
	q.list, q.bytes = append(q.list, b), q.bytes+size
	poke(q.ready)
	return true
}

// take takes all batches.
func (q *queue) take() []batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list, q.bytes = nil, 0
	return list
}
