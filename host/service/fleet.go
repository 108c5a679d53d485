package service

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/httplane"
	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
	"github.com/edgetoken/edgetoken/host/fleet/natslane"
	"github.com/edgetoken/edgetoken/host/fleet/natsrecord"
	"github.com/edgetoken/edgetoken/store"
)

// fleetPart is what the node does in a fleet, in whatever generation: it is the hub or an edge.
type fleetPart struct {
	s      *Service
	cfg    *config.Config // of the start
	key    ed25519.PrivateKey
	member store.Membership

	hub       *fleet.Hub  // nil at an edge
	edge      *fleet.Edge // nil at the hub
	hubLane   lane.Hub
	edgeLane  lane.Edge
	relay     *bundle.Relay        // of the hub's trust bundles; nil at the hub
	listener  net.Listener         // fleet.listen, at the hub
	handler   http.Handler         // of listener
	recorder  *natsrecord.Recorder // of the hub; nil: nothing records it
	natsAt    string               // where the hub's own NATS server listens; "": it has none
	agreed    *fleet.Agreed        // of cfg
	withdrawn atomic.Bool          // the node has learnt that it was taken out of the fleet
}

// openFleet opens what the node is in a fleet by its store; a node that is in none opens nothing.
func (s *Service) openFleet(ctx context.Context, cfg *config.Config) error {
	m := s.store.Membership()
	cfg.Fleet.Hub, cfg.Fleet.Edge = m.Role == store.Hub, m.Role == store.Edge
	if m.Role == store.Alone {
		return nil
	}
	secret, _, err := datadir.Of(cfg).NodeSecret(false)
	if err != nil {
		return fmt.Errorf("the node is in the fleet %s, whose nodes know it by its node secret: %w", m.Fleet, err)
	}
	f := &fleetPart{s: s, cfg: cfg, member: m}
	if f.key, err = linkkey.Derive(secret, m.ID); err != nil {
		return err
	}
	f.agreed = agreedOf(cfg)
	s.fleet = f
	s.closes = append(s.closes, f.close)
	if m.Role == store.Hub {
		err = f.openHub(ctx)
	} else {
		err = f.openEdge(ctx)
	}
	if err != nil {
		return fmt.Errorf("take part in the fleet %s: %w", m.Fleet, err)
	}
	return nil
}

// settings are what the nodes of the fleet must agree on.
func (f *fleetPart) settings() fleet.Settings {
	c := f.cfg.Fleet
	s := fleet.Settings{Staleness: c.Staleness, Skew: c.Skew}
	if c.Durability == config.DurabilityHub {
		s.Durability = fleet.AtHub
	}
	return s
}

// openHub listens for the nodes of the fleet, and answers them from now on.
func (f *fleetPart) openHub(ctx context.Context) (err error) {
	if linkkey.Public(f.key) != f.member.HubKey {
		return errors.New("the node secret is not that with which the fleet was founded, so that no edge would take " +
			"this node for its hub: put that one back (keys.secret)")
	}
	if err := f.moveHub(ctx); err != nil {
		return err
	}
	if f.listener, err = Listen(f.cfg.Fleet.Listen, "fleet.listen"); err != nil {
		return err
	}
	web, err := f.openHubLane()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/fleet/", join.NewHandler(join.Config{Store: f.s.store, Roster: f.roster, Lane: f.cfg.Fleet.Lane,
		Settings: func() join.Settings { return AgreedSettings(f.s.current.Load().cfg) },
		Lanes:    f.natsAddresses, Now: f.s.cfg.Now, Log: f.s.log}))
	if web != nil {
		mux.Handle(httplane.Prefix, web)
	}
	f.handler = mux
	recorder, err := f.openRecorder()
	if err != nil {
		return err
	}
	f.hub, err = fleet.NewHub(ctx, fleet.HubConfig{Store: f.s.store, Lane: f.hubLane, Key: f.key,
		Settings: f.settings(), LogAge: f.cfg.Fleet.LogAge, LogBytes: f.cfg.Fleet.LogBytes, Answer: f.answerHome,
		Calls: f.calls(), BundleEpoch: func() uint64 { return f.s.bundles.Figures().Epoch }, Recorder: recorder,
		Now: f.s.cfg.Now, Agreed: f.inForce, Log: f.s.log})
	return err
}

// openRecorder connects to what records the log of the hub; nil: nothing does.
func (f *fleetPart) openRecorder() (fleet.Recorder, error) {
	c := f.cfg.Fleet.Recorder
	if len(c.Servers) == 0 {
		return nil, nil
	}
	var err error
	f.recorder, err = natsrecord.New(natsrecord.Config{Fleet: f.member.Fleet, Servers: c.Servers,
		Credentials: c.Credentials, Age: c.Age, Log: f.s.log})
	if err != nil {
		return nil, fmt.Errorf("fleet.recorder: %w", err)
	}
	return f.recorder, nil
}

// moveHub writes down the addresses of the hub that are configured, where they are others than before.
func (f *fleetPart) moveHub(ctx context.Context) error {
	if len(f.cfg.Fleet.Addresses) == 0 || slices.Equal(f.cfg.Fleet.Addresses, f.member.Addresses) {
		return nil
	}
	f.member.Addresses = slices.Clone(f.cfg.Fleet.Addresses)
	return f.s.store.Found(ctx, f.member)
}

// openHubLane opens the lane; web answers below httplane.Prefix, nil where the lane is not HTTP.
func (f *fleetPart) openHubLane() (web http.Handler, err error) {
	c := f.cfg.Fleet
	if c.Lane == config.LaneHTTP {
		h, err := httplane.NewHub(httplane.HubConfig{Roster: f.roster, Log: f.s.log})
		if err != nil {
			return nil, err
		}
		f.hubLane = h
		return h, nil
	}
	if len(c.Servers) == 0 {
		if err := free(c.NATSListen, "fleet.nats_listen"); err != nil {
			return nil, err
		}
	}
	h, err := natslane.NewHub(natslane.HubConfig{Fleet: f.member.Fleet, Key: f.key, Roster: f.roster,
		Listen: c.NATSListen, Servers: c.Servers, Credentials: c.Credentials, Log: f.s.log})
	if err != nil {
		return nil, fmt.Errorf("fleet.lane: nats: %w", err)
	}
	f.hubLane, f.natsAt = h, h.Addr()
	return nil, nil
}

// natsScheme begins an address at which the hub's own NATS server listens.
const natsScheme = "nats://"

// natsAddresses are where edges reach the hub's own NATS server: the hosts of the hub, at the port of the server.
func (f *fleetPart) natsAddresses() []string {
	if f.natsAt == "" {
		return nil
	}
	list := atPort(join.Listeners(f.member.Addresses), f.natsAt)
	for i := range list {
		list[i] = natsScheme + list[i]
	}
	return list
}

// atPort are the hosts of addresses at the port of another.
func atPort(addresses []string, at string) (list []string) {
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if host, _, err := net.SplitHostPort(a); err == nil {
			list = append(list, net.JoinHostPort(host, port))
		}
	}
	return list
}

// roster knows the members by their keys.
func (f *fleetPart) roster(key ed25519.PublicKey) (number uint16, ok bool) {
	if len(key) != ed25519.PublicKeySize {
		return 0, false
	}
	return f.s.store.MemberOf([ed25519.PublicKeySize]byte(key))
}

// openEdge begins to dial the hub. An edge starts while its hub is away, too.
func (f *fleetPart) openEdge(ctx context.Context) error {
	if err := join.RemoveCopies(f.dir().Store()); err != nil {
		return err
	}
	f.withdrawn.Store(f.isWithdrawn())
	listeners, servers := f.addresses()
	client, err := join.NewClient(f.key, f.member.HubKey, listeners)
	if err != nil {
		return err
	}
	if f.edgeLane, err = f.newEdgeLane(listeners, servers); err != nil {
		return err
	}
	f.relay = bundle.NewRelay(func(ctx context.Context, request []byte) ([]byte, error) {
		return memberNode{f.edge, f}.AskHub(ctx, bundle.CallBundle, request)
	}, f.s.cfg.Now)
	f.edge, err = fleet.NewEdge(fleet.EdgeConfig{Store: f.s.store, Lane: f.edgeLane, Key: f.key,
		Settings: f.settings(), Answer: f.answerHome, Adopted: f.adopted, Now: f.s.cfg.Now, Log: f.s.log,
		Version: f.s.cfg.Version, Bundle: f.relay.Newer, Agreed: f.inForce,
		Copy: func(ctx context.Context) (string, error) { return fetch(ctx, client, f.dir().Store(), nil) }})
	return err
}

func (f *fleetPart) dir() datadir.Dir { return datadir.Of(f.cfg) }

// addresses are those of the hub: of its listener, and of its NATS server. fleet.address of an edge overrules what the
// hub said when the edge joined.
func (f *fleetPart) addresses() (listeners, servers []string) {
	all := f.member.Addresses
	if given := f.cfg.Fleet.Addresses; len(given) > 0 {
		all = given
	}
	listeners = join.Listeners(all)
	for _, a := range all {
		if server, ok := strings.CutPrefix(a, natsScheme); ok {
			servers = append(servers, server)
		}
	}
	if servers == nil {
		servers = atPort(listeners, f.cfg.Fleet.NATSListen)
	}
	return listeners, servers
}

// dials are the addresses that an edge dials, with those of NATS as URLs.
func (f *fleetPart) dials() []string {
	listeners, servers := f.addresses()
	switch c := f.cfg.Fleet; {
	case c.Lane == config.LaneHTTP:
		return listeners
	case len(c.Servers) > 0:
		return append(listeners, c.Servers...)
	}
	for _, server := range servers {
		listeners = append(listeners, natsScheme+server)
	}
	return listeners
}

func (f *fleetPart) newEdgeLane(listeners, servers []string) (lane.Edge, error) {
	c := f.cfg.Fleet
	if c.Lane == config.LaneHTTP {
		return httplane.NewEdge(httplane.EdgeConfig{Key: f.key, HubKey: f.member.HubKey[:], Addresses: listeners,
			Log: f.s.log})
	}
	n := natslane.EdgeConfig{Fleet: f.member.Fleet, Number: f.s.store.Number(), Log: f.s.log}
	if len(c.Servers) > 0 {
		n.Servers, n.Credentials = c.Servers, c.Credentials
	} else {
		n.Key, n.HubKey, n.Addresses = f.key, f.member.HubKey[:], servers
	}
	e, err := natslane.NewEdge(n)
	if err != nil {
		return nil, fmt.Errorf("fleet.lane: nats: %w", err)
	}
	return e, nil
}

// close ends what openFleet began. run has done so already, if it was called.
func (f *fleetPart) close() error {
	if f.listener != nil {
		_ = f.listener.Close()
	}
	return f.unlink()
}

// unlink ends the links of the node.
func (f *fleetPart) unlink() (err error) {
	if f.recorder != nil {
		err = f.recorder.Close()
	}
	switch {
	case f.hubLane != nil:
		return errors.Join(err, f.hubLane.Close())
	case f.edgeLane != nil:
		return errors.Join(err, f.edgeLane.Close())
	}
	return err
}
