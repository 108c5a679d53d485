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
func (f *fetched) isLarge() bool { return bytesOf(f.frames) > maxFetched/2 }

// Bounds of catching up.
const (
	maxAhead    = 2       // pieces that are fetched and wait
	maxGathered = 3 << 20 // bytes of pieces that are applied together, but for the last of them
)

// piece is a piece of the log that was fetched.
type piece struct {
	fetched
	err error
}

// pieces are the log after a place, fetched ahead of those who apply it.
type pieces struct {
	stop  context.CancelFunc
	ready chan piece // closed after the last: one that is small, has nothing that follows, or failed
	at    place      // behind the last that was taken
}

// fetchAhead begins to fetch the log after a place.
func (e *Edge) fetchAhead(ctx context.Context, after place) *pieces {
	ctx, stop := context.WithCancel(ctx)
	p := &pieces{stop: stop, ready: make(chan piece, maxAhead), at: after}
	go func() {
		defer close(p.ready)
		for {
			f, err := e.fetch(ctx, after)
			select {
			case p.ready <- piece{f, err}:
			case <-ctx.Done():
				return
			}
			frames, end, _ := f.following(after)
			if err != nil || len(frames) == 0 || !f.isLarge() {
				return
			}
			after = end
		}
	}()
	return p
}

// fetchOrTake gives the log after a place, and what comes after it. ahead are the pieces that were begun before; nil:
// none. Nobody else takes from them.
func (e *Edge) fetchOrTake(ctx context.Context, after place, ahead *pieces) (fetched, *pieces, error) {
	if ahead != nil && ahead.at == after {
		if p, more := <-ahead.ready; more {
			return p.fetched, ahead, p.err
		}
	}
	ahead.drop()
	ahead = e.fetchAhead(ctx, after)
	p := <-ahead.ready
	return p.fetched, ahead, p.err
}

// gather adds to frames, of which the last is at a place, those of the pieces that follow. What ends them another
// fetch finds again.
func (p *pieces) gather(frames [][]byte, end place) ([][]byte, place) {
	size := bytesOf(frames)
	for p.at = end; size < maxGathered; p.at = end {
		next, more := <-p.ready
		following, last, _ := next.following(end)
		if !more || next.err != nil || next.gone || len(following) == 0 {
			break
		}
		size += bytesOf(following)
		frames, end = append(frames, following...), last
	}
	return frames, end
}

// drop gives up pieces that nobody needs. p may be nil.
func (p *pieces) drop() {
	if p == nil {
		return
	}
	p.stop()
	for range p.ready {
	}
}
