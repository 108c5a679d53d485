package store

import "time"

// Some clients send the next request as soon as they have an answer. Without a wait they would fall into two halves
// that take turns, and each commit would serve only one half. So the committer waits a moment for the clients that it
// has just answered.
const (
	// maxPatience bounds that wait. So does the duration of the last commit: by turns they would wait for as long.
	maxPatience = 5 * time.Millisecond
	// minPatience is the shortest wait that is worth a timer, which may fire a millisecond late.
	minPatience = 500 * time.Microsecond
	// maxRest bounds how many commits pass without a wait after waits in vain.
	maxRest = 15
)

// batcher decides which requests share a commit. Only the committer uses it.
type batcher struct {
	wanted int       // how many requests there will be once the answered clients are back
	until  time.Time // when the wait for them ends
	rest   int       // how many commits still pass without a wait
	pause  int       // the last rest, 0 after a wait that paid; each wait in vain makes it longer
}

// answered notes that a commit has served so many requests, how long it took, and how many wait already. The batcher
// expects the answered clients to come back. If some do not, it waits in vain once, and expects fewer.
func (g *batcher) answered(served, waiting int, took time.Duration) {
	g.wanted = waiting + served
	g.until = time.Time{}
	if patience := min(took, maxPatience); patience >= minPatience {
		g.until = time.Now().Add(patience)
	}
}

// next collects the next batch: first, all requests that wait, and those that come in time. A lone client does not
// wait, since its own request is the only one expected. Nor does a client that comes after until.
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
