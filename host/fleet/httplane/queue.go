package httplane

import "sync"

// waiting is a record that waits.
type waiting struct {
	header header
	body   []byte
	by     *conn // by which it came
}

// queue holds what waits for one reader, at most queueBytes. The first stays in it, and counts, until the reader is
// done with it.
type queue struct {
	filled chan struct{} // has one where the queue may no longer be empty

	mu    sync.Mutex
	items []waiting
	bytes int
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

// put reports whether there was room.
func (q *queue) put(item waiting) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	cost := headerBytes + len(item.body)
	if q.bytes+cost > queueBytes {
		return false
	}
	q.bytes += cost
	q.items = append(q.items, item)
	select {
	case q.filled <- struct{}{}:
	default:
	}
	return true
}

func (q *queue) first() (item waiting, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return waiting{}, false
	}
	return q.items[0], true
}

func (q *queue) removeFirst() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= headerBytes + len(q.items[0].body)
	q.items[0] = waiting{}
	if q.items = q.items[1:]; len(q.items) == 0 {
		q.items = nil
	}
}
