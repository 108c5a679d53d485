package server

import (
	"container/list"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connections is a listener that bounds how many connections are open, in all and of each client address.
//
// Where a bound is reached, a new connection takes the place of the one that has waited longest for a request, of
// that address or of all: whoever sends nothing, or a byte a second, makes room for whoever asks something. Where
// every connection is in the middle of a request, the new one is closed. It gets no answer: what is closed before a
// byte of an answer can be sent again safely, to another node at best, and behind TLS an answer would need a
// handshake first.
//
// It bounds the memory of headers that are arriving too: where they take too much, the connection is closed of whose
// header most has arrived, so that a header that comes whole, and is short, never makes room for others.
type connections struct {
	net.Listener
	limits Limits
	log    *slog.Logger

	mu        sync.Mutex
	open      int
	waiting   *list.List // of *connection, of all addresses
	arrived   int64      // of all headers that are arriving, in bytes
	addresses map[netip.Prefix]*addressConnections
	closed    int       // since lastLog
	lastLog   time.Time // when connections that were closed were last logged
}

// addressConnections are the open connections of one address.
type addressConnections struct {
	open    int
	waiting *list.List // of *connection; the one that has waited longest is at the front
}

// connection is one open connection. What is not embedded belongs to connections.mu.
type connection struct {
	net.Conn
	of      *connections
	network netip.Prefix
	// The places among those that wait; nil while it is in the middle of a request.
	inAll, inAddress *list.Element
	arrived          int64 // of a header, in bytes
	gone             bool
	// waits: it is among those that wait. Read asks without the lock, which it needs for the bytes of headers alone.
	waits atomic.Bool
	// whole: the request that is, or was last, answered was read to its end.
	whole atomic.Bool
}

func limitConnections(l net.Listener, limits Limits, log *slog.Logger) *connections {
	return &connections{Listener: l, limits: limits, log: log, waiting: list.New(), addresses: map[netip.Prefix]*addressConnections{}}
}

// closedLogEvery is the time between two records about connections that were closed.
const closedLogEvery = time.Minute

// Accept gives the next connection that there is room for.
func (l *connections) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, toClose := l.admit(conn)
		if toClose != nil {
			_ = toClose.Close()
		}
		if c != nil {
			return c, nil
		}
	}
}

// admit takes a connection in. toClose is what has to go, if anything: another one, or conn itself, and then c is nil.
func (l *connections) admit(conn net.Conn) (c *connection, toClose net.Conn) {
	var network netip.Prefix
	if client, ok := ParseClient(conn.RemoteAddr().String()); ok {
		network = client.Network
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.addresses[network]
	var oldest *list.Element
	switch {
	case from != nil && from.open >= l.limits.ConnectionsPerAddress:
		oldest = from.waiting.Front()
	case l.open >= l.limits.Connections:
		oldest = l.waiting.Front()
	default:
		return l.add(conn, network), nil
	}
	l.logClosed()
	if oldest == nil {
		return nil, conn
	}
	victim := oldest.Value.(*connection)
	l.remove(victim)
	return l.add(conn, network), victim.Conn
}

func (l *connections) add(conn net.Conn, network netip.Prefix) *connection {
	from := l.addresses[network]
	if from == nil {
		from = &addressConnections{waiting: list.New()}
		l.addresses[network] = from
	}
	c := &connection{Conn: conn, of: l, network: network}
	l.open++
	from.open++
	c.inAll, c.inAddress = l.waiting.PushBack(c), from.waiting.PushBack(c)
	c.waits.Store(true)
	return c
}

func (l *connections) remove(c *connection) {
	if c.gone {
		return
	}
	c.gone = true
	l.stopWaiting(c)
	l.open--
	from := l.addresses[c.network]
	if from.open--; from.open == 0 {
		delete(l.addresses, c.network)
	}
}

func (l *connections) stopWaiting(c *connection) {
	if c.inAll != nil {
		l.waiting.Remove(c.inAll)
		l.addresses[c.network].waiting.Remove(c.inAddress)
		c.inAll, c.inAddress = nil, nil
		c.waits.Store(false)
	}
	l.arrived -= c.arrived
	c.arrived = 0
}

// Read reads, and counts what of a header arrives.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.waits.Load() {
		for _, victim := range c.of.arrives(c, n) {
			_ = victim.Close()
		}
	}
	return n, err
}

// arrives counts n bytes of a connection, if they are of a header, and gives what has to be closed for them.
func (l *connections) arrives(c *connection, n int) (toClose []net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.inAll == nil {
		return nil
	}
	c.arrived += int64(n)
	for l.arrived += int64(n); l.arrived > l.limits.HeaderMemory/HeaderWeight; {
		victim := l.mostArrived()
		l.remove(victim)
		l.logClosed()
		toClose = append(toClose, victim.Conn)
	}
	return toClose
}

// mostArrived is the connection of whose header most has arrived. It looks at all, since each time one of them goes.
func (l *connections) mostArrived() *connection {
	var most *connection
	for e := l.waiting.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*connection); most == nil || c.arrived > most.arrived {
			most = c
		}
	}
	return most
}

// changed is the ConnState of the server: it says which connections wait for a request.
func (l *connections) changed(conn net.Conn, state http.ConnState) {
	if outer, ok := conn.(*tls.Conn); ok {
		conn = outer.NetConn()
	}
	c, ok := conn.(*connection)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.gone:
	case state == http.StateActive:
		l.stopWaiting(c)
		c.whole.Store(false)
	case state == http.StateIdle && c.inAll == nil:
		c.inAll, c.inAddress = l.waiting.PushBack(c), l.addresses[c.network].waiting.PushBack(c)
		c.waits.Store(true)
	}
}

// logClosed writes a record about connections that were closed, once in a while.
func (l *connections) logClosed() {
	l.closed++
	if now := time.Now(); now.Sub(l.lastLog) >= closedLogEvery {
		l.log.Warn("connections are closed: too many are open, or their headers take too much", "closed", l.closed, "open", l.open, "addresses", len(l.addresses))
		l.closed, l.lastLog = 0, now
	}
}
