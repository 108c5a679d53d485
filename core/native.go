package core

import (
	"context"
	"sync"
)

// Native is the Engine without a sandbox: the same code, linked into the program. Its settings and keys never change;
// for others make another one, which costs next to nothing.
type Native struct {
	settings Settings
	keys     Keys
	set      KeySet
	readers  sync.Pool // of *Reader
	writers  sync.Pool // of *pooledWriter
}

// NewNative makes a native engine for the settings and keys. What the settings point to must not change afterwards.
func NewNative(s Settings, keys Keys) *Native {
	return &Native{settings: s, keys: keys, set: keys.Set()}
}

// pooledWriter is a Writer with room for the request.
type pooledWriter struct {
	*Writer
	request Request
}

// KeySet implements Engine.
func (n *Native) KeySet() KeySet { return n.set }

// Open implements Engine.
func (n *Native) Open(ctx context.Context, token []byte, o *Opened) error {
	r, _ := n.readers.Get().(*Reader)
	if r == nil {
		r = NewReader(&n.settings, n.set)
	}
	defer n.readers.Put(r)
	read, err := r.Open(token, func(key int, input, signature []byte) (bool, error) {
		return n.keys.Check(ctx, key, input, signature)
	})
	if err != nil {
		return err
	}
	room := o.Claims[:0]
	*o = *read
	o.Claims = append(room, read.Claims...)
	return nil
}

// Decide implements Engine.
func (n *Native) Decide(ctx context.Context, req Request) (Outcome, error) {
	if !req.Op.Writes() {
		return Decide(&n.settings, &req), nil
	}
	w, _ := n.writers.Get().(*pooledWriter)
	if w == nil {
		w = &pooledWriter{Writer: NewWriter(&n.settings, n.set)}
	}
	defer func() {
		w.request = Request{} // the caller's
		n.writers.Put(w)
	}()
	w.request = req
	p, err := w.Prepare(&w.request)
	if err != nil {
		return Outcome{}, err
	}
	return p.Sign(ctx, n.keys, req.Entropy)
}

// Sign has keys sign what was prepared; entropy is that of the request. ErrTooLong where a token became longer than
// Open reads.
func (p *Prepared) Sign(ctx context.Context, keys Keys, entropy []byte) (Outcome, error) {
	o, err := p.Finish(func(input []byte) ([]byte, error) { return keys.Sign(ctx, p.Key, input, entropy) })
	if err != nil {
		return Outcome{}, err
	}
	return o, o.CheckWritten()
}

// CheckWritten reports ErrTooLong where a token is longer than Open reads.
func (o *Outcome) CheckWritten() error {
	for _, t := range o.Tokens {
		if len(t.Value) > MaxTokenBytes {
			return ErrTooLong
		}
	}
	return nil
}
