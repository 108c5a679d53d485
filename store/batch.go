package store

import "time"

// Clients that send the next request as soon as they have an answer would fall into two halves that take turns: one
// half is answered while the commit of the other begins, so each commit serves only half of the clients. So the
// committer waits a moment for the clients that it has just answered.
const (
	// maxPatience bounds that wait, and so does half the duration of the last commit: waiting longer gains little.
	maxPatience = 5 * time.Millisecond
	// minPatience is the least that is worth a timer, which may ring a millisecond late.
	minPatience = 500 * time.Microsecond
	// maxRest bounds how many commits pass without a wait after waits that were in vain.
	maxRest = 15
)

// batcher decides which requests share a commit. Only the committer uses it.
type batcher struct {
	wanted int       // requests there will be when those who were answered are back
	until  time.Time // when they are waited for no longer
	rest   int       // commits to let pass without a wait
	pause  int       // the last rest, 0 once a wait was worth it: twice in vain rests longer
}

// answered notes that a commit which took so long has served that many requests, while others wait already. One in
// eight of the clients may not come back.
func (g *batcher) answered(served, waiting int, took time.Duration) {
	g.wanted = waiting + served - served/8
	g.until = time.Time{}
	if patience := min(took/2, maxPatience); patience >= minPatience {
		g.until = time.Now().Add(patience)
	}
}

// next is the next batch: first, all requests that wait, and those that come in time. A lone client does not wait,
// since its own request is all that was expected back; nor does one that comes after until.
func (g *batcher) next(first *request, queue <-chan *request) []*request {
	batch := []*request{first}
	var up <-chan time.Time // nil before the wait
	for len(batch) < maxBatch {
		r, open := (*request)(nil), true
		select {
		case r, open = <-queue:
		default:
			if len(batch) >= g.wanted {
				if up != nil {
					g.pause = 0
				}
				return batch
			}
			if up == nil {
				left := time.Until(g.until)
				if left <= 0 {
					return batch
				}
				if g.rest > 0 {
					g.rest--
					return batch
				}
				up = time.After(left)
			}
			select {
			case r, open = <-queue:
			case <-up:
				g.pause = min(2*g.pause+1, maxRest)
				g.rest = g.pause
				return batch
			}
		}
		if !open {
			return batch
		}
		batch = append(batch, r)
	}
	return batch
}
