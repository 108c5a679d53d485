//go:build !nofleet

package natslane

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// embedded is a NATS server in this process. A nil one does nothing.
type embedded struct {
	nats   *server.Server
	roster lane.Roster
	room   *room
	subjects

	mu    sync.Mutex
	links map[uint16]uint64 // the id that the server gave to the newest link of a number
}

// embed starts a server.
func embed(s subjects, cfg HubConfig, log *slog.Logger) (*embedded, error) {
	host, port, err := hostPort(cfg.Listen)
	if err != nil {
		return nil, err
	}
	if cfg.Roster == nil {
		return nil, errors.New("a hub without a roster")
	}
	t, err := linktls.Members(cfg.Key, cfg.Roster)
	if err != nil {
		return nil, err
	}
	e := &embedded{roster: cfg.Roster, subjects: s, links: map[uint16]uint64{}}
	e.room = &room{count: e.waiting, drop: func(link uint64) { e.nats.DisconnectClientByID(link) }}
	e.nats, err = server.NewServer(&server.Options{
		ServerName:                 "edgetoken",
		Host:                       host,
		Port:                       port,
		TLSConfig:                  t,
		TLSHandshakeFirst:          true,
		TLSTimeout:                 dialing.Seconds(),
		CustomClientAuthentication: e,
		NoSystemAccount:            true,
		NoSigs:                     true,
		MaxPayload:                 1 << 20,
		MaxPending:                 pending / 4,
		MaxSubs:                    64,
		MaxSubTokens:               8,
		MaxClosedClients:           64, // kept for a monitoring page that there is not
		WriteDeadline:              2 * time.Second,
		PingInterval:               time.Second,
		MaxPingsOut:                2,
	})
	if err != nil {
		return nil, fmt.Errorf("make the NATS server: %w", err)
	}
	l := &serverLog{log: log}
	e.nats.SetLoggerV2(l, false, false, false)
	go e.nats.Start()
	for range 100 {
		if e.nats.ReadyForConnections(100 * time.Millisecond) {
			return e, nil
		}
		if l.fatal() != "" {
			break
		}
	}
	e.stop()
	return nil, fmt.Errorf("start the NATS server on %s: %s", cfg.Listen, cmp.Or(l.fatal(), "it does not accept"))
}

// hostPort reads an address for the server, to whom the port 0 is NATS' own and -1 any that is free.
func hostPort(address string) (host string, port int, err error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("the address of the NATS server: %w", err)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("the port of the NATS server: %w", err)
	}
	if n == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(n), nil
}

// Check is asked by the server who may come in. The hub itself comes by a pipe. An edge has shown its key in the
// handshake; it gets the permissions of its number, and its older link ends.
func (e *embedded) Check(c server.ClientAuthentication) bool {
	state := c.GetTLSConnectionState()
	if state == nil {
		a := c.RemoteAddress()
		return a != nil && a.Network() == "pipe"
	}
	key, ok := linktls.PeerKey(state)
	if !ok {
		return false
	}
	n, ok := e.roster(key)
	if !ok {
		return false
	}
	c.RegisterUser(&server.User{Username: "edge " + strconv.Itoa(int(n)), Permissions: e.permissions(n)})
	if older, ok := e.exchange(n, c.GetID()); ok {
		e.nats.DisconnectClientByID(older)
	}
	return e.still(key, n) // withdrawn meanwhile, and Drop may not have seen this link
}

func (e *embedded) still(key ed25519.PublicKey, n uint16) bool {
	now, ok := e.roster(key)
	return ok && now == n
}

func (e *embedded) exchange(n uint16, link uint64) (older uint64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	older, ok = e.links[n]
	e.links[n] = link
	return older, ok
}

// permissions are those of an edge; the documentation of the package has them as text.
func (e *embedded) permissions(n uint16) *server.Permissions {
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{
			e.of("up", n), e.of("fetch", n), e.of("hub", n), string(e.subjects) + "home.*",
			string(e.subjects) + "inbox.*." + strconv.Itoa(int(n)) + ".>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{e.published(), e.of("home", n), e.inbox(n) + ">"}},
	}
}

func (e *embedded) drop(n uint16) {
	if e == nil {
		return
	}
	e.mu.Lock()
	link, ok := e.links[n]
	delete(e.links, n)
	e.mu.Unlock()
	if ok {
		e.nats.DisconnectClientByID(link)
	}
}

// publishes makes room for a message to each link, and reports whether there is some. A nil server always has.
func (e *embedded) publishes(bytes int) bool {
	if e == nil {
		return true
	}
	return e.room.publish(bytes, e.nats.NumClients())
}

// answers has what makes large answers wait until there is room for one.
func (e *embedded) answers(f answering) answering {
	if e == nil {
		return f
	}
	return func(ctx context.Context, from uint16, body []byte) (answer []byte) {
		if !e.room.reserve(ctx, lane.MaxMessage) {
			return nil
		}
		defer func() { e.room.release(lane.MaxMessage, len(answer)) }()
		return f(ctx, from, body)
	}
}

// waiting is what waits for each link.
func (e *embedded) waiting() []waits {
	z, err := e.nats.Connz(&server.ConnzOptions{Limit: math.MaxInt32})
	if err != nil {
		return nil
	}
	list := make([]waits, len(z.Conns))
	for i, c := range z.Conns {
		list[i] = waits{c.Cid, c.Pending}
	}
	return list
}

func (e *embedded) addr() string {
	if e == nil {
		return ""
	}
	return e.nats.Addr().String()
}

// figures subtracts what the hub's own client did, whose count is own.
func (e *embedded) figures(own nats.Statistics) lane.Figures {
	f := lane.Figures{Slow: uint64(max(0, e.nats.NumSlowConsumers())) + e.room.slow()}
	e.mu.Lock()
	for n, link := range e.links {
		if e.nats.GetClient(link) == nil {
			delete(e.links, n)
		}
	}
	f.Links = len(e.links)
	e.mu.Unlock()
	if v, err := e.nats.Varz(nil); err == nil {
		f.In = uint64(max(0, v.InBytes-int64(own.OutBytes)))
		f.Out = uint64(max(0, v.OutBytes-int64(own.InBytes)))
	}
	return f
}

func (e *embedded) stop() {
	if e == nil {
		return
	}
	e.nats.Shutdown()
	e.nats.WaitForShutdown()
}
