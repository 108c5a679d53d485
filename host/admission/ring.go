package admission

import "container/list"

// ring has a queue of jobs for each key, and gives the keys their turns one after the other.
type ring[K comparable] struct {
	queues map[K]*keyQueue[K]
	turns  *list.List // of *keyQueue, the one whose turn is next first
}

// keyQueue has the jobs of one key, the oldest first. It is in the ring as long as it has any.
type keyQueue[K comparable] struct {
	key  K
	jobs *list.List // of *job
	turn *list.Element
}

// place is where a job stands in a ring.
type place[K comparable] struct {
	queue *keyQueue[K]
	job   *list.Element
}

func newRing[K comparable]() ring[K] {
	return ring[K]{queues: map[K]*keyQueue[K]{}, turns: list.New()}
}

// add appends a job to the queue of its key.
func (r *ring[K]) add(key K, j *job) *place[K] {
	q := r.queues[key]
	if q == nil {
		q = &keyQueue[K]{key: key, jobs: list.New()}
		q.turn = r.turns.PushBack(q)
		r.queues[key] = q
	}
	return &place[K]{q, q.jobs.PushBack(j)}
}

// turn returns the first job of the key whose turn it is, and passes the turn to the next key. It returns nil if there
// is no job. The job stays until it is removed.
func (r *ring[K]) turn() *job {
	front := r.turns.Front()
	if front == nil {
		return nil
	}
	r.turns.MoveToBack(front)
	return front.Value.(*keyQueue[K]).jobs.Front().Value.(*job)
}

// remove takes a job out.
func (r *ring[K]) remove(p *place[K]) {
	p.queue.jobs.Remove(p.job)
	if p.queue.jobs.Len() == 0 {
		r.turns.Remove(p.queue.turn)
		delete(r.queues, p.queue.key)
	}
}

// length returns how many jobs a key has.
func (r *ring[K]) length(key K) int {
	if q := r.queues[key]; q != nil {
		return q.jobs.Len()
	}
	return 0
}

// longest returns the last job of the key that has the most jobs; nil if
// no key has more than most.
func (r *ring[K]) longest(most int) *job {
	var last *job
	for _, q := range r.queues {
		if n := q.jobs.Len(); n > most {
			most, last = n, q.jobs.Back().Value.(*job)
		}
	}
	return last
}
