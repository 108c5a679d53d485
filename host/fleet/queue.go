package fleet

import "sync"

// queue is a queue of batches that is bounded in bytes. What does not fit is lost: whoever needs it fetches it.
type queue struct {
	most  int
	ready chan struct{} // cap 1: there is something

	mu    *sync.Mutex
	state *queued
}

type queued struct {
	list  []batch
	bytes int
}

func newQueue(most int) queue {
	return queue{most: most, ready: make(chan struct{}, 1), mu: &sync.Mutex{}, state: &queued{}}
}

// put adds a batch, and reports whether there was room.
func (q queue) put(b batch) bool {
	size := 0
	for _, f := range b.frames {
		size += len(f)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state.bytes+size > q.most && len(q.state.list) > 0 {
		return false
	}
	q.state.list, q.state.bytes = append(q.state.list, b), q.state.bytes+size
	poke(q.ready)
	return true
}

// take takes all batches.
func (q queue) take() []batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.state.list
	*q.state = queued{}
	return list
}
