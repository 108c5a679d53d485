package engine

import (
	"context"
	"errors"
)

// ErrClosed is the answer of an Engine that was closed.
var ErrClosed = errors.New("engine: closed")

// pool holds a bounded number of instances, each used by one call at a time. A slot is an instance, or nil for one that is yet to be made.
type pool struct {
	slots  chan *instance
	closed chan struct{}
}

func newPool(size int) pool {
	p := pool{slots: make(chan *instance, size), closed: make(chan struct{})}
	for range size {
		p.slots <- nil
	}
	return p
}

// with runs f with an instance, waiting for one while all are in use. Where f says that the instance is broken, it is dropped.
func (p *pool) with(ctx context.Context, instantiate func(context.Context) (*instance, error), f func(*instance) error) error {
	var i *instance
	select {
	case i = <-p.slots:
	case <-p.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { p.slots <- i }()
	if i == nil {
		var err error
		if i, err = instantiate(ctx); err != nil {
			return err
		}
	}
	err := f(i)
	var broken *brokenError
	if errors.As(err, &broken) || i.grown() {
		i.close(context.WithoutCancel(ctx))
		i = nil
	}
	return err
}

// close waits for every slot, and closes the instances.
func (p *pool) close(ctx context.Context) error {
	close(p.closed)
	var errs []error
	for range cap(p.slots) {
		if i := <-p.slots; i != nil {
			errs = append(errs, i.close(ctx))
		}
	}
	return errors.Join(errs...)
}
