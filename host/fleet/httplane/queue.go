package httplane

import "sync"

// queue holds what waits for one reader, at most queueBytes. The first stays in it, and counts, until the reader is
// done with it.
type queue struct {
	filled chan struct{} // has one where the queue may no longer be empty

	mu    sync.Mutex
	items [][]byte
	bytes int
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

// put reports whether there was room.
func (q *queue) put(item []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes+len(item) > queueBytes {
		return false
	}
	q.bytes += len(item) + 1 // an empty one counts too
	q.items = append(q.items, item)
	select {
	case q.filled <- struct{}{}:
	default:
	}
	return true
}

func (q *queue) first() (item []byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil, false
	}
	return q.items[0], true
}

func (q *queue) removeFirst() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(q.items[0]) + 1
	q.items[0] = nil
	q.items = q.items[1:]
}
