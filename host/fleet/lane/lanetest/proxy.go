package lanetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy passes TCP connections on to an address, and does to them what networks do. Its methods may be called
// concurrently.
type Proxy struct {
	listener net.Listener

	mu            sync.Mutex
	to            string
	delay, jitter time.Duration
	open          chan struct{} // closed while bytes pass
	flows         map[*flow]bool
	closed        bool
}

// A flow is a connection and the one that it is passed on to.
type flow struct {
	near, far net.Conn
	frozen    chan struct{} // closed: no byte passes any more
	freeze    func()
	ended     chan struct{}
	end       func()
}

const (
	chunk    = 32 << 10 // bytes read at a time
	inFlight = 64       // chunks under way in one direction; then the proxy stops reading
)

// NewProxy listens on a free port of this machine. Each chunk is delayed in both directions by delay ± jitter, in
// order.
func NewProxy(to string, delay, jitter time.Duration) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for a proxy: %w", err)
	}
	p := &Proxy{
		listener: l, to: to, delay: delay, jitter: jitter, open: make(chan struct{}), flows: map[*flow]bool{},
	}
	close(p.open)
	go p.accept()
	return p, nil
}

// Addr is where the proxy listens, host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Delay changes the delay of what is read from now on.
func (p *Proxy) Delay(delay, jitter time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay, p.jitter = delay, jitter
}

// Redirect passes new connections on to another address.
func (p *Proxy) Redirect(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
}

// Hold stops all bytes, of new connections too, until Release. Nobody is told.
func (p *Proxy) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		p.open = make(chan struct{})
	default:
	}
}

// Release lets what was held pass.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}

// Freeze makes the connections of now dead for ever without telling either side, as a router does that forgets them.
// New ones work.
func (p *Proxy) Freeze() { p.each(func(f *flow) { f.freeze() }) }

// Cut closes the connections of now. New ones work.
func (p *Proxy) Cut() { p.each(func(f *flow) { f.end() }) }

// Close ends the proxy and its connections.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.listener.Close()
	p.Cut()
}

func (p *Proxy) each(do func(*flow)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range p.flows {
		do(f)
	}
}

func (p *Proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.pass(near)
	}
}

// pass serves one connection until it ends.
func (p *Proxy) pass(near net.Conn) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	far, err := net.Dial("tcp", to)
	if err != nil {
		near.Close()
		return
	}
	f := &flow{near: near, far: far, frozen: make(chan struct{}), ended: make(chan struct{})}
	f.freeze = sync.OnceFunc(func() { close(f.frozen) })
	f.end = sync.OnceFunc(func() { close(f.ended); near.Close(); far.Close() })
	p.mu.Lock()
	p.flows[f] = true
	closed := p.closed
	p.mu.Unlock()
	if closed {
		f.end()
	}
	var both sync.WaitGroup
	both.Go(func() { p.pump(f, near, far) })
	both.Go(func() { p.pump(f, far, near) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.flows, f)
}

// parcel is a chunk and when it arrives.
type parcel struct {
	at   time.Time
	data []byte
}

// pump carries one direction of a flow.
func (p *Proxy) pump(f *flow, from, to net.Conn) {
	way := make(chan parcel, inFlight)
	var writer sync.WaitGroup
	writer.Go(func() { p.deliver(f, to, way) })
	defer writer.Wait()
	defer close(way)
	for {
		data := make([]byte, chunk)
		n, err := from.Read(data)
		select {
		case <-f.frozen:
			<-f.ended // an error of one side does not reach the other
			return
		default:
		}
		if n > 0 {
			select {
			case way <- parcel{time.Now().Add(p.drawDelay()), data[:n]}:
			case <-f.ended:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) drawDelay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jitter <= 0 {
		return p.delay
	}
	return max(0, p.delay+rand.N(2*p.jitter)-p.jitter)
}

// deliver writes what is under way, and ends the flow after the last.
func (p *Proxy) deliver(f *flow, to net.Conn, way <-chan parcel) {
	for parcel := range way {
		if !passes(f, time.After(time.Until(parcel.at))) || !passes(f, p.gate()) {
			break
		}
		if _, err := to.Write(parcel.data); err != nil {
			break
		}
	}
	select {
	case <-f.frozen:
		<-f.ended
	default:
		f.end()
	}
	for range way { // its sender may wait
	}
}

func (p *Proxy) gate() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// passes reports whether what c stands for came before the flow ended or froze.
func passes[T any](f *flow, c <-chan T) bool {
	select {
	case <-f.frozen:
		return false
	case <-f.ended:
		return false
	case <-c:
		return true
	}
}
