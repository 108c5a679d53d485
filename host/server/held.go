package server

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Held is what one request holds of a Memory: its header if that is long, and its body, then its response. Only the
// goroutine of the request uses it.
type Held struct {
	memory  *Memory
	w       http.ResponseWriter
	body    int64 // those of bytes that the body takes
	hasTurn bool

	// memory.mu guards the rest while the request waits.
	bytes int64
	ended bool // it had to make room
	waits bool // it waits, or was ended while it did
	// While it can be ended: where it waits, and how it is ended.
	in    *waiters
	place *list.Element
	end   func(*Held)
	out   chan struct{} // closed to end the wait for a turn
}

// Hold returns what the request that w answers holds: nothing yet. The caller calls End when the request is over.
func (m *Memory) Hold(w http.ResponseWriter) Held { return Held{memory: m, w: w} }

// End gives back everything.
func (h *Held) End() {
	h.goOn()
	h.EndBody()
	h.give(h.bytes)
}

// longAgo is a deadline that ends a read or write at once.
var longAgo = time.Unix(1, 0)

// The ways to end a wait. Setting a deadline fails where there is no connection, as with a test's recorder.

func stopReading(h *Held)  { _ = http.NewResponseController(h.w).SetReadDeadline(longAgo) }
func stopWriting(h *Held)  { _ = http.NewResponseController(h.w).SetWriteDeadline(longAgo) }
func stopQueueing(h *Held) { close(h.out) }

// smallHeader is how many bytes of a header each connection may hold, whatever others hold.
const smallHeader = 8 << 10

// TakeHeader takes the memory of the header of r. It reports false if there is no room.
func (h *Held) TakeHeader(r *http.Request) bool {
	n := headerBytes(r)
	return n <= smallHeader || h.take(n)
}

// headerBytes estimates the memory of the header of r: with very short fields that is twenty times what was sent.
func headerBytes(r *http.Request) int64 {
	const perName, perValue = 96, 24
	n := 3 * len(r.RequestURI)
	for name, values := range r.Header {
		n += perName + len(name) + perValue*len(values)
		for _, value := range values {
			n += len(value)
		}
	}
	return int64(n)
}

// firstRead is the first size of the buffer for a body, in bytes.
const firstRead = 1 << 10

// ReadBody reads a body of at most limit bytes. Length is how long the client says that it is, in bytes; -1: it does
// not say. ReadBody takes memory as the body arrives; EndBody gives that back. The error is ErrNoMemory if there is no
// room.
func (h *Held) ReadBody(from io.Reader, length, limit int64) ([]byte, error) {
	defer h.goOn()
	if length <= 0 || length > firstRead {
		length = firstRead
	}
	body := make([]byte, 0, length)
	for h.wait(&h.memory.clients, stopReading) {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		full := err == nil && len(body) == cap(body)
		size := int64(cap(body))
		if full {
			// While the bytes are copied both buffers exist, which does not count.
			size = min(2*size, limit+1)
		}
		if n > 0 && size > h.body {
			if !h.take(size - h.body) {
				body = nil
				h.EndBody()
				_, err = io.Copy(io.Discard, from)
				return nil, cmp.Or(err, ErrNoMemory)
			}
			h.body = size
		}
		switch {
		case errors.Is(err, io.EOF) && h.goOn():
			return body, nil
		case full:
			body = append(make([]byte, 0, size), body...)
		case err != nil && h.goOn():
			return nil, err
		}
	}
	return nil, ErrNoMemory
}

// TakeTurn waits until a large body may be parsed, or something as large be made, since that takes many times the
// memory of the body. It returns at once if the request has its turn. A client that sends or reads slowly holds no turn
// meanwhile.
func (h *Held) TakeTurn(ctx context.Context) error {
	if h.hasTurn {
		return nil
	}
	h.out = make(chan struct{})
	h.wait(&h.memory.turns, stopQueueing)
	var err error
	select {
	case h.memory.parsed <- struct{}{}:
		h.hasTurn = true
	case <-h.out:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if !h.goOn() {
		err = ErrNoMemory
	}
	return err
}

// EndBody gives back the memory of the body and the turn.
func (h *Held) EndBody() {
	h.give(h.body)
	h.body = 0
	if h.hasTurn {
		h.hasTurn = false
		<-h.memory.parsed
	}
}

// smallAnswer is how many bytes of a response each connection may hold, whatever others hold: net/http buffers as many
// anyway.
const smallAnswer = 4 << 10

// TakeAnswer gives back the body and takes the memory of a response of n bytes. It reports false if there is no room.
// From then on the request waits for its client.
func (h *Held) TakeAnswer(n int) bool {
	h.EndBody()
	if n <= smallAnswer {
		return true
	}
	if !h.take(int64(n)) {
		return false
	}
	h.wait(&h.memory.clients, stopWriting)
	return true
}

// Write writes the response, or its beginning if more follows. Meanwhile others can take what the request holds, which
// ends it.
func (h *Held) Write(p []byte, more bool) error {
	if h.holdsNothing() {
		_, err := h.w.Write(p)
		return err
	}
	h.wait(&h.memory.clients, stopWriting)
	_, err := h.w.Write(p)
	if err == nil && !more {
		_ = http.NewResponseController(h.w).Flush() // net/http keeps what is short until the handler has returned
	}
	h.goOn()
	return err
}
