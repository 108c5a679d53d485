//go:build !nofleet

package natslane

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

const (
	turns       = 64               // questions of one kind that are answered at a time
	patience    = 30 * time.Second // how long the answering of one may take
	waitingRoom = 8 << 20          // bytes of questions of one kind that wait for their turn; more are lost
	unread      = 8 << 20          // bytes of batches that wait for Follow's take; more are lost
	dialing     = 2 * time.Second  // for a connection and its handshakes
	writing     = 5 * time.Second  // for one write
)

// link is what hub and edge share: a client's connection, the questions that wait at it, and what answers others'.
//
// It keeps its own account of whether the connection is up, since nats.Conn holds its lock while it dials, and asking
// it would wait for that.
type link struct {
	subjects
	own uint16 // the number of this node
	nc  *nats.Conn
	log *slog.Logger
	up  atomic.Bool

	ctx   context.Context // ends with Close
	close context.CancelFunc

	mu      sync.Mutex
	raw     net.Conn  // the one that was dialled last
	reached bool      // since the last wait a connection was made
	began   time.Time // of the link that is up, or was since the last wait; zero: there was none
	pace    lane.Pace
	fault   error                    // why there is no link; nil: there is one, or no dial has failed yet
	waiting map[string]chan<- answer // by what follows the own inbox in the subject of the answer
}

// answer is what a question led to.
type answer struct {
	body []byte
	err  error
}

func newLink(fleet string, own uint16, log *slog.Logger) (*link, error) {
	s, err := newSubjects(fleet)
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l := &link{subjects: s, own: own, log: log, waiting: map[string]chan<- answer{}}
	l.ctx, l.close = context.WithCancel(context.Background())
	return l, nil
}

// connect makes the connection. It goes on to dial for ever where that fails, and then too returns nil.
func (l *link) connect(address string, more ...nats.Option) error {
	first := make(chan struct{})
	begun := sync.OnceFunc(func() { close(first) })
	up := func(*nats.Conn) {
		l.mu.Lock()
		l.began, l.fault = time.Now(), nil
		l.mu.Unlock()
		l.up.Store(true)
		begun()
	}
	options := append([]nats.Option{
		nats.Name("edgetoken"),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(func(int) time.Duration { return l.wait() }),
		nats.ReconnectBufSize(-1), // nothing waits for a link: ErrNobody
		nats.PingInterval(time.Second),
		nats.MaxPingsOutstanding(2),
		nats.Timeout(dialing),
		nats.FlusherTimeout(writing),
		nats.ReconnectOnFlusherError(),
		nats.IgnoreDiscoveredServers(),
		nats.IgnoreAuthErrorAbort(),
		nats.CustomInboxPrefix(strings.TrimSuffix(l.inbox(l.own), ".")),
		nats.ConnectHandler(up),
		nats.ReconnectHandler(up),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			l.up.Store(false)
			l.failed(fmt.Errorf("the link was lost: %w", cmp.Or(err, io.EOF)))
			l.fail(lane.ErrLost)
			l.log.Debug("the link of the fleet is down", "err", err)
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.log.Debug("the link of the fleet", "err", err)
		}),
	}, more...)
	nc, err := nats.Connect(address, options...)
	if err != nil {
		return fmt.Errorf("connect to NATS: %w", err)
	}
	l.nc = nc
	if nc.IsConnected() {
		<-first // its handler runs in its own time
	}
	_, err = l.subscribe(l.inbox(l.own)+">", l.arrived)
	return err
}

// Dial is of nats.CustomDialer. It keeps the connection, so that Redial can end it whatever holds it up.
func (l *link) Dial(network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialing}
	c, err := d.DialContext(l.ctx, network, address)
	if err != nil {
		l.failed(err)
		return nil, err
	}
	l.failed(fmt.Errorf("%s takes the connection and does not keep it", address))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.raw, l.reached = c, true
	return c, nil
}

// failed keeps why there is no link, or will be none if what begins now comes to nothing.
func (l *link) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = err
}

// why is what failed has kept; nil while there is a link.
func (l *link) why() error {
	if l.up.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

// wait is how long to wait before all addresses are dialled once more.
func (l *link) wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := l.pace.Next(l.lasted(), l.reached)
	l.began, l.reached = time.Time{}, false
	return wait
}

// lasted is for how long there has been a link; 0: there was none. The caller holds mu.
func (l *link) lasted() time.Duration {
	if l.began.IsZero() {
		return 0
	}
	return time.Since(l.began)
}

// hangUp ends the connection, or a handshake on it.
func (l *link) hangUp() {
	l.up.Store(false)
	l.mu.Lock()
	raw := l.raw
	l.mu.Unlock()
	if raw != nil {
		raw.Close()
	}
}

// redial ends the connection, and dials again at once where the link has lasted, else after the wait that is due.
// ForceReconnect waits for a dial that goes on.
func (l *link) redial() {
	l.mu.Lock()
	lasted := l.lasted()
	l.mu.Unlock()
	l.hangUp()
	if lasted < lane.Lasting {
		return // the client notices, and waits by its pace
	}
	go func() {
		if err := l.nc.ForceReconnect(); err != nil {
			l.log.Debug("dial the hub again", "err", err)
		}
	}()
}

func (l *link) subscribe(subject string, take nats.MsgHandler) (*nats.Subscription, error) {
	sub, err := l.nc.Subscribe(subject, take)
	if errors.Is(err, nats.ErrConnectionClosed) {
		return nil, lane.ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return sub, sub.SetPendingLimits(-1, waitingRoom)
}

// ask sends a question to the node `to` under a subject, and waits for its answer.
func (l *link) ask(ctx context.Context, to uint16, subject string, question []byte) ([]byte, error) {
	switch {
	case len(question) > lane.MaxMessage:
		return nil, lane.ErrTooLong
	case l.ctx.Err() != nil:
		return nil, lane.ErrClosed
	case !l.up.Load():
		return nil, lane.ErrNobody
	}
	reply := l.answersOf(l.own, to) + rand.Text()
	key := reply[len(l.inbox(l.own)):]
	came := make(chan answer, 1)
	l.mu.Lock()
	l.waiting[key] = came
	l.mu.Unlock()
	defer l.forget(key)
	if err := l.nc.PublishRequest(subject, reply, question); err != nil {
		return nil, unsent(err)
	}
	select {
	case a := <-came:
		return a.body, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// unsent is what an error of publishing means.
func unsent(err error) error {
	switch {
	case errors.Is(err, nats.ErrConnectionClosed):
		return lane.ErrClosed
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return lane.ErrNobody
	default:
		return fmt.Errorf("%w: %w", lane.ErrLost, err)
	}
}

func (l *link) forget(key string) chan<- answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.waiting[key]
	delete(l.waiting, key)
	return c
}

// arrived takes an answer, or what the server says where nobody listens at the subject of the question.
func (l *link) arrived(m *nats.Msg) {
	c := l.forget(m.Subject[len(l.inbox(l.own)):])
	switch {
	case c == nil: // given up, or made up
	case len(m.Data) == 0 && m.Header.Get("Status") == "503":
		c <- answer{err: lane.ErrNobody}
	default:
		c <- answer{body: m.Data}
	}
}

// fail ends all questions that wait.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, c := range l.waiting {
		c <- answer{err: err}
		delete(l.waiting, key)
	}
}

// answering makes the answer to a question; nil: there is none.
type answering func(ctx context.Context, from uint16, body []byte) (answer []byte)

// serve answers what is asked at a subject. from says who asks, by the message; what is not ok is not answered.
func (l *link) serve(subject string, from func(*nats.Msg) (uint16, bool), f answering) error {
	turn := make(chan struct{}, turns)
	_, err := l.subscribe(subject, func(m *nats.Msg) {
		asker, ok := from(m)
		if !ok {
			return
		}
		select {
		case turn <- struct{}{}:
		case <-l.ctx.Done():
			return
		}
		go func() {
			defer func() { <-turn }()
			ctx, cancel := context.WithTimeout(l.ctx, patience)
			defer cancel()
			l.answer(m.Reply, f(ctx, asker, m.Data))
		}()
	})
	return err
}

func (l *link) answer(subject string, body []byte) {
	if body == nil {
		return
	}
	if len(body) > lane.MaxMessage {
		l.log.Error("an answer is longer than a lane carries", "bytes", len(body))
		return
	}
	if err := l.nc.Publish(subject, body); err != nil {
		l.log.Debug("answer over the link of the fleet", "err", err)
	}
}

func (l *link) end() {
	l.close()
	l.hangUp() // a dial that goes on ends, which Close below waits for
	l.nc.Close()
	l.fail(lane.ErrClosed)
}

// flush returns once the server has what was sent; at once where there is no link.
func (l *link) flush() error {
	if !l.up.Load() {
		return nil
	}
	if err := l.nc.FlushTimeout(dialing); err != nil && !errors.Is(err, nats.ErrTimeout) {
		return unsent(err)
	}
	return nil
}
