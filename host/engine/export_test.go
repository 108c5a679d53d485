package engine

import (
	"bytes"
	"context"
)

// each calls f with every idle instance.
func (e *Engine) each(f func(*instance)) {
	for range len(e.pool.idle) {
		i := <-e.pool.idle
		f(i)
		e.pool.idle <- i
	}
}

// Break overwrites the memory of every instance.
func (e *Engine) Break() {
	e.each(func(i *instance) { i.memory.Write(0, bytes.Repeat([]byte{0xa5}, int(i.memory.Size()))) })
}

// Misplace has every answer read where the guest did not put it.
func (e *Engine) Misplace() {
	e.each(func(i *instance) {
		i.layout.Output = i.memory.Size() - i.layout.OutputSize
		i.memory.Write(i.layout.Output, bytes.Repeat([]byte{0xff}, int(i.layout.OutputSize)))
	})
}

// Instances counts those that are alive.
func (e *Engine) Instances() (n int) {
	e.each(func(*instance) { n++ })
	return n
}

// Hold takes every slot of the pool, until the result is called.
func (e *Engine) Hold() (free func()) {
	var held []*instance
	for range cap(e.pool.idle) {
		i, _ := e.pool.take(context.Background())
		held = append(held, i)
	}
	return func() {
		for _, i := range held {
			if i == nil {
				e.pool.empty <- struct{}{}
			} else {
				e.pool.idle <- i
			}
		}
	}
}
