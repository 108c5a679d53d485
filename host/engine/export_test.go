package engine

import (
	"bytes"
	"context"

	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/permission"
)

// DecodePart decodes a part of a token.
var DecodePart = decodePart

// each calls f with every idle instance.
func (e *Engine) each(f func(*instance)) {
	for i := range e.pool.slots {
		if i := e.pool.slots[i].instance.Load(); i != nil && i != vacant {
			f(i)
		}
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

// Answer has every instance seem to answer with b, whatever it is asked.
func (e *Engine) Answer(b []byte) {
	e.each(func(i *instance) {
		i.layout.Output = i.memory.Size() - i.layout.OutputSize
		i.memory.Write(i.layout.Output, b)
	})
}

// Instances counts those that are alive.
func (e *Engine) Instances() (n int) {
	e.each(func(*instance) { n++ })
	return n
}

// MemoryBytes is how much linear memory the idle instances have.
func (e *Engine) MemoryBytes() (n int) {
	e.each(func(i *instance) { n += int(i.memory.Size()) })
	return n
}

// Memories are copies of the linear memories of the idle instances.
func (e *Engine) Memories() (all [][]byte) {
	e.each(func(i *instance) {
		b, _ := i.memory.Read(0, i.memory.Size())
		all = append(all, bytes.Clone(b))
	})
	return all
}

// Hold takes every slot of the pool, until the result is called.
func (e *Engine) Hold() (free func()) {
	var held []lease
	for range e.pool.slots {
		l, _ := e.pool.take(context.Background())
		held = append(held, l)
	}
	return func() {
		for _, l := range held {
			e.pool.put(l, true)
		}
	}
}

// Permit asks the guest of a self-contained module what a rule says.
func (e *Engine) Permit(q abi.Question) (v permission.Verdict, err error) {
	err = e.use(context.Background(), func(i *instance) error {
		if err := i.call(abi.PermitName, q.Append(nil)); err != nil {
			return err
		}
		var ok bool
		if v, ok = abi.ReadVerdict(i.output(abi.VerdictBytes)); !ok {
			return broken("%s: %w", abi.PermitName, errNonsense)
		}
		return nil
	})
	return v, err
}

// Cached fills a cache with what fill writes, as the compiled code of a module.
func Cached(dir, module string, fill func(dir string) error) error {
	c, _, err := openCache(dir, module)
	if err == nil {
		err = fill(c.dir)
	}
	if err == nil {
		err = c.keep()
	}
	return err
}

// OpenCache tells what openCache finds: whether the code is there, and what was wrong with it.
func OpenCache(dir, module string) (found bool, damaged, err error) {
	c, damaged, err := openCache(dir, module)
	if err == nil {
		found = c.final == ""
		c.discard()
	}
	return found, damaged, err
}
