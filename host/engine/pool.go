package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// ErrClosed is what a closed Engine answers.
var ErrClosed = errors.New("engine: closed")

// errInFlight is what Close answers if calls did not end in time.
var errInFlight = errors.New("engine: calls were still in flight: what they use stays open")

// pool holds a bounded number of instances, each used by one call at a time. A slot holds an idle instance, or vacant
// if one may yet be made, or nil while a call uses what was in it. A caller starts looking where the last call on the
// same processor found something, so callers seldom meet at a slot.
type pool struct {
	slots  []slot
	hints  sync.Pool // of *hint
	counts *counts

	// Waiting callers look again for each wake, and whoever fills a slot while any wait sends one. wake has room for
	// one a slot: if it is full, as many callers are about to look as slots can be full.
	waiting atomic.Int32
	wake    chan struct{}
	closed  chan struct{}
}

// slot has a cache line of its own.
type slot struct {
	instance atomic.Pointer[instance]
	_        [56]byte
}

type hint struct{ slot int }

// vacant stands for an instance that may be made.
var vacant = &instance{}

func newPool(size int) *pool {
	p := &pool{slots: make([]slot, size), counts: &counts{}, wake: make(chan struct{}, size),
		closed: make(chan struct{})}
	p.hints.New = func() any { return &hint{} }
	for i := range p.slots {
		p.slots[i].instance.Store(vacant)
	}
	return p
}

// lease is an instance in use, and its slot.
type lease struct {
	*instance
	slot int
}

// take takes an idle instance, or vacant if the caller is to make one. If all are in use it waits.
func (p *pool) take(ctx context.Context) (lease, error) {
	select {
	case <-p.closed:
		return lease{}, ErrClosed
	default:
	}
	if l := p.look(); l.instance != nil {
		return l, nil
	}
	p.counts.waited.Add(1)
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for {
		// Look again: an instance may have been returned before we were counted as waiting.
		if l := p.look(); l.instance != nil {
			return l, nil
		}
		select {
		case <-p.wake:
		case <-p.closed:
			return lease{}, ErrClosed
		case <-ctx.Done():
			return lease{}, ctx.Err()
		}
	}
}

// look takes what is in a slot, an instance rather than vacant; its lease has no instance if all are in use.
func (p *pool) look() lease {
	h := p.hints.Get().(*hint)
	defer p.hints.Put(h)
	vacancy := -1
	for n, at := 0, h.slot; n < len(p.slots); n++ {
		switch i := p.slots[at].instance.Load(); {
		case i == vacant:
			vacancy = at
		case i != nil && p.slots[at].instance.CompareAndSwap(i, nil):
			h.slot = at
			return lease{i, at}
		}
		if at++; at == len(p.slots) {
			at = 0
		}
	}
	if vacancy >= 0 && p.slots[vacancy].instance.CompareAndSwap(vacant, nil) {
		h.slot = vacancy
		return lease{vacant, vacancy}
	}
	return lease{}
}

// put returns an instance that is sound, or closes a broken one and leaves its slot vacant.
func (p *pool) put(l lease, sound bool) {
	i := l.instance
	if i != vacant && !sound {
		i.close()
		p.counts.alive.Add(-1)
		i = vacant
	}
	p.slots[l.slot].instance.Store(i)
	if p.waiting.Load() > 0 {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// close waits until nothing is in use, and closes the instances.
func (p *pool) close(ctx context.Context) error {
	close(p.closed)
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	var errs []error
	for open := len(p.slots); open > 0; {
		if l := p.look(); l.instance != nil {
			open--
			if l.instance != vacant {
				errs = append(errs, l.instance.close())
			}
			continue
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return errors.Join(append(errs, errInFlight)...)
		}
	}
	return errors.Join(errs...)
}
