package engine

import "sync/atomic"

// Stats are the state of the pool, and what has happened in it since New.
type Stats struct {
	Instances int    // that are alive, busy or idle
	Limit     int    // most instances there can be
	Broken    uint64 // instances dropped because they trapped, panicked or answered nonsense
	Waited    uint64 // calls that had to wait because all instances were in use
}

// counts are what Stats shows, counted without a lock.
type counts struct {
	alive          atomic.Int64
	broken, waited atomic.Uint64
}

// Stats counts instances. It costs next to nothing.
func (e *Engine) Stats() Stats {
	c := e.pool.counts
	return Stats{
		Instances: int(c.alive.Load()), Limit: len(e.pool.slots), Broken: c.broken.Load(), Waited: c.waited.Load(),
	}
}
