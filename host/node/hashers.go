package node

import "context"

// hashers bounds how many passwords are hashed at once, and how many log-ins wait for that: each hash takes its parameters'
// worth of memory (19 MiB by default) and a whole processor, so that a storm of log-ins would otherwise take all of both.
type hashers struct {
	admitted chan struct{} // one for each log-in that hashes or waits
	hashing  chan struct{} // one for each that hashes
}

func newHashers(atOnce, queue int) *hashers {
	return &hashers{admitted: make(chan struct{}, atOnce+queue), hashing: make(chan struct{}, atOnce)}
}

// do runs work when a hasher is free. ErrBusy at once where the queue is full; the error of ctx where that ends while waiting.
// Work that has begun is not cut short.
func (h *hashers) do(ctx context.Context, work func()) error {
	select {
	case h.admitted <- struct{}{}:
		defer func() { <-h.admitted }()
	default:
		return ErrBusy
	}
	select {
	case h.hashing <- struct{}{}:
		defer func() { <-h.hashing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	work()
	return nil
}
