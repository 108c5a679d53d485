package httplane

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// conn is a link, on either side: records both ways. Nothing runs for it but who reads, and who has something to write.
type conn struct {
	net    *tls.Conn
	ctx    context.Context // ends with the link
	cancel context.CancelFunc
	slow   func()         // is told, once, that the other side takes nothing
	out    *atomic.Uint64 // bytes written

	ended atomic.Bool
	wrote atomic.Bool // since the last beat was due

	queue    *queue // of what nobody waits for
	draining atomic.Bool
	turn     chan struct{} // who holds it writes
	long     chan struct{} // and who has much to write holds this meanwhile
	cuts     bool          // long bodies into parts

	mu     sync.Mutex
	lastID uint64
	asked  map[uint64]chan outcome
}

func newConn(parent context.Context, t *tls.Conn, cuts bool, out *atomic.Uint64, slow func()) *conn {
	c := &conn{net: t, slow: slow, out: out, queue: newQueue(), turn: make(chan struct{}, 1),
		long: make(chan struct{}, 1), cuts: cuts}
	c.ctx, c.cancel = context.WithCancel(parent)
	return c
}

// end ends the link at once, without a word, which might have to wait.
func (c *conn) end() { c.endOnce() }

// endOnce reports whether this call was the one that ended the link.
func (c *conn) endOnce() bool {
	if !c.ended.CompareAndSwap(false, true) {
		return false
	}
	c.cancel()
	_ = c.net.NetConn().Close()
	return true
}

// tooSlow ends the link because of its reader.
func (c *conn) tooSlow() {
	if c.endOnce() {
		c.slow()
	}
}

// enter waits for a turn; leave it by receiving from it.
func (c *conn) enter(ctx context.Context, turn chan struct{}) error {
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ctx.Done():
		return lane.ErrLost
	}
}

// write writes a record. A long body goes in parts, between which others write: who reads it by a thin line hears them.
// The link has ended where that fails.
func (c *conn) write(ctx context.Context, h header, body []byte) error {
	if len(body) <= piece || !c.cuts {
		return c.writeOne(ctx, h, body)
	}
	if err := c.enter(ctx, c.long); err != nil {
		return err
	}
	defer func() { <-c.long }()
	for ; len(body) > piece; body = body[piece:] {
		if err := c.writeOne(c.ctx, header{kind: recordPart}, body[:piece]); err != nil {
			return err
		}
	}
	h.kind |= partsBefore
	return c.writeOne(c.ctx, h, body)
}

// writeOne writes a record in its turn. Pieces have their time each, so that a reader with a thin line has enough, and
// one that stands still does not.
func (c *conn) writeOne(ctx context.Context, h header, body []byte) error {
	if err := c.enter(ctx, c.turn); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	for r := record(h, body); len(r) > 0; {
		n := min(len(r), piece+headerBytes)
		_ = c.net.SetWriteDeadline(time.Now().Add(writing))
		if _, err := c.net.Write(r[:n]); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.tooSlow()
			}
			c.end()
			return lane.ErrLost
		}
		c.out.Add(uint64(n))
		r = r[n:]
	}
	c.wrote.Store(true)
	return nil
}

// put has a record written and waits for nothing. It ends the link where too much waits already.
func (c *conn) put(h header, body []byte) {
	if !c.queue.put(waiting{header: h, body: body}) {
		c.tooSlow()
		return
	}
	if c.draining.CompareAndSwap(false, true) {
		go c.drain()
	}
}

// drain writes what waits.
func (c *conn) drain() {
	for {
		for item, ok := c.queue.first(); ok; item, ok = c.queue.first() {
			if c.write(c.ctx, item.header, item.body) != nil {
				return
			}
			c.queue.removeFirst()
		}
		c.draining.Store(false)
		if _, more := c.queue.first(); !more || !c.draining.CompareAndSwap(false, true) {
			return
		}
	}
}

// beat writes a beat where nothing else has been written of late.
func (c *conn) beat() {
	if !c.wrote.Swap(false) {
		c.put(header{kind: recordBeat}, nil)
	}
}

// ask asks the other side, and waits until ctx or the link ends. Both results are nil where there is no answer.
func (c *conn) ask(ctx context.Context, h header, body []byte) ([]byte, error) {
	came := make(chan outcome, 1)
	c.mu.Lock()
	c.lastID++
	h.id = c.lastID
	if c.asked == nil {
		c.asked = map[uint64]chan outcome{}
	}
	c.asked[h.id] = came
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.asked, h.id)
	}()
	if err := c.write(ctx, h, body); err != nil {
		return nil, err
	}
	select {
	case o := <-came:
		return o.meaning()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ctx.Done():
		return nil, lane.ErrLost
	}
}

// answered takes the answer to a question, where somebody waits for it.
func (c *conn) answered(h header, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if came := c.asked[h.id]; came != nil {
		delete(c.asked, h.id)
		came <- outcome{h.about, body}
	}
}
