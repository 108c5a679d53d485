package core

import (
	"context"
	"sync"
	"sync/atomic"
)

// Native is the Engine without a sandbox: the same code, linked into the program.
type Native struct {
	config  atomic.Pointer[nativeConfig]
	readers sync.Pool
	writers sync.Pool
}

type nativeConfig struct {
	settings Settings
	keys     Keys
	set      KeySet
}

// NewNative is a native engine with the given settings and keys.
func NewNative(s Settings, keys Keys) *Native {
	n := &Native{}
	n.Configure(s, keys)
	return n
}

// Configure changes settings and keys. Calls in flight finish under the old ones.
func (n *Native) Configure(s Settings, keys Keys) {
	n.config.Store(&nativeConfig{settings: s, keys: keys, set: keys.Set()})
}

// pooledReader is a Reader with the configuration it was made for.
type pooledReader struct {
	*Reader
	config    *nativeConfig
	signature []byte
}

// pooledWriter is a Writer with the configuration it was made for.
type pooledWriter struct {
	*Writer
	config  *nativeConfig
	request Request
}

func (n *Native) Open(ctx context.Context, token []byte) (Opened, error) {
	var o Opened
	if err := n.OpenInto(ctx, token, &o); err != nil {
		return Opened{}, err
	}
	return o, nil
}

// OpenInto is Open into o, of which it uses the room for claims again. After an error o means nothing.
func (n *Native) OpenInto(ctx context.Context, token []byte, o *Opened) error {
	config := n.config.Load()
	r, _ := n.readers.Get().(*pooledReader)
	if r == nil || r.config != config {
		r = &pooledReader{Reader: NewReader(&config.settings, config.set), config: config}
	}
	defer n.readers.Put(r)
	claims := o.Claims[:0]
	*o = Opened{Claims: claims}
	in := r.Inspect(token)
	if in.Cause != OK {
		o.Cause = in.Cause
		return nil
	}
	signature, ok := DecodeSignature(r.signature, token[in.Signature:])
	r.signature = signature
	if !ok {
		o.Cause = Malformed
		return nil
	}
	good, err := config.keys.Check(ctx, in.Key, token[:in.Input], signature)
	if err != nil {
		return err
	}
	if !good {
		o.Cause = BadSignature
		return nil
	}
	accepted, _ := r.Accept()
	*o = *accepted
	o.Claims = append(claims, accepted.Claims...)
	o.ReadFamily()
	return nil
}

func (n *Native) Decide(ctx context.Context, req Request) (Outcome, error) {
	config := n.config.Load()
	if !req.Op.Writes() {
		return Decide(&config.settings, req), nil
	}
	w, _ := n.writers.Get().(*pooledWriter)
	if w == nil || w.config != config {
		w = &pooledWriter{Writer: NewWriter(&config.settings, config.set), config: config}
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
	return SignPrepared(ctx, config.keys, p, req.Entropy)
}

// SignPrepared has keys sign what was prepared; entropy is that of the request. ErrTooLong where a token became longer than Open reads.
func SignPrepared(ctx context.Context, keys Keys, p *Prepared, entropy []byte) (Outcome, error) {
	o, err := p.Finish(func(input []byte) ([]byte, error) { return keys.Sign(ctx, p.Key, input, entropy) })
	if err != nil {
		return Outcome{}, err
	}
	return o, CheckWritten(o)
}

// CheckWritten reports ErrTooLong where a token is longer than Open reads.
func CheckWritten(o Outcome) error {
	for _, t := range o.Tokens {
		if len(t.Value) > MaxTokenBytes {
			return ErrTooLong
		}
	}
	return nil
}
