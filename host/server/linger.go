package server

import (
	"net"
	"net/http"
	"time"
)

// Closing a connection while its client still sends resets it, and the reset discards the response if the client has
// not read it yet (RFC 9112 §9.6). So if the request was not read to its end, the server first closes only its own
// direction, then reads and discards what still arrives, within bounds. A lingering connection counts as open and is
// the first to make room for another.

// lingerIdle is how long a connection lingers without receiving a byte. In total it lingers for ReadTimeout at most.
const lingerIdle = 5 * time.Second

// connectionKey is the context key of a request's connection.
type connectionKey struct{}

// connectionOf returns the connection of r; nil if r did not arrive through a Server.
func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}

// wasRead records that the current request was read to its end. c may be nil.
func (c *connection) wasRead() {
	if c != nil {
		c.whole.Store(true)
	}
}

// halfCloser is a connection that can close one direction.
type halfCloser interface{ CloseWrite() error }

// CloseWrite closes the server's direction.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(halfCloser); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection and frees its place. If the connection has to linger, that happens in the background.
func (c *connection) Close() error {
	_, half := c.Conn.(halfCloser)
	c.of.mu.Lock()
	lingers := half && !c.gone && !c.whole.Load() && !c.isWaiting()
	if lingers {
		c.of.waiting.pushFront(&c.inAll)
		c.from.waiting.pushFront(&c.inAddress)
	} else {
		c.of.remove(c)
	}
	c.of.mu.Unlock()
	if !lingers {
		return c.Conn.Close()
	}
	go c.linger()
	return nil
}

// linger reads until the client is done, then closes the connection.
func (c *connection) linger() {
	err := c.CloseWrite()
	buf := make([]byte, 4<<10)
	for last := time.Now().Add(c.of.limits.ReadTimeout); err == nil; {
		until := time.Now().Add(lingerIdle)
		if until.After(last) {
			until = last
		}
		if err = c.Conn.SetReadDeadline(until); err == nil {
			_, err = c.Conn.Read(buf)
		}
	}
	c.end()
}

// end closes the connection at once.
func (c *connection) end() {
	c.of.mu.Lock()
	c.of.remove(c)
	c.of.mu.Unlock()
	_ = c.Conn.Close()
}

// endWaiting closes all connections that wait for a request or linger.
func (l *connections) endWaiting() {
	l.mu.Lock()
	var open []net.Conn
	for p := l.waiting.front; p != nil; p = l.waiting.front {
		c := p.of
		l.remove(c)
		open = append(open, c.Conn)
	}
	l.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}
