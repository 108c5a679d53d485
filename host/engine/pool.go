package engine

import (
	"context"
	"errors"
)

// ErrClosed is the answer of an Engine that was closed.
var ErrClosed = errors.New("engine: closed")

// errInFlight is the answer of Close where calls did not end in time.
var errInFlight = errors.New("engine: calls were still in flight: what they use stays open")

// pool holds a bounded number of instances, each used by one call at a time. What is in idle is warm, what is in empty may yet be made; together
// with those in use they are always size.
type pool struct {
	idle   chan *instance
	empty  chan struct{}
	closed chan struct{}
	counts *counts
}

func newPool(size int) pool {
	p := pool{idle: make(chan *instance, size), empty: make(chan struct{}, size), closed: make(chan struct{}), counts: &counts{}}
	for range size {
		p.empty <- struct{}{}
	}
	return p
}

// with runs f with an instance, waiting for one while all are in use. Where f says that the instance is broken, it is dropped.
func (p *pool) with(ctx context.Context, instantiate func(context.Context) (*instance, error), f func(*instance) error) error {
	i, err := p.take(ctx)
	if err != nil {
		return err
	}
	if i == nil {
		if i, err = instantiate(ctx); err != nil {
			p.empty <- struct{}{}
			return err
		}
		p.counts.alive.Add(1)
	}
	sound := false
	defer func() { p.put(i, sound) }() // also where f panics: then the instance is dropped
	err = f(i)
	var broken *brokenError
	isBroken := errors.As(err, &broken)
	if isBroken {
		p.counts.broken.Add(1)
	}
	sound = !isBroken && !i.grown()
	return err
}

// take gives an idle instance, or nil where one is to be made; it waits where all are in use.
func (p *pool) take(ctx context.Context) (*instance, error) {
	select {
	case <-p.closed:
		return nil, ErrClosed
	default:
	}
	select {
	case i := <-p.idle:
		return i, nil
	default:
	}
	select {
	case i := <-p.idle:
		return i, nil
	case <-p.empty:
		return nil, nil
	default:
		p.counts.waited.Add(1)
	}
	select {
	case i := <-p.idle:
		return i, nil
	case <-p.empty:
		return nil, nil
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// put gives back an instance, or the right to make another.
func (p *pool) put(i *instance, sound bool) {
	if sound {
		p.idle <- i
		return
	}
	i.close()
	p.counts.alive.Add(-1)
	p.empty <- struct{}{}
}

// close waits until nothing is in use, and closes the instances.
func (p *pool) close(ctx context.Context) error {
	close(p.closed)
	var errs []error
	for range cap(p.idle) {
		select {
		case i := <-p.idle:
			errs = append(errs, i.close())
		case <-p.empty:
		case <-ctx.Done():
			return errors.Join(append(errs, errInFlight)...)
		}
	}
	return errors.Join(errs...)
}
