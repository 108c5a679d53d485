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

// Held is what one request holds of a Memory: its header, then its body, then its answer. One goroutine uses it.
type Held struct {
	memory  *Memory
	w       http.ResponseWriter
	body    int64 // of bytes, those of the body
	hasTurn bool  // a large body has its turn

	// What follows belongs to memory.mu while the request waits.
	bytes int64
	ended bool // it had to make room
	waits bool // it is, or was until it ended, among waiters
	// While it can be ended: where it waits, and what ends that.
	in    *waiters
	place *list.Element
	end   func(*Held)
	out   chan struct{} // closed where it is ended while it waits for its turn
}

// Hold is what the request holds that is answered by w: nothing yet. End gives back what it comes to hold.
func (m *Memory) Hold(w http.ResponseWriter) Held { return Held{memory: m, w: w} }

// End gives all back.
func (h *Held) End() {
	h.goOn()
	h.EndBody()
	h.give(h.bytes)
}

// longAgo is a deadline that ends at once what waits for a client.
var longAgo = time.Unix(1, 0)

// An error of the controller says that there is no connection with a deadline: a test's recorder.
func stopReading(h *Held)  { _ = http.NewResponseController(h.w).SetReadDeadline(longAgo) }
func stopWriting(h *Held)  { _ = http.NewResponseController(h.w).SetWriteDeadline(longAgo) }
func stopQueueing(h *Held) { close(h.out) }

// smallHeader is how many bytes of a header each connection is allowed for itself; a longer one is held.
const smallHeader = 8 << 10

// TakeHeader holds the header of the request. It is false where there is no room for it.
func (h *Held) TakeHeader(r *http.Request) bool {
	n := headerBytes(r)
	return n <= smallHeader || h.take(n)
}

// headerBytes is about what the header of a request takes: of very short fields that is twenty times what was sent.
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

// firstRead is the room that a body is read into before its length is known.
const firstRead = 1 << 10

// ReadBody reads a body of at most limit bytes, and holds it as it arrives, until EndBody.
func (h *Held) ReadBody(from io.Reader, limit int64) ([]byte, error) {
	defer h.goOn()
	body := make([]byte, 0, firstRead)
	for h.wait(&h.memory.clients, stopReading) {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		full := err == nil && len(body) == cap(body)
		size := int64(cap(body))
		if full {
			// Before the bytes are copied both are there, but for a moment only.
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

// TakeTurn waits until a large body may be parsed, or as much be made of a small one, unless the request has its turn
// already: a parsed body takes many times its length. Whoever sends or reads slowly holds no turn meanwhile.
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

// EndBody gives back the memory of the body, and its turn.
func (h *Held) EndBody() {
	h.give(h.body)
	h.body = 0
	if h.hasTurn {
		h.hasTurn = false
		<-h.memory.parsed
	}
}

// smallAnswer is how many bytes of an answer each connection is allowed for itself: what net/http keeps for it
// anyway. A longer one is held.
const smallAnswer = 4 << 10

// TakeAnswer holds an answer of n bytes in the place of the body. It is false where there is no room for it. From then
// on its reader decides how long it is needed.
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

// Write writes an answer; more says that it is not all of it. While it does so, what the request holds can be taken
// from it.
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
