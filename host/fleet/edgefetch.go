package fleet

import (
	"context"
	"fmt"
)

// fetch asks the hub for the log after a place.
func (e *Edge) fetch(ctx context.Context, after place) (f fetched, err error) {
	e.mu.Lock()
	e.fetches++
	e.mu.Unlock()
	answer, err := e.ask(ctx, kindFetch, after.append(nil))
	if err != nil {
		return f, err
	}
	f, ok := readFetched(answer)
	if !ok {
		return f, fmt.Errorf("%w: malformed answer to a fetch", errEnvelope)
	}
	return f, nil
}

// isLarge reports whether there is surely more of the log than was fetched.
func (f *fetched) isLarge() bool {
	size := 0
	for _, raw := range f.frames {
		size += len(raw)
	}
	return size > maxFetched/2
}

// piece is a piece of the log that is being fetched.
type piece struct {
	after place
	stop  context.CancelFunc
	came  chan struct{} // closed once the rest is there
	fetched
	err error
}

// fetchAhead begins to fetch the log after a place that the edge has yet to reach.
func (e *Edge) fetchAhead(ctx context.Context, after place) *piece {
	ctx, stop := context.WithCancel(ctx)
	p := &piece{after: after, stop: stop, came: make(chan struct{})}
	go func() {
		defer close(p.came)
		p.fetched, p.err = e.fetch(ctx, after)
	}()
	return p
}

// fetchOrTake gives the log after a place. ahead is the piece that was begun before, or nil.
func (e *Edge) fetchOrTake(ctx context.Context, after place, ahead *piece) (fetched, error) {
	if ahead == nil || ahead.after != after {
		ahead.drop()
		return e.fetch(ctx, after)
	}
	<-ahead.came
	ahead.stop()
	return ahead.fetched, ahead.err
}

// drop gives up a piece that nobody needs. p may be nil.
func (p *piece) drop() {
	if p != nil {
		p.stop()
		<-p.came
	}
}
