//go:build !nofleet

package natslane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

var _ lane.Edge = (*Edge)(nil)

// Edge is the lane of an edge over NATS.
type Edge struct{ link *link }

// NewEdge connects an edge. While the hub is away it waits up to 2 s for each address, and then goes on in the
// background. Errors are mistakes of the configuration.
func NewEdge(cfg EdgeConfig) (*Edge, error) {
	if cfg.Number <= lane.HubNumber {
		return nil, fmt.Errorf("an edge cannot have the number %d", cfg.Number)
	}
	l, err := newLink(cfg.Fleet, cfg.Number, cfg.Log)
	if err != nil {
		return nil, err
	}
	options, address := clientOptions(l, cfg.Servers, cfg.Credentials)
	if len(cfg.Servers) == 0 {
		t, err := linktls.Edge(cfg.Key, cfg.HubKey)
		if err != nil {
			return nil, err
		}
		if len(cfg.Addresses) == 0 {
			return nil, errors.New("no address of the hub")
		}
		address = "tls://" + strings.Join(cfg.Addresses, ",tls://")
		t.VerifyConnection = l.noting(t.VerifyConnection)
		options = append(options, nats.Secure(t), nats.TLSHandshakeFirst())
	}
	if err := l.connect(address, options...); err != nil {
		return nil, err
	}
	return &Edge{link: l}, nil
}

// noting is the check of the hub's key, which keeps what it says. A hub that does not know the key of this node takes
// the handshake and ends it afterwards.
func (l *link) noting(check func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		err := check(s)
		if err != nil {
			l.failed(lane.ErrNotHub)
		} else {
			l.failed(lane.ErrNotMember)
		}
		return err
	}
}

// clientOptions are those of a client of a cluster, and its addresses as nats.Connect takes them.
func clientOptions(l *link, servers []string, credentials string) ([]nats.Option, string) {
	options := []nats.Option{nats.SetCustomDialer(l)}
	if credentials != "" {
		options = append(options, nats.UserCredentials(credentials))
	}
	return options, strings.Join(servers, ",")
}

func (e *Edge) Send(ctx context.Context, frames []byte) ([]byte, error) {
	return e.link.ask(ctx, lane.HubNumber, e.link.of("up", e.link.own), frames)
}

func (e *Edge) Fetch(ctx context.Context, request []byte) ([]byte, error) {
	return e.link.ask(ctx, lane.HubNumber, e.link.of("fetch", e.link.own), request)
}

func (e *Edge) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	if to == lane.HubNumber {
		return e.link.ask(ctx, to, e.link.of("hub", e.link.own), request)
	}
	return e.link.ask(ctx, to, e.link.of("home", to), request)
}

func (e *Edge) Follow(ctx context.Context, take func(batch []byte)) error {
	sub, err := e.link.nc.SubscribeSync(e.link.published())
	if err != nil {
		return ended(ctx, err)
	}
	defer sub.Unsubscribe()
	if err := sub.SetPendingLimits(-1, unread); err != nil {
		return ended(ctx, err)
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		switch {
		case err == nil:
			take(m.Data)
		case errors.Is(err, nats.ErrSlowConsumer): // take was slow: some are lost
		default:
			return ended(ctx, err)
		}
	}
}

// ended is why a Follow ends.
func ended(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrBadSubscription):
		return lane.ErrClosed
	default:
		return fmt.Errorf("follow the hub: %w", err)
	}
}

func (e *Edge) Answer(f func(ctx context.Context, request []byte) []byte) {
	l := e.link
	err := l.serve(l.of("home", l.own),
		func(m *nats.Msg) (uint16, bool) { return l.asker(m.Reply, l.own) },
		func(ctx context.Context, _ uint16, body []byte) []byte { return f(ctx, body) })
	if err != nil {
		l.log.Error("answer the fleet", "err", err)
	}
}

func (e *Edge) Redial() { e.link.redial() }

func (e *Edge) Connected() bool { return e.link.up.Load() }

func (e *Edge) Fault() error { return e.link.why() }

func (e *Edge) Close() error {
	e.link.end()
	return nil
}
