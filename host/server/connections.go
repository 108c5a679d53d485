package server

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connections is a listener that bounds how many connections are open, in total and per client address.
//
// When a bound is reached, a new connection replaces the one that has waited longest for a request, of that address or
// of all: a client that sends nothing, or a byte a second, makes room for one that asks something. If every connection
// is in the middle of a request, the new one is closed without a response. A client can safely repeat such a request,
// preferably to another node, and over TLS a response would need a handshake first.
//
// connections also bounds the memory of headers that are arriving. Beyond the bound it closes the connection whose
// header has become longest, so a short header that arrives at once never makes room for others.
type connections struct {
	net.Listener
	limits Limits
	log    *slog.Logger

	mu        sync.Mutex
	open      int
	waiting   line  // of all addresses
	arrived   int64 // bytes of all headers that are arriving
	addresses map[netip.Prefix]*addressConnections
	closed    int       // since lastLog
	lastLog   time.Time // when closed connections were last logged
}

// addressConnections are the open connections of one address.
type addressConnections struct {
	open    int
	waiting line // the one that has waited longest first
}

// connection is one open connection. connections.mu guards its fields, except for the atomic ones.
type connection struct {
	net.Conn
	of      *connections
	network netip.Prefix
	from    *addressConnections // that of network
	// Its places among the waiting connections; in none in the middle of a request.
	inAll, inAddress place
	arrived          int64 // bytes of its next header
	gone             bool
	// waits tells Read whether the connection waits for a request, so that Read locks only for bytes of headers.
	waits atomic.Bool
	// whole: the current request, or the last one, was read to its end.
	whole atomic.Bool

	reading, writing deadline // with locks of their own
}

func limitConnections(l net.Listener, limits Limits, log *slog.Logger) *connections {
	return &connections{
		Listener: l, limits: limits, log: log, addresses: map[netip.Prefix]*addressConnections{},
	}
}

// closedLogEvery is the least time between two records about closed connections.
const closedLogEvery = time.Minute

// Accept returns the next connection that there is room for.
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

// admit admits conn. toClose is the connection that must be closed, if any: another one, or conn itself, in which case
// c is nil.
func (l *connections) admit(conn net.Conn) (c *connection, toClose net.Conn) {
	var network netip.Prefix
	if client, ok := ParseClient(conn.RemoteAddr().String()); ok {
		network = client.Network
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.addresses[network]
	var oldest *place
	switch {
	case from != nil && from.open >= l.limits.ConnectionsPerAddress:
		oldest = from.waiting.front
	case l.open >= l.limits.Connections:
		oldest = l.waiting.front
	default:
		return l.add(conn, network), nil
	}
	l.logClosed()
	if oldest == nil {
		return nil, conn
	}
	victim := oldest.of
	l.remove(victim)
	return l.add(conn, network), victim.Conn
}

func (l *connections) add(conn net.Conn, network netip.Prefix) *connection {
	from := l.addresses[network]
	if from == nil {
		from = new(addressConnections)
		l.addresses[network] = from
	}
	c := &connection{Conn: conn, of: l, network: network, from: from}
	c.inAll.of, c.inAddress.of = c, c
	l.open++
	from.open++
	l.wait(c)
	return c
}

func (l *connections) wait(c *connection) {
	l.waiting.pushBack(&c.inAll)
	c.from.waiting.pushBack(&c.inAddress)
	c.waits.Store(true)
}

func (l *connections) remove(c *connection) {
	if c.gone {
		return
	}
	c.gone = true
	l.stopWaiting(c)
	l.open--
	if c.from.open--; c.from.open == 0 {
		delete(l.addresses, c.network)
	}
}

func (l *connections) stopWaiting(c *connection) {
	if c.isWaiting() {
		c.inAll.leave()
		c.inAddress.leave()
		c.waits.Store(false)
	}
	l.arrived -= c.arrived
	c.arrived = 0
}

// isWaiting reports whether it waits for a request or lingers.
func (c *connection) isWaiting() bool { return c.inAll.in != nil }

// arrives counts n bytes of c if they belong to a header. It returns the connections that must be closed for them.
func (l *connections) arrives(c *connection, n int) (toClose []net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.isWaiting() {
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

// mostArrived returns the connection whose header has become longest. A scan will do: each one closes a connection.
func (l *connections) mostArrived() *connection {
	var most *connection
	for p := l.waiting.front; p != nil; p = p.next {
		if c := p.of; most == nil || c.arrived > most.arrived {
			most = c
		}
	}
	return most
}

// changed is the server's ConnState. It keeps track of which connections wait for a request.
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
	case state == http.StateIdle && !c.isWaiting():
		l.wait(c)
	}
}

// logClosed counts a closed connection, and logs the count once in a while.
func (l *connections) logClosed() {
	l.closed++
	if now := time.Now(); now.Sub(l.lastLog) >= closedLogEvery {
		l.log.Warn("connections are closed: too many are open, or their headers take too much",
			"closed", l.closed, "open", l.open, "addresses", len(l.addresses))
		l.closed, l.lastLog = 0, now
	}
}
