package httplane

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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
	questions *queue
	asking    [kinds]chan struct{}
	out       atomic.Uint64
	again     chan struct{} // has one where the wait before the next dial is over

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup

	mu        sync.Mutex
	link      *conn // nil: none is up
	fault     error // why there is none; nil: no dial has failed yet
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
	return e.ask(ctx, kindSend, recordSend, 0, frames)
}

func (e *Edge) Fetch(ctx context.Context, request []byte) ([]byte, error) {
	return e.ask(ctx, kindFetch, recordFetch, 0, request)
}

func (e *Edge) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	kind := kindRoute
	if to == lane.HubNumber {
		kind = kindAsk
	}
	return e.ask(ctx, kind, recordAsk, to, request)
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
		take(batch.body)
		q.removeFirst()
	}
}

// next waits for the first of a queue.
func (e *Edge) next(ctx context.Context, q *queue) (waiting, error) {
	for {
		if e.ctx.Err() != nil {
			return waiting{}, lane.ErrClosed
		}
		if ctx.Err() != nil {
			return waiting{}, ctx.Err()
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

func (e *Edge) Fault() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.link != nil {
		return nil
	}
	return e.fault
}

func (e *Edge) Close() error {
	e.end()
	e.work.Wait()
	return nil
}

// current is the link that is up; nil: none.
func (e *Edge) current() *conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.link
}

func (e *Edge) up(l *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.link = l
}

// down ends a link.
func (e *Edge) down(l *conn) {
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
		began := time.Now()
		err := e.hold(e.addresses[i%len(e.addresses)])
		e.failed(err)
		e.log.Debug("the link of the fleet is down", "err", err)
		again, lasted := e.again, time.Since(began)
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

// failed keeps why a link ended, or was never up.
func (e *Edge) failed(err error) {
	if errors.Is(err, linktls.ErrStranger) {
		err = lane.ErrNotHub
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fault = err
}

// hold makes a link and takes what comes on it, until it ends.
func (e *Edge) hold(address string) error {
	l, from, err := e.open(address)
	if err != nil {
		return err
	}
	defer e.down(l)
	defer context.AfterFunc(e.ctx, l.end)()
	var p parts
	for first := true; ; {
		h, body, ok, err := p.read(from)
		if err != nil {
			return err
		}
		if first {
			first = false
			e.up(l)
			e.work.Go(func() { beat(l) })
		}
		if ok {
			e.take(l, h, body)
		}
	}
}

// beat has the hub hear from this edge, until the link ends.
func beat(l *conn) {
	tick := time.NewTicker(beating)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
			l.beat()
		}
	}
}

// take takes a record of the hub.
func (e *Edge) take(l *conn, h header, body []byte) {
	switch h.kind {
	case recordBatch:
		e.publish(body)
	case recordAnswer:
		l.answered(h, body)
	case recordAsk:
		if !e.questions.put(waiting{h, body, l}) {
			e.log.Warn("a question is lost: too many wait")
		}
	}
}

// open makes a link to the hub, and the reader of what comes on it.
func (e *Edge) open(address string) (*conn, io.Reader, error) {
	ctx, cancel := context.WithTimeout(e.ctx, greeting)
	defer cancel()
	tcp, err := (&net.Dialer{Timeout: reaching}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("dial the hub: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = tcp.Close() })()
	t := tls.Client(tcp, e.tls)
	from, err := upgrade(t, address)
	if err != nil {
		_ = tcp.Close()
		return nil, nil, fmt.Errorf("open a link to the hub: %w", err)
	}
	return newConn(e.ctx, t, false, &e.out, func() {}), from, nil
}

// upgrade asks the hub to make a link of a connection, and gives the reader of what comes on it.
func upgrade(t *tls.Conn, address string) (io.Reader, error) {
	r, err := http.NewRequest(http.MethodGet, "https://"+address+linkPath, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", protocol)
	if err := r.Write(t); err != nil {
		return nil, err
	}
	a := &arrivals{t, titleBytes}
	from := bufio.NewReader(a)
	answer, err := http.ReadResponse(from, r)
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode == http.StatusForbidden:
		return nil, lane.ErrNotMember
	case answer.StatusCode != http.StatusSwitchingProtocols || !upgrades(answer.Header):
		return nil, errors.New("it answers " + answer.Status)
	}
	a.title = -1
	return from, nil
}

// arrivals reads what the hub sends: the header of its first answer, then a link, which ends after a silence.
type arrivals struct {
	t     *tls.Conn
	title int // bytes that are left to the header; negative: it has passed
}

func (a *arrivals) Read(b []byte) (int, error) {
	if a.title < 0 {
		_ = a.t.SetReadDeadline(time.Now().Add(silence))
		return a.t.Read(b)
	}
	if a.title == 0 {
		return 0, errTooLong
	}
	n, err := a.t.Read(b[:min(len(b), a.title)])
	a.title -= n
	return n, err
}

// publish gives a batch to all who follow; one whose take is slow loses it.
func (e *Edge) publish(batch []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for q := range e.followers {
		q.put(waiting{body: batch})
	}
}

// answerAll answers what the hub asks.
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
			e.answerOne(q)
		})
	}
}

// answerOne answers a question over the link by which it came; nil: not at all.
func (e *Edge) answerOne(q waiting) {
	ctx, cancel := context.WithTimeout(q.by.ctx, patience)
	defer cancel()
	h := header{kind: recordAnswer, about: gaveNobody, id: q.header.id}
	var body []byte
	if f := e.answer.Load(); f != nil {
		if body = (*f)(ctx, q.body); body == nil {
			return
		}
		h.about = gaveAnswer
	}
	if len(body) > lane.MaxMessage {
		e.log.Error("an answer is longer than a lane carries", "bytes", len(body))
		return
	}
	if err := q.by.write(ctx, h, body); err != nil {
		e.log.Debug("answer over the link of the fleet", "err", err)
	}
}

// ask asks by the hub, and where there is no answer waits in vain, as on other lanes.
func (e *Edge) ask(ctx context.Context, kind int, record byte, to uint16, body []byte) ([]byte, error) {
	answer, err := e.call(ctx, kind, header{kind: record, about: to}, body)
	switch {
	case err == nil && answer == nil:
		<-ctx.Done()
		return nil, ctx.Err()
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && e.ctx.Err() != nil:
		return nil, lane.ErrClosed
	}
	return answer, err
}

// call asks once, in its turn. The answer is nil where there is none.
func (e *Edge) call(ctx context.Context, kind int, h header, body []byte) ([]byte, error) {
	l := e.current()
	switch {
	case len(body) > lane.MaxMessage:
		return nil, lane.ErrTooLong
	case l == nil:
		return nil, lane.ErrNobody
	}
	if l.enter(ctx, e.asking[kind]) != nil {
		return nil, lane.ErrNobody
	}
	defer func() { <-e.asking[kind] }()
	return l.ask(ctx, h, body)
}
