package service

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// FleetNode is what a stopped node has become in a fleet.
type FleetNode struct {
	Fleet     string   // its name
	Number    uint16   // of the node
	Name      string   // of the node
	Addresses []string // of the hub
	Warnings  []string
}

// stopped is the data directory of a stopped node, opened to change what the node is.
type stopped struct {
	cfg *config.Config
	dir datadir.Dir
	db  *store.DB
	log *slog.Logger
}

// openForFleet opens the data directory, which is made if it is missing and mayMake says so.
func openForFleet(cfg *config.Config, mayMake bool, log *slog.Logger) (*stopped, error) {
	dir := datadir.Of(cfg)
	db, notes, err := openStopped(dir, mayMake)
	for _, n := range notes {
		log.Info(n)
	}
	if err != nil {
		return nil, err
	}
	return &stopped{cfg, dir, db, log}, nil
}

// linkKey derives the link key of the node in a fleet. It makes the node secret if there is none.
func (s *stopped) linkKey(fleet [16]byte) (ed25519.PrivateKey, error) {
	secret, notes, err := s.dir.NodeSecret(true)
	for _, n := range notes {
		s.log.Info(n)
	}
	if err != nil {
		return nil, err
	}
	return linkkey.Derive(secret, fleet)
}

// manager makes the manager of the keys of the node.
func (s *stopped) manager() (*keys.Manager, error) {
	c, err := keysConfig(s.cfg, s.db, s.log)
	if err != nil {
		return nil, err
	}
	return keys.New(c), nil
}

// Found makes a stopped node the hub of a new fleet. addresses, host:port or just a host, are those that edges dial;
// nil: fleet.address, or the name of this machine.
func Found(ctx context.Context, cfg *config.Config, name string, addresses []string, log *slog.Logger) (
	n FleetNode, err error) {
	if err := join.CheckName(name); err != nil {
		return n, err
	}
	if addresses, err = dialled(cfg, addresses); err != nil {
		return n, err
	}
	s, err := openForFleet(cfg, true, log)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	if m := s.db.Membership(); m.Role != store.Alone {
		return n, inFleet(m)
	}
	manager, err := s.manager()
	if err != nil {
		return n, err
	}
	if err := manager.CheckFleet(ctx); err != nil {
		return n, err
	}
	m := store.Membership{Role: store.Hub, Fleet: name, Addresses: addresses}
	if _, err := rand.Read(m.ID[:]); err != nil {
		return n, fmt.Errorf("name the fleet: %w", err)
	}
	key, err := s.linkKey(m.ID)
	if err != nil {
		return n, err
	}
	m.HubKey = linkkey.Public(key)
	if err := s.db.Found(ctx, m); err != nil {
		return n, err
	}
	if err := manager.Found(ctx); err != nil {
		return n, fmt.Errorf("this node is the hub now, but keys of an earlier fleet have no end yet: edgetoken keys "+
			"retire ends them: %w", err)
	}
	return FleetNode{Fleet: name, Number: fact.HubNumber, Name: "hub", Addresses: addresses}, nil
}

// dialled are the addresses at which other machines reach the fleet listener of the hub.
func dialled(cfg *config.Config, given []string) ([]string, error) {
	_, port, err := net.SplitHostPort(cfg.Fleet.Listen)
	if err != nil {
		return nil, fmt.Errorf("fleet.listen: %w", err)
	}
	if len(given) == 0 {
		given = cfg.Fleet.Addresses
	}
	if len(given) == 0 {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("name the hub by --address: this machine has no name: %w", err)
		}
		given = []string{host}
	}
	var list []string
	for _, a := range given {
		if _, _, err := net.SplitHostPort(a); err != nil {
			a = net.JoinHostPort(strings.Trim(a, "[]"), port)
		}
		if err := join.CheckAddress(a); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if len(list) > join.MaxAddresses {
		return nil, fmt.Errorf("a hub has at most %d addresses", join.MaxAddresses)
	}
	return list, nil
}

// inFleet says that a node is in a fleet already.
func inFleet(m store.Membership) error {
	if m.Role == store.Hub {
		return fmt.Errorf("this node is the hub of the fleet %s already: edgetoken fleet status shows it", m.Fleet)
	}
	return fmt.Errorf("this node is an edge of the fleet %s, whose hub is %s: edgetoken fleet leave makes it a single "+
		"node again", m.Fleet, strings.Join(join.Listeners(m.Addresses), ", "))
}

// Join makes a stopped node without customers an edge of the fleet that a token invites it to, and takes a copy of the
// hub's store in the place of its own. After an error the same call goes on where it was.
func Join(ctx context.Context, cfg *config.Config, token join.Token, name string, progress join.Progress,
	log *slog.Logger) (n FleetNode, err error) {
	s, err := openForFleet(cfg, true, log)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	if err := join.RemoveCopies(s.dir.Store()); err != nil {
		return n, err
	}
	key, err := s.linkKey(token.Fleet)
	if err != nil {
		return n, err
	}
	m := s.db.Membership()
	if m.Role != store.Edge || m.ID != token.Fleet {
		if n.Warnings, err = s.enter(ctx, token, key, name); err != nil {
			return n, err
		}
		m = s.db.Membership()
	}
	client, err := join.NewClient(key, m.HubKey, join.Listeners(m.Addresses))
	if err != nil {
		return n, err
	}
	copied, err := fetch(ctx, client, s.dir.Store(), progress)
	if err != nil {
		return n, fmt.Errorf("%w: %s", err, afterCopy(err))
	}
	defer func() { err = errors.Join(err, os.Remove(copied)) }()
	if err := s.db.Adopt(ctx, copied, false); err != nil {
		return n, fmt.Errorf("take the copy of the hub's store: %w", err)
	}
	warnings := n.Warnings
	n, err = s.inFleet()
	n.Warnings = warnings
	return n, err
}

// afterCopy says what to do about an error of a copy.
func afterCopy(err error) string {
	var refused join.Refusal
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return "it joins anew, with another number, by an invitation and an empty data directory (--data)"
	}
	return "this node has its number, and the same command goes on from here"
}

// enter has the hub give the node its number, and keeps that.
func (s *stopped) enter(ctx context.Context, token join.Token, key ed25519.PrivateKey, name string) (
	warnings []string, err error) {
	if err := s.mayEnter(ctx); err != nil {
		return nil, err
	}
	if name == "" {
		name = hostName()
	}
	client, err := join.NewClient(key, token.HubKey, token.Addresses)
	if err != nil {
		return nil, err
	}
	a, err := client.Join(ctx, join.NewRequest(token, key, name, join.IDs(s.db.IDs()), AgreedSettings(s.cfg)))
	if err != nil {
		if left := time.Until(token.Until); left < 0 && errors.Is(err, join.ErrRefused) {
			err = fmt.Errorf("%w (the invitation was good until %s)", err, token.Until.Format(time.RFC3339))
		}
		return nil, err
	}
	return a.Warnings, s.db.Enter(ctx, a.Number, a.Homes, store.Membership{Role: store.Edge, Fleet: token.Name,
		ID: token.Fleet, HubKey: token.HubKey, Addresses: a.Addresses})
}

// mayEnter refuses a node that is in a fleet, or has what the copy of the hub's store would replace.
func (s *stopped) mayEnter(ctx context.Context) error {
	if m := s.db.Membership(); m.Role != store.Alone {
		return inFleet(m)
	}
	manager, err := s.manager()
	if err != nil {
		return err
	}
	if err := manager.CheckFleet(ctx); err != nil {
		return err
	}
	stats, err := s.db.Stats(ctx)
	if err != nil {
		return err
	}
	groups, err := s.db.Groups(ctx)
	if err != nil {
		return err
	}
	if stats.Customers > 0 || len(groups) > 0 {
		return fmt.Errorf("%s has %d customers and %d groups, and an edge has those of its hub: move them there "+
			"first, with edgetoken customers export here and edgetoken customers import at the hub, then join with "+
			"an empty data directory (--data)", s.dir, stats.Customers, len(groups))
	}
	return nil
}

// hostName is the name of this machine as the name of a node; empty if it cannot be one.
func hostName() string {
	host, _ := os.Hostname()
	host, _, _ = strings.Cut(strings.ToLower(host), ".")
	if join.CheckName(host) != nil {
		return ""
	}
	return host
}

// fetchTries is how often a copy is fetched that breaks off.
const fetchTries = 5

// fetch fetches a copy of the hub's store, from its beginning again if it breaks off: the hub does not keep the one
// that it made, and another is of another state. It waits longer each time, since a copy costs the hub much.
func fetch(ctx context.Context, client *join.Client, path string, progress join.Progress) (copied string, err error) {
	for try := range fetchTries {
		if copied, err = client.Copy(ctx, path, progress); err == nil {
			return copied, nil
		}
		var refused join.Refusal
		if errors.As(err, &refused) && refused.After == 0 {
			return "", err
		}
		select {
		case <-time.After(cmp.Or(refused.After, time.Second<<try)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return "", err
}

// FleetOf says what a stopped node is in its fleet.
func FleetOf(cfg *config.Config, log *slog.Logger) (n FleetNode, err error) {
	s, err := openForFleet(cfg, false, log)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	return s.inFleet()
}

// inFleet is what the node is in its fleet. It is an error on a single node.
func (s *stopped) inFleet() (FleetNode, error) {
	m := s.db.Membership()
	if m.Role == store.Alone {
		return FleetNode{}, errors.New("this node is in no fleet")
	}
	member, _ := s.db.Member(s.db.Number()) // a node whose copy is yet to come does not know its name
	return FleetNode{Fleet: m.Fleet, Number: s.db.Number(), Name: member.Name,
		Addresses: join.Listeners(m.Addresses)}, nil
}

// Leave makes a stopped node a single node again, with all that it has.
func Leave(ctx context.Context, cfg *config.Config, log *slog.Logger) (n FleetNode, err error) {
	s, err := openForFleet(cfg, false, log)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	if n, err = s.inFleet(); err != nil {
		return n, err
	}
	manager, err := s.manager() // it knows how long the nodes of the fleet may issue tokens
	if err != nil {
		return n, err
	}
	if err := s.db.Leave(ctx); err != nil {
		return n, err
	}
	return n, manager.Leave(ctx)
}

// RestoredHub is the fleet whose hub was restored into the data directory of a stopped node; empty if it is no hub.
// stranger says that the edges do not know it any more: the node secret is another than that of the hub that was backed
// up.
func RestoredHub(cfg *config.Config, log *slog.Logger) (fleet string, stranger bool, err error) {
	s, err := openForFleet(cfg, false, log)
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	m := s.db.Membership()
	if m.Role != store.Hub {
		return "", false, nil
	}
	secret, _, err := s.dir.NodeSecret(false)
	if errors.Is(err, datadir.ErrNoSecret) {
		return m.Fleet, true, nil
	}
	if err != nil {
		return m.Fleet, false, err
	}
	key, err := linkkey.Derive(secret, m.ID)
	return m.Fleet, err == nil && linkkey.Public(key) != m.HubKey, err
}
