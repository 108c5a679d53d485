//go:build !nofleet

package natslane

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

var _ lane.Hub = (*Hub)(nil)

// Hub is the lane of the hub over NATS.
type Hub struct {
	link   *link
	server *embedded // nil: a cluster
}

// NewHub starts the server and connects to it, or connects to a cluster, where it waits up to 2 s for each address and
// then goes on in the background. Errors are mistakes of the configuration, or an address where it cannot listen.
func NewHub(cfg HubConfig) (*Hub, error) {
	l, err := newLink(cfg.Fleet, lane.HubNumber, cfg.Log)
	if err != nil {
		return nil, err
	}
	h := &Hub{link: l}
	options, address := clientOptions(l, cfg.Servers, cfg.Credentials)
	if len(cfg.Servers) == 0 {
		if h.server, err = embed(l.subjects, cfg, l.log); err != nil {
			return nil, err
		}
		options = []nats.Option{nats.InProcessServer(h.server.nats), nats.PingInterval(-1), nats.ReconnectWait(0)}
	}
	if err := l.connect(address, options...); err != nil {
		h.server.stop()
		return nil, err
	}
	return h, nil
}

// Addr is where the embedded server listens, host:port; empty without one.
func (h *Hub) Addr() string { return h.server.addr() }

func (h *Hub) Publish(batch []byte) error {
	if len(batch) > lane.MaxMessage {
		return lane.ErrTooLong
	}
	if !h.server.publishes(len(batch)) {
		return fmt.Errorf("there is no room for %d bytes to each link", len(batch))
	}
	if err := h.link.nc.Publish(h.link.published(), batch); err != nil {
		return unsent(err)
	}
	return nil
}

func (h *Hub) Serve(handler lane.Handler) error {
	l := h.link
	kinds := map[string]answering{"up": handler.Send, "fetch": handler.Fetch, "hub": handler.Ask}
	if handler.Fetch != nil {
		kinds["fetch"] = h.server.answers(handler.Fetch)
	}
	for kind, f := range kinds {
		if f == nil {
			continue
		}
		// An answer goes to its asker alone: the hub may publish anywhere, so that an edge could have it answer into
		// the log or to another.
		err := l.serve(string(l.subjects)+kind+".*", func(m *nats.Msg) (uint16, bool) {
			from, ok := number(m.Subject)
			asker, waits := l.asker(m.Reply, lane.HubNumber)
			return from, ok && waits && asker == from
		}, f)
		if err != nil {
			return err
		}
	}
	return l.flush()
}

func (h *Hub) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	return h.link.ask(ctx, to, h.link.of("home", to), request)
}

func (h *Hub) Drop(number uint16) { h.server.drop(number) }

// Figures are of the embedded server; with a cluster they are what the hub itself sent and received, and no links.
func (h *Hub) Figures() lane.Figures {
	own := h.link.nc.Stats()
	if h.server == nil {
		return lane.Figures{In: own.InBytes, Out: own.OutBytes}
	}
	return h.server.figures(own)
}

func (h *Hub) Close() error {
	h.link.end()
	h.server.stop()
	return nil
}
