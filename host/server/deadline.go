package server

import (
	"errors"
	"os"
	"sync"
	"time"
)

// deadline is that of one direction of a connection. net/http moves both seven times in a request, mostly to a later
// time, and each time the runtime would move a timer. Here the connection keeps its earlier deadline until that has
// passed, and only then gets the one that is wanted. A deadline in the past, by which net/http ends the read that looks
// whether the client is still there, reaches the connection only if that read has begun.
type deadline struct {
	mu      sync.Mutex
	wanted  time.Time // zero: none
	set     time.Time // the connection's own; zero: none
	begun   int       // how many reads or writes are under way
	stopped bool      // the wanted one had passed when it was wanted: nothing may begin
	ended   bool      // the connection's own is in the past, and not set
}

// move makes it t, or none for the zero time.
func (d *deadline) move(t time.Time, set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = t
	later := !d.set.IsZero() && (t.IsZero() || !t.Before(d.set))
	switch d.stopped = !later && !t.IsZero() && !t.After(time.Now()); {
	case d.stopped && d.begun == 0, later && !d.ended:
		return nil
	case later:
		t = d.set
	case !d.stopped:
		d.set = t
	}
	d.ended = d.stopped
	return set(t)
}

// begin begins a read or a write, unless the deadline has been stopped. Its end is end.
func (d *deadline) begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return os.ErrDeadlineExceeded
	}
	d.begun++
	return nil
}

func (d *deadline) end() {
	d.mu.Lock()
	d.begun--
	d.mu.Unlock()
}

// early reports whether err is that of a deadline which passed before the wanted one. The connection then has that.
func (d *deadline) early(err error, set func(time.Time) error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped || !d.wanted.IsZero() && !d.wanted.After(time.Now()) {
		return false
	}
	d.set, d.ended = d.wanted, false
	return set(d.set) == nil
}

// SetDeadline implements net.Conn.
func (c *connection) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *connection) SetReadDeadline(t time.Time) error {
	return c.reading.move(t, c.Conn.SetReadDeadline)
}

// SetWriteDeadline implements net.Conn.
func (c *connection) SetWriteDeadline(t time.Time) error {
	return c.writing.move(t, c.Conn.SetWriteDeadline)
}

// Read implements net.Conn. It counts the bytes of headers.
func (c *connection) Read(p []byte) (int, error) {
	if err := c.reading.begin(); err != nil {
		return 0, err
	}
	defer c.reading.end()
	n, err := c.Conn.Read(p)
	for n == 0 && err != nil && c.reading.early(err, c.Conn.SetReadDeadline) {
		n, err = c.Conn.Read(p)
	}
	if n > 0 && c.waits.Load() {
		for _, victim := range c.of.arrives(c, n) {
			_ = victim.Close()
		}
	}
	return n, err
}

// Write implements net.Conn.
func (c *connection) Write(p []byte) (int, error) {
	if err := c.writing.begin(); err != nil {
		return 0, err
	}
	defer c.writing.end()
	n, err := c.Conn.Write(p)
	for err != nil && c.writing.early(err, c.Conn.SetWriteDeadline) {
		var more int
		more, err = c.Conn.Write(p[n:])
		n += more
	}
	return n, err
}
