package engine

import "bytes"

// each calls f with every instance of the idle pool.
func (e *Engine) each(f func(*instance)) {
	for range cap(e.pool.slots) {
		i := <-e.pool.slots
		if i != nil {
			f(i)
		}
		e.pool.slots <- i
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
