package admission

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"
)

// ErrFull says that work was not done: the queue had no room for it, or its turn did not come in time. The caller may
// ask again in a second.
var ErrFull = errors.New("too much work is waiting: ask again in a second")

// ErrTooLarge says that work needs more than Config.Memory, so it can never be done.
var ErrTooLarge = errors.New("work needs more memory than its budget")

// Queue admits work. It is safe for concurrent use.
type Queue struct {
	cfg Config

	mu       sync.Mutex
	clients  ring[netip.Prefix]
	accounts ring[string]
	ahead    int  // by how many units the turns of clients have had more than those of accounts
	next     *job // has its turn, is in the rings no more, and waits for memory
	waiting  int  // in the rings, and next
	units    int  // of those that wait
	running  int
	memory   int64 // bytes, of running jobs
	done     uint64
	refused  uint64
}

// Work says on whose behalf something is to be done, and what it takes.
type Work struct {
	Client  netip.Prefix // who asks, as throttles tell addresses apart; zero: not known
	Account string       // whose password it is; the account need not exist
	Memory  int64        // bytes
	Units   int          // how much work it is; 0 counts as 1, which is the usual
}

// job is work that waits or runs.
type job struct {
	Work
	do    func()
	ended chan error // receives one value: nil once the work is done, otherwise why it was not
	begun bool
	// Its places in the rings.
	client  *place[netip.Prefix]
	account *place[string]
}

// New makes a queue. The error names every mistake in cfg.
func New(cfg Config) (*Queue, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return nil, err
	}
	return &Queue{cfg: cfg, clients: newRing[netip.Prefix](), accounts: newRing[string]()}, nil
}

// Memory returns the most bytes that one piece of work may need.
func (q *Queue) Memory() int64 { return q.cfg.Memory }

// Do calls do when the turn of the work comes, and returns once do has. Otherwise the error is ErrFull, ErrTooLarge, or
// that of ctx if ctx ended first. Nothing cuts short work that has begun. If do panics, so does Do.
func (q *Queue) Do(ctx context.Context, w Work, do func()) error {
	if w.Memory > q.cfg.Memory {
		return fmt.Errorf("%w: %d of %d bytes", ErrTooLarge, w.Memory, q.cfg.Memory)
	}
	w.Units = min(max(w.Units, 1), q.cfg.Queue) // so that whatever there is can wait in an empty queue
	j := &job{Work: w, do: do, ended: make(chan error, 1)}
	if !q.enter(j) {
		return ErrFull
	}
	patience := time.NewTimer(q.cfg.Wait)
	defer patience.Stop()
	var err error
	select {
	case err = <-j.ended:
	case <-ctx.Done():
		err = q.leave(j, ctx.Err())
	case <-patience.C:
		err = q.leave(j, ErrFull)
	}
	var p panicked
	if errors.As(err, &p) {
		panic(p.Error())
	}
	return err
}

// enter lets a job into the queue and starts what can be started. It reports false if there is no room.
func (q *Queue) enter(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if need := q.units + j.Units - q.cfg.Queue; need > 0 && !makeRoom(q, &q.clients, j.Client, need) &&
		!makeRoom(q, &q.accounts, j.Account, need) {
		q.refused++
		return false
	}
	q.waiting++
	q.units += j.Units
	j.client, j.account = q.clients.add(j.Client, j), q.accounts.add(j.Account, j)
	q.start()
	return true
}

// makeRoom pushes out jobs of at least need units, so that work of key may enter: the last ones of whoever holds most
// of the queue. Everybody keeps more than key holds already, so nobody loses an only job. If that frees too little,
// makeRoom does nothing and reports false.
func makeRoom[K comparable](q *Queue, r *ring[K], key K, need int) bool {
	keep := r.units(key)
	if r.spare(keep) < need {
		return false
	}
	for need > 0 {
		victim := r.longest(keep)
		need -= victim.Units
		q.remove(victim)
		q.refused++
		victim.ended <- ErrFull
	}
	return true
}

// leave ends the wait of a job with err. If the job has begun, leave waits for its end.
func (q *Queue) leave(j *job, err error) error {
	q.mu.Lock()
	if j.begun || len(j.ended) > 0 {
		q.mu.Unlock()
		return <-j.ended
	}
	defer q.mu.Unlock()
	q.remove(j)
	if errors.Is(err, ErrFull) {
		q.refused++
	}
	q.start() // memory may have been kept for this job
	return err
}

// remove takes a job out of the queue.
func (q *Queue) remove(j *job) {
	q.waiting--
	q.units -= j.Units
	if q.next == j {
		q.next = nil
		return
	}
	q.clients.remove(j.client)
	q.accounts.remove(j.account)
}

// start runs as many jobs as workers and memory allow.
func (q *Queue) start() {
	for q.running < q.cfg.Workers {
		j := q.take()
		if j == nil {
			return
		}
		go q.work(j)
	}
}

// take takes the job whose turn it is out of the queue, if there is memory for it. Otherwise no other job overtakes it:
// work that needs much would never run.
func (q *Queue) take() *job {
	if q.next == nil {
		if q.waiting == 0 {
			q.ahead = 0
			return nil
		}
		if q.ahead <= 0 {
			q.next = q.clients.turn()
			q.ahead += q.next.Units
		} else {
			q.next = q.accounts.turn()
			q.ahead -= q.next.Units
		}
		q.clients.remove(q.next.client)
		q.accounts.remove(q.next.account)
	}
	j := q.next
	if q.memory+j.Memory > q.cfg.Memory {
		return nil
	}
	q.next, j.begun = nil, true
	q.waiting--
	q.units -= j.Units
	q.running++
	q.memory += j.Memory
	return j
}

// work is a worker. It runs jobs until none may run.
func (q *Queue) work(j *job) {
	for j != nil {
		err := run(j.do)
		q.mu.Lock()
		q.running--
		q.memory -= j.Memory
		q.done++
		j.ended <- err
		j = q.take()
		q.start()
		q.mu.Unlock()
	}
}

// panicked is a panic of a job, with its stack.
type panicked struct{ text string }

func (p panicked) Error() string { return p.text }

func run(do func()) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = panicked{fmt.Sprintf("%v\n%s", reason, debug.Stack())}
		}
	}()
	do()
	return nil
}

// Stats is what a queue is doing and has done.
type Stats struct {
	Workers, Running, Waiting int
	// Memory is the budget, and MemoryUsed what running jobs take of it, in bytes.
	Memory, MemoryUsed int64
	// Done counts jobs that were done, and Refused those that ended with ErrFull.
	Done, Refused uint64
}

// Stats returns the present figures.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{
		Workers: q.cfg.Workers, Running: q.running, Waiting: q.waiting,
		Memory: q.cfg.Memory, MemoryUsed: q.memory, Done: q.done, Refused: q.refused,
	}
}
