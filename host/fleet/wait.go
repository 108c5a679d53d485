package fleet

import (
	"context"
	"time"
)

// signal tells everybody who waits for it that something has changed. A mutex of its owner guards it.
type signal struct{ next chan struct{} } // closed by the next send

func newSignal() signal { return signal{make(chan struct{})} }

func (s *signal) send() {
	close(s.next)
	s.next = make(chan struct{})
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// poke fills a channel of capacity 1, unless it is full.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
