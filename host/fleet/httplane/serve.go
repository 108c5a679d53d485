package httplane

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// The kinds of questions, each with turns of its own.
const (
	kindSend = iota
	kindFetch
	kindAsk   // of the hub
	kindRoute // of another edge
	kindAnswer
	kinds
)

// ServeHTTP serves edges.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := h.admit(r)
	if m == nil {
		w.Header().Set("Connection", "close")
		http.Error(w, "not a member of this fleet", http.StatusForbidden)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	c := &call{hub: h, member: m, w: w, rc: http.NewResponseController(w), r: r.WithContext(ctx)}
	c.rc.SetWriteDeadline(time.Time{}) // the connection has that of the answer before
	path := strings.TrimPrefix(r.URL.Path, Prefix)
	switch kind, rest, _ := strings.Cut(path, "/"); {
	case r.Method == http.MethodGet && path == "stream":
		c.stream()
	case r.Method != http.MethodPost:
		http.Error(w, "no such thing", http.StatusMethodNotAllowed)
	case path == "ping":
		w.WriteHeader(statusNone)
	case path == "send":
		c.handled(kindSend)
	case path == "fetch":
		c.handled(kindFetch)
	case kind == "ask":
		c.ask(rest)
	case kind == "answer":
		c.answer(rest)
	default:
		http.NotFound(w, r)
	}
	if m.ctx.Err() != nil {
		panic(http.ErrAbortHandler) // dropped: the connection ends, whatever has been written
	}
}

// admit is the member that a request comes from, by the key of its connection; nil: none. It asks the roster once more
// when the member is known here: it may have been withdrawn, and dropped, in between.
func (h *Hub) admit(r *http.Request) *member {
	key, ok := linktls.PeerKey(r.TLS)
	if !ok {
		return nil
	}
	number, ok := h.roster(key)
	if !ok {
		return nil
	}
	m := h.member(number)
	if again, ok := h.roster(key); !ok || again != number || h.ctx.Err() != nil {
		return nil
	}
	return m
}

// call is one request.
type call struct {
	hub    *Hub
	member *member
	w      http.ResponseWriter
	rc     *http.ResponseController
	r      *http.Request // its context ends with the member too
}

// stream writes what is published and asked, until the edge is gone, silent, slow or dropped.
func (c *call) stream() {
	c.rc.SetReadDeadline(time.Time{})
	s := c.hub.open(c.r.Context(), c.member)
	defer c.hub.closeStream(c.member, s)
	c.w.Header().Set("Content-Type", "application/octet-stream")
	beat := record(recordBeat)
	if c.write(beat) != nil {
		return
	}
	tick := time.NewTicker(beating)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			if c.hub.quiet(c.member) || c.write(beat) != nil {
				return
			}
		case <-s.queue.filled:
			if err := c.drain(s); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					s.slow()
				}
				return
			}
		}
	}
}

// drain writes all that waits.
func (c *call) drain(s *stream) error {
	for s.ctx.Err() == nil {
		item, ok := s.queue.first()
		if !ok {
			return nil
		}
		if err := c.write(item); err != nil {
			return err
		}
		s.queue.removeFirst()
	}
	return nil
}

// quiet reports whether an edge has not been heard for long.
func (h *Hub) quiet(m *member) bool {
	return time.Since(h.began)-time.Duration(m.heard.Load()) > unheard
}

// write writes in pieces, each in its time, so that a far reader with a thin link has enough and one that stands still
// does not.
func (c *call) write(b []byte) error {
	for {
		n := min(len(b), piece)
		c.rc.SetWriteDeadline(time.Now().Add(writing))
		if _, err := c.w.Write(b[:n]); err != nil {
			return err
		}
		if err := c.rc.Flush(); err != nil {
			return err
		}
		c.hub.out.Add(uint64(n))
		if b = b[n:]; len(b) == 0 {
			return nil
		}
	}
}

// body reads the request's. Where it says not ok, it has answered. Call done when the body is no longer needed.
func (c *call) body(kind int) (body []byte, done func(), ok bool) {
	n := c.r.ContentLength
	if n < 0 || n > lane.MaxMessage {
		http.Error(c.w, "too long", http.StatusRequestEntityTooLarge)
		return nil, nil, false
	}
	done = func() {
		c.hub.bodies.Add(-n)
		c.member.inHand[kind].Add(-1)
	}
	inHand, bodies := c.member.inHand[kind].Add(1), c.hub.bodies.Add(n)
	if inHand > asked || bodies > bodyBytes {
		done()
		http.Error(c.w, "too much at once", http.StatusServiceUnavailable)
		return nil, nil, false
	}
	c.rc.SetReadDeadline(time.Now().Add(reading))
	body = make([]byte, n)
	if _, err := io.ReadFull(c.r.Body, body); err != nil {
		done()
		panic(http.ErrAbortHandler)
	}
	c.rc.SetReadDeadline(time.Time{})
	c.hub.in.Add(uint64(n))
	return body, done, true
}

// handled answers by the hub's handler.
func (c *call) handled(kind int) {
	f := c.hub.function(kind)
	body, done, ok := c.body(kind)
	if !ok {
		return
	}
	defer done()
	if f == nil {
		c.outcome(nil, lane.ErrNobody)
		return
	}
	turn := c.hub.turns[kind]
	select {
	case turn <- struct{}{}:
	case <-c.r.Context().Done():
		return
	}
	defer func() { <-turn }()
	ctx, cancel := context.WithTimeout(c.r.Context(), patience)
	defer cancel()
	c.outcome(f(ctx, c.member.number, body), nil)
}

// function is what answers a kind; nil: none.
func (h *Hub) function(kind int) func(context.Context, uint16, []byte) []byte {
	handler := h.handler.Load()
	switch {
	case handler == nil:
		return nil
	case kind == kindSend:
		return handler.Send
	case kind == kindFetch:
		return handler.Fetch
	default:
		return handler.Ask
	}
}

// ask answers a question of the hub, or passes it to another edge.
func (c *call) ask(to string) {
	number, err := strconv.ParseUint(to, 10, 16)
	if err != nil {
		http.NotFound(c.w, c.r)
		return
	}
	if number == lane.HubNumber {
		c.handled(kindAsk)
		return
	}
	body, done, ok := c.body(kindRoute)
	if !ok {
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(c.r.Context(), patience)
	defer cancel()
	c.outcome(c.hub.Ask(ctx, uint16(number), body))
}

// answer takes an answer to what the edge was asked.
func (c *call) answer(id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		http.NotFound(c.w, c.r)
		return
	}
	body, done, ok := c.body(kindAnswer)
	if !ok {
		return
	}
	defer done()
	o := outcome{body: body}
	if c.r.URL.RawQuery == "nobody" {
		o = outcome{err: lane.ErrNobody}
	}
	if !c.hub.answered(n, c.member.number, o) {
		http.NotFound(c.w, c.r) // given up, or of another
		return
	}
	c.w.WriteHeader(statusNone)
}

// outcome writes what a question led to.
func (c *call) outcome(body []byte, err error) {
	switch {
	case errors.Is(err, lane.ErrNobody):
		c.w.WriteHeader(statusNobody)
	case err != nil && c.r.Context().Err() == nil && !errors.Is(err, context.DeadlineExceeded):
		c.w.WriteHeader(statusLost)
	case body == nil:
		c.w.WriteHeader(statusNone)
	case len(body) > lane.MaxMessage:
		c.hub.log.Error("an answer is longer than a lane carries", "bytes", len(body))
		c.w.WriteHeader(statusNone)
	default:
		c.w.Header().Set("Content-Type", "application/octet-stream")
		c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if err := c.write(body); err != nil {
			c.hub.log.Debug("answer an edge", "number", c.member.number, "err", err)
		}
	}
}
