package httplane

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// EdgeConfig is what NewEdge takes.
type EdgeConfig struct {
	Key       ed25519.PrivateKey // of this edge
	HubKey    ed25519.PublicKey
	Addresses []string     // of the hub, host:port
	Log       *slog.Logger // nil: no log
}

var _ lane.Edge = (*Edge)(nil)

// Edge is the lane of an edge over HTTP.
type Edge struct {
	tls       *tls.Config
	addresses []string
	log       *slog.Logger
	answer    atomic.Pointer[func(context.Context, []byte) []byte]
	questions *queue // records of the stream
	asking    [kinds]chan struct{}
	again     chan struct{} // has one where the wait before the next dial is over

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup

	mu        sync.Mutex
	link      *link // nil: none is up
	followers map[*queue]bool
}

// NewEdge begins to dial, in the background. Errors are mistakes of the configuration.
func NewEdge(cfg EdgeConfig) (*Edge, error) {
	t, err := linktls.Edge(cfg.Key, cfg.HubKey)
	if err != nil {
		return nil, err
	}
	if len(cfg.Addresses) == 0 {
		return nil, errors.New("no address of the hub")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Edge{tls: t, addresses: cfg.Addresses, log: cfg.Log, questions: newQueue(), again: make(chan struct{}, 1),
		followers: map[*queue]bool{}}
	for kind, most := range asking {
		e.asking[kind] = make(chan struct{}, most)
	}
	e.ctx, e.end = context.WithCancel(context.Background())
	e.work.Go(e.dial)
	e.work.Go(e.answerAll)
	return e, nil
}

func (e *Edge) Send(ctx context.Context, frames []byte) ([]byte, error) {
	return e.ask(ctx, kindSend, "send", frames)
}

func (e *Edge) Fetch(ctx context.Context, request []byte) ([]byte, error) {
	return e.ask(ctx, kindFetch, "fetch", request)
}

func (e *Edge) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	kind := kindRoute
	if to == lane.HubNumber {
		kind = kindAsk
	}
	return e.ask(ctx, kind, "ask/"+strconv.Itoa(int(to)), request)
}

func (e *Edge) Follow(ctx context.Context, take func(batch []byte)) error {
	q := newQueue()
	e.mu.Lock()
	e.followers[q] = true
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.followers, q)
	}()
	for {
		batch, err := e.next(ctx, q)
		if err != nil {
			return err
		}
		take(batch)
		q.removeFirst()
	}
}

// next waits for the first of a queue.
func (e *Edge) next(ctx context.Context, q *queue) ([]byte, error) {
	for {
		if e.ctx.Err() != nil {
			return nil, lane.ErrClosed
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if item, ok := q.first(); ok {
			return item, nil
		}
		select {
		case <-q.filled:
		case <-ctx.Done():
		case <-e.ctx.Done():
		}
	}
}

func (e *Edge) Answer(answer func(ctx context.Context, request []byte) []byte) {
	e.answer.Store(&answer)
}

// Redial dials again at once where the link has lasted, else after the wait that is due.
func (e *Edge) Redial() {
	select {
	case e.again <- struct{}{}:
	default:
	}
	if l := e.current(); l != nil {
		e.down(l)
	}
}

func (e *Edge) Connected() bool { return e.current() != nil }

func (e *Edge) Close() error {
	e.end()
	e.work.Wait()
	return nil
}

// current is the link that is up; nil: none.
func (e *Edge) current() *link {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.link
}

func (e *Edge) up(l *link) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.link = l
}

// down ends a link.
func (e *Edge) down(l *link) {
	l.end()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.link == l {
		e.link = nil
	}
}

// dial holds a link to one address after the other, until Close.
func (e *Edge) dial() {
	var pace lane.Pace
	for i := 0; e.ctx.Err() == nil; i++ {
		l := newLink(e.ctx, e.tls, e.addresses[i%len(e.addresses)])
		err := e.read(l)
		e.down(l)
		l.client.CloseIdleConnections()
		e.log.Debug("the link of the fleet is down", "err", err)
		again, lasted := e.again, time.Since(l.began)
		if lasted < lane.Lasting {
			again = nil
		}
		var refused *net.OpError
		select {
		case <-time.After(pace.Next(lasted, !(errors.As(err, &refused) && refused.Op == "dial"))):
		case <-again:
		case <-e.ctx.Done():
		}
	}
}

// read takes what comes on the stream of a link, until that ends.
func (e *Edge) read(l *link) error {
	stream, err := l.open()
	if err != nil {
		return err
	}
	defer stream.Close()
	for first := true; ; first = false {
		kind, body, err := readRecord(stream)
		if err != nil {
			return err
		}
		if first {
			e.up(l)
			e.work.Go(l.ping)
		}
		switch kind {
		case recordBatch:
			e.publish(body)
		case recordQuestion:
			if len(body) >= questionID && !e.questions.put(body) {
				e.log.Warn("a question is lost: too many wait")
			}
		}
	}
}

// publish gives a batch to all who follow; one whose take is slow loses it.
func (e *Edge) publish(batch []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for q := range e.followers {
		q.put(batch)
	}
}

// answerAll answers what the stream asks.
func (e *Edge) answerAll() {
	turn := make(chan struct{}, turns)
	for {
		q, err := e.next(e.ctx, e.questions)
		if err != nil {
			return
		}
		select {
		case turn <- struct{}{}:
		case <-e.ctx.Done():
			return
		}
		e.questions.removeFirst()
		e.work.Go(func() {
			defer func() { <-turn }()
			e.answerOne(binary.BigEndian.Uint64(q), q[questionID:])
		})
	}
}

func (e *Edge) answerOne(id uint64, request []byte) {
	ctx, cancel := context.WithTimeout(e.ctx, patience)
	defer cancel()
	path := "answer/" + strconv.FormatUint(id, 10)
	var body []byte
	if f := e.answer.Load(); f == nil {
		path += "?nobody"
	} else if body = (*f)(ctx, request); body == nil {
		return
	}
	if len(body) > lane.MaxMessage {
		e.log.Error("an answer is longer than a lane carries", "bytes", len(body))
		return
	}
	if _, err := e.call(ctx, kindAnswer, path, body); err != nil {
		e.log.Debug("answer over the link of the fleet", "err", err)
	}
}

// ask asks the hub by one of its paths, and where that has no answer waits in vain, as on other lanes.
func (e *Edge) ask(ctx context.Context, kind int, path string, body []byte) ([]byte, error) {
	answer, err := e.call(ctx, kind, path, body)
	if err == nil && answer == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return answer, err
}

// call asks once, in its turn. The answer is nil where there is none.
func (e *Edge) call(ctx context.Context, kind int, path string, body []byte) ([]byte, error) {
	switch l := e.current(); {
	case len(body) > lane.MaxMessage:
		return nil, lane.ErrTooLong
	case e.ctx.Err() != nil:
		return nil, lane.ErrClosed
	case l == nil:
		return nil, lane.ErrNobody
	default:
		select {
		case e.asking[kind] <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.ctx.Done():
			return nil, lane.ErrNobody
		}
		defer func() { <-e.asking[kind] }()
		return e.callBy(ctx, l, path, body)
	}
}

func (e *Edge) callBy(ctx context.Context, l *link, path string, body []byte) ([]byte, error) {
	status, answer, err := l.post(ctx, path, body)
	switch {
	case err == nil:
		err = meaning(status)
	case ctx.Err() != nil:
		err = ctx.Err()
	case e.ctx.Err() != nil:
		err = lane.ErrClosed
	}
	if err != nil || status == statusNone {
		return nil, err
	}
	return answer, nil
}
