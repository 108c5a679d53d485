package admission

import "container/list"

// ring has a queue of jobs for each key, and gives the keys their turns one after the other, so that all of them get
// equal work: after a job of many units a key lets as many turns pass.
type ring[K comparable] struct {
	queues map[K]*keyQueue[K]
	turns  *list.List // of *keyQueue, the one whose turn is next first
	jobs   int        // of all keys
}

// keyQueue has the jobs of one key, the oldest first. It is in the ring as long as it has jobs or a debt.
type keyQueue[K comparable] struct {
	key   K
	jobs  *list.List // of *job
	units int        // of its jobs
	debt  int        // how many turns it lets pass; forgotten when no key has jobs
	turn  *list.Element
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
	r.jobs++
	q.units += j.Units
	return &place[K]{q, q.jobs.PushBack(j)}
}

// turn returns the first job of the key whose turn it is, and passes the turn to the next key. It returns nil if there
// is no job. The job stays until it is removed.
//
// Its loop is paid for by the jobs that were done: each unit of them is passed over once.
func (r *ring[K]) turn() *job {
	if r.jobs == 0 {
		return nil
	}
	for {
		q := r.turns.Front().Value.(*keyQueue[K])
		r.turns.MoveToBack(q.turn)
		if q.debt == 0 {
			j := q.jobs.Front().Value.(*job)
			q.debt = j.Units - 1
			return j
		}
		q.debt--
		r.drop(q)
	}
}

// remove takes a job out.
func (r *ring[K]) remove(p *place[K]) {
	r.jobs--
	p.queue.units -= p.queue.jobs.Remove(p.job).(*job).Units
	r.drop(p.queue)
	if r.jobs == 0 {
		clear(r.queues)
		r.turns.Init()
	}
}

// drop takes a key out that has neither jobs nor a debt.
func (r *ring[K]) drop(q *keyQueue[K]) {
	if q.jobs.Len() == 0 && q.debt == 0 {
		r.turns.Remove(q.turn)
		delete(r.queues, q.key)
	}
}

// units returns how many units a key has.
func (r *ring[K]) units(key K) int {
	if q := r.queues[key]; q != nil {
		return q.units
	}
	return 0
}

// spare returns how many units the keys could lose, last jobs first, if each kept more than keep.
func (r *ring[K]) spare(keep int) (units int) {
	for _, q := range r.queues {
		left := q.units
		for e := q.jobs.Back(); e != nil && left-e.Value.(*job).Units > keep; e = e.Prev() {
			left -= e.Value.(*job).Units
		}
		units += q.units - left
	}
	return units
}

// longest returns the last job of the key that has most units, of those that have more than keep without it; nil if
// none has.
func (r *ring[K]) longest(keep int) (last *job) {
	most := 0
	for _, q := range r.queues {
		if e := q.jobs.Back(); e != nil && q.units > most && q.units-e.Value.(*job).Units > keep {
			most, last = q.units, e.Value.(*job)
		}
	}
	return last
}
