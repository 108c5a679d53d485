package httplane

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// HubConfig is what NewHub takes.
type HubConfig struct {
	Roster lane.Roster
	Log    *slog.Logger // nil: no log
}

var _ lane.Hub = (*Hub)(nil)

// Hub is the lane of the hub over HTTP, an http.Handler for paths below Prefix.
type Hub struct {
	roster  lane.Roster
	log     *slog.Logger
	began   time.Time
	handler atomic.Pointer[lane.Handler]
	turns   [kinds]chan struct{}

	ctx context.Context // ends with Close
	end context.CancelFunc

	slow, in, out atomic.Uint64
	bodies        atomic.Int64 // bytes of requests in hand

	mu        sync.Mutex
	members   map[uint16]*member
	questions map[uint64]*question
	lastID    uint64
}

// member is an edge that has been heard of since it was dropped.
type member struct {
	number uint16
	ctx    context.Context // ends with Drop
	drop   context.CancelFunc
	heard  atomic.Int64        // when it asked last, as the time since the hub's beginning
	inHand [kinds]atomic.Int32 // its requests
	stream *stream             // nil: none. The hub's mu guards it
}

// stream is where an edge reads.
type stream struct {
	queue *queue
	ctx   context.Context
	end   context.CancelFunc
	slow  func() // counts the stream's reader as slow, and ends the stream
}

// question is one that an edge was asked.
type question struct {
	to   uint16
	came chan outcome
}

// outcome is what a question led to.
type outcome struct {
	body []byte
	err  error
}

// NewHub makes the lane. It does not listen.
func NewHub(cfg HubConfig) (*Hub, error) {
	if cfg.Roster == nil {
		return nil, errors.New("a hub without a roster")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{roster: cfg.Roster, log: cfg.Log, began: time.Now(), members: map[uint16]*member{},
		questions: map[uint64]*question{}}
	for kind := range h.turns {
		h.turns[kind] = make(chan struct{}, turns)
	}
	h.ctx, h.end = context.WithCancel(context.Background())
	return h, nil
}

func (h *Hub) Serve(handler lane.Handler) error {
	h.handler.Store(&handler)
	return nil
}

func (h *Hub) Publish(batch []byte) error {
	switch {
	case len(batch) > lane.MaxMessage:
		return lane.ErrTooLong
	case h.ctx.Err() != nil:
		return lane.ErrClosed
	}
	r := record(recordBatch, batch)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		if s := m.stream; s != nil && !s.queue.put(r) {
			s.slow()
		}
	}
	return nil
}

// Ask puts a question into the stream of an edge and waits for its answer.
func (h *Hub) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	switch {
	case len(request) > lane.MaxMessage:
		return nil, lane.ErrTooLong
	case h.ctx.Err() != nil:
		return nil, lane.ErrClosed
	}
	id, q, s, ok := h.pose(to, request)
	if !ok {
		return nil, lane.ErrNobody
	}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.questions, id)
	}()
	select {
	case o := <-q.came:
		return o.body, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.ctx.Done():
	}
	if h.ctx.Err() != nil {
		return nil, lane.ErrClosed
	}
	return nil, lane.ErrLost
}

// pose puts a question into the stream s of an edge; not ok: it has none, or did not take it.
func (h *Hub) pose(to uint16, request []byte) (id uint64, q *question, s *stream, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members[to]
	if m == nil || m.stream == nil {
		return 0, nil, nil, false
	}
	h.lastID++
	id, q = h.lastID, &question{to: to, came: make(chan outcome, 1)}
	if !m.stream.queue.put(record(recordQuestion, binary.BigEndian.AppendUint64(nil, id), request)) {
		m.stream.slow()
		return 0, nil, nil, false
	}
	h.questions[id] = q
	return id, q, m.stream, true
}

// answered takes the answer of an edge to a question that it was asked.
func (h *Hub) answered(id uint64, from uint16, o outcome) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	q := h.questions[id]
	if q == nil || q.to != from {
		return false
	}
	delete(h.questions, id)
	q.came <- o
	return true
}

func (h *Hub) Drop(number uint16) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.members[number]; m != nil {
		m.drop()
		delete(h.members, number)
	}
}

func (h *Hub) Figures() lane.Figures {
	f := lane.Figures{Slow: h.slow.Load(), In: h.in.Load(), Out: h.out.Load()}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		if m.stream != nil {
			f.Links++
		}
	}
	return f
}

func (h *Hub) Close() error {
	h.end()
	return nil
}

// member is that of a number, made where there is none.
func (h *Hub) member(number uint16) *member {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members[number]
	if m == nil {
		m = &member{number: number}
		m.ctx, m.drop = context.WithCancel(h.ctx)
		h.members[number] = m
	}
	m.heard.Store(int64(time.Since(h.began)))
	return m
}

// open begins the stream of a member, and ends its older one. It ends with ctx or with the member.
func (h *Hub) open(ctx context.Context, m *member) *stream {
	s := &stream{queue: newQueue()}
	s.ctx, s.end = context.WithCancel(ctx)
	s.slow = sync.OnceFunc(func() {
		h.slow.Add(1)
		s.end()
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.stream != nil {
		m.stream.end()
	}
	m.stream = s
	return s
}

func (h *Hub) closeStream(m *member, s *stream) {
	s.end()
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.stream == s {
		m.stream = nil
	}
}
