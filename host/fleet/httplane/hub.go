package httplane

import (
	"context"
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
	handler atomic.Pointer[lane.Handler]
	turns   [kinds]chan struct{}
	work    sync.WaitGroup // of the links

	ctx context.Context // ends with Close
	end context.CancelFunc

	slow, in, out atomic.Uint64
	bodies        atomic.Int64 // bytes of requests in hand

	mu    sync.Mutex
	links map[uint16]*link
}

// NewHub makes the lane. It does not listen. Close it.
func NewHub(cfg HubConfig) (*Hub, error) {
	if cfg.Roster == nil {
		return nil, errors.New("a hub without a roster")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{roster: cfg.Roster, log: cfg.Log, links: map[uint16]*link{}}
	for kind := range h.turns {
		h.turns[kind] = make(chan struct{}, turns)
	}
	h.ctx, h.end = context.WithCancel(context.Background())
	h.work.Go(h.beat)
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
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.links {
		l.put(header{kind: recordBatch}, batch)
	}
	return nil
}

// beat has each link beat, until Close.
func (h *Hub) beat() {
	tick := time.NewTicker(beating)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		h.mu.Lock()
		for _, l := range h.links {
			l.beat()
		}
		h.mu.Unlock()
	}
}

func (h *Hub) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	if len(request) > lane.MaxMessage {
		return nil, lane.ErrTooLong
	}
	h.mu.Lock()
	l := h.links[to]
	h.mu.Unlock()
	switch {
	case h.ctx.Err() != nil:
		return nil, lane.ErrClosed
	case l == nil:
		return nil, lane.ErrNobody
	}
	answer, err := l.ask(ctx, header{kind: recordAsk}, request)
	if err != nil && h.ctx.Err() != nil {
		return nil, lane.ErrClosed
	}
	return answer, err
}

// take makes a link the one of its edge, and ends that edge's older one. It asks the roster once more, since Drop may
// have been called before there was anything to end.
func (h *Hub) take(l *link) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil || !l.member() {
		return false
	}
	if older := h.links[l.number]; older != nil {
		older.end()
	}
	h.links[l.number] = l
	h.work.Add(1)
	return true
}

// leave forgets a link that has ended.
func (h *Hub) leave(l *link) {
	l.end()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.links[l.number] == l {
		delete(h.links, l.number)
	}
	h.work.Done()
}

func (h *Hub) Drop(number uint16) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.links[number]; l != nil {
		l.end()
		delete(h.links, number)
	}
}

func (h *Hub) Figures() lane.Figures {
	f := lane.Figures{Slow: h.slow.Load(), In: h.in.Load(), Out: h.out.Load()}
	h.mu.Lock()
	defer h.mu.Unlock()
	f.Links = len(h.links)
	return f
}

// Close ends all links, and waits a while for what is in hand.
func (h *Hub) Close() error {
	h.mu.Lock()
	h.end()
	for _, l := range h.links {
		l.end()
	}
	h.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.work.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(closing):
	}
	return nil
}
