package httplane

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// link is the hub's side of a link.
type link struct {
	*conn
	hub    *Hub
	number uint16
	key    ed25519.PublicKey
	inHand [kinds]atomic.Int32 // its questions
}

// ServeHTTP takes the connection of an edge over, and returns.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, ok := linktls.PeerKey(r.TLS)
	number, member := uint16(0), false
	if ok {
		number, member = h.roster(key)
	}
	switch {
	case !member:
		w.Header().Set("Connection", "close")
		http.Error(w, "not a member of this fleet", http.StatusForbidden)
	case r.URL.Path != linkPath:
		http.NotFound(w, r)
	case r.Method != http.MethodGet || r.Body != http.NoBody || !upgrades(r.Header):
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", protocol)
		http.Error(w, "a link upgrades", http.StatusUpgradeRequired)
	default:
		h.upgrade(w, number, slices.Clone(key))
	}
}

// upgrade makes a link of the connection of an edge.
func (h *Hub) upgrade(w http.ResponseWriter, number uint16, key ed25519.PublicKey) {
	taken, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.log.Error("the lane over HTTP cannot take a connection over", "err", err)
		http.Error(w, "no link", http.StatusInternalServerError)
		return
	}
	t, ok := taken.(*tls.Conn)
	if !ok || buffered.Reader.Buffered() > 0 { // an edge waits for the answer before it speaks
		_ = taken.Close()
		return
	}
	l := &link{conn: newConn(h.ctx, t, true, &h.out, func() { h.slow.Add(1) }), hub: h, number: number, key: key}
	answer := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n"
	_ = t.SetWriteDeadline(time.Now().Add(writing))
	if _, err := io.WriteString(t, answer); err != nil || !h.take(l) {
		l.end()
		return
	}
	l.beat()
	go func() { // of its own, since that of net/http has grown and holds what the request needed
		defer h.leave(l)
		h.log.Debug("a link of the fleet is down", "number", number, "err", l.serve())
	}()
}

var (
	errWithdrawn = errors.New("it is no member any more")
	errRecord    = errors.New("it sends what no edge sends")
)

// serve takes what an edge sends, until the link ends.
func (l *link) serve() error {
	for {
		_ = l.net.SetReadDeadline(time.Now().Add(unheard))
		h, err := readHeader(l.net)
		if err != nil {
			return err
		}
		if !l.member() {
			return errWithdrawn
		}
		_ = l.net.SetReadDeadline(time.Now().Add(reading))
		if err := l.take(h); err != nil {
			return err
		}
		l.hub.in.Add(headerBytes + uint64(h.n))
	}
}

// member reports whether the edge is still one.
func (l *link) member() bool {
	number, ok := l.hub.roster(l.key)
	return ok && number == l.number
}

// take takes one record.
func (l *link) take(h header) error {
	kind := 0
	switch {
	case h.kind == recordBeat && h.n == 0:
		return nil
	case h.kind == recordAnswer:
		return l.takeAnswer(h)
	case h.kind == recordSend:
		kind = kindSend
	case h.kind == recordFetch:
		kind = kindFetch
	case h.kind == recordAsk && h.about == lane.HubNumber:
		kind = kindAsk
	case h.kind == recordAsk:
		kind = kindRoute
	default:
		return errRecord
	}
	if !l.hold(kind, h) {
		l.put(header{kind: recordAnswer, about: gaveNobody, id: h.id}, nil) // nothing was done
		return l.skip(h)
	}
	body, err := readBody(l.net, h)
	if err != nil {
		l.release(kind, h)
		return err
	}
	l.hub.work.Go(func() {
		defer l.release(kind, h)
		l.answer(kind, h, body)
	})
	return nil
}

// takeAnswer takes the answer to what the edge was asked.
func (l *link) takeAnswer(h header) error {
	defer l.hub.bodies.Add(-int64(h.n))
	if l.hub.bodies.Add(int64(h.n)) > bodyBytes {
		l.answered(header{id: h.id, about: gaveLost}, nil)
		return l.skip(h)
	}
	body, err := readBody(l.net, h)
	if err == nil {
		l.answered(h, body)
	}
	return err
}

// skip reads a body past.
func (l *link) skip(h header) error {
	_, err := io.CopyN(io.Discard, l.net, int64(h.n))
	return err
}

// hold reports whether there is room for a question; then release gives it back.
func (l *link) hold(kind int, h header) bool {
	inHand, bodies := l.inHand[kind].Add(1), l.hub.bodies.Add(int64(h.n))
	if inHand > asked || bodies > bodyBytes {
		l.release(kind, h)
		return false
	}
	return true
}

func (l *link) release(kind int, h header) {
	l.hub.bodies.Add(-int64(h.n))
	l.inHand[kind].Add(-1)
}

// answer answers a question in its turn. That of a long answer lasts until it is written: that many are in memory.
func (l *link) answer(kind int, h header, body []byte) {
	leave := func() {}
	if kind != kindRoute { // those wait for other nodes
		turn := l.hub.turns[kind]
		if l.enter(l.ctx, turn) != nil {
			return
		}
		leave = sync.OnceFunc(func() { <-turn })
	}
	defer leave()
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	o := l.outcome(ctx, kind, h.about, body)
	if len(o.body) > lane.MaxMessage {
		l.hub.log.Error("an answer is longer than a lane carries", "bytes", len(o.body))
		o = outcome{about: gaveNothing}
	}
	if len(o.body) <= piece {
		leave()
	}
	_ = l.write(l.ctx, header{kind: recordAnswer, about: o.about, id: h.id}, o.body)
}

// outcome is what a question leads to: here, or at the edge to which it goes.
func (l *link) outcome(ctx context.Context, kind int, to uint16, body []byte) outcome {
	var answer []byte
	var err error
	if kind == kindRoute {
		answer, err = l.hub.Ask(ctx, to, body)
	} else if f := l.hub.function(kind); f != nil {
		answer = f(ctx, l.number, body)
	} else {
		err = lane.ErrNobody
	}
	switch {
	case errors.Is(err, lane.ErrNobody):
		return outcome{about: gaveNobody}
	case err != nil && ctx.Err() == nil:
		return outcome{about: gaveLost}
	case answer == nil:
		return outcome{about: gaveNothing}
	default:
		return outcome{gaveAnswer, answer}
	}
}

// function is what answers a kind; nil: none.
func (h *Hub) function(kind int) func(context.Context, uint16, []byte) []byte {
	handler := h.handler.Load()
	if handler == nil {
		return nil
	}
	switch kind {
	case kindSend:
		return handler.Send
	case kindFetch:
		return handler.Fetch
	default:
		return handler.Ask
	}
}
