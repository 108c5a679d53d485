package service

import (
	"context"
	"net/http"
	"runtime/debug"
	"sync/atomic"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// generation is what is built from one configuration. Only its keys change, and the node follows them. A request ends
// on the generation that it began on.
type generation struct {
	cfg       *config.Config
	manager   *keys.Manager
	keys      *keyring.Source
	agreed    *fleet.Agreed             // nil: the node is in no fleet
	published atomic.Pointer[published] // what the API shows of keys
	node      *node.Node
	info      httpapi.Info
	handler   http.Handler
	admin     http.Handler
}

// begin begins a generation with the manager of its keys. build makes the rest.
func (s *Service) begin(cfg *config.Config) (g *generation, err error) {
	g = &generation{cfg: cfg}
	if s.fleet != nil {
		g.agreed = agreedOf(cfg)
	}
	g.manager, err = s.managerOf(cfg)
	return g, err
}

// build builds all but the manager of the keys. Its error names every mistake.
func (g *generation) build(ctx context.Context, s *Service, ring *keyring.Ring) (err error) {
	cfg := g.cfg
	g.info = httpapi.Info{Version: s.cfg.Version, Engine: s.engineName(cfg), ABI: abi.Version}
	if s.instances != nil {
		g.info.ModuleHash = s.instances.ModuleHash()
	}
	engine, err := s.engine(cfg, ring)
	if err != nil {
		return err
	}
	part := s.fleet.ofNode(g)
	g.node, err = node.New(node.Config{
		Engine: engine, Store: s.store, Settings: part.settings, UserIDField: userIDField(cfg), Passwords: cfg.Password,
		DecoyKey: s.decoyKey, Hashing: s.hashing, Hasher: s.hasher, Log: s.log, Repeats: s.repeats,
		Claims: cfg.Claims, FoldEmails: cfg.LoginMatch == config.CaseInsensitive, SessionAge: cfg.SessionAge,
		ListSessions: cfg.ListSessions,
		Now:          s.cfg.Now, VerifiesOnly: cfg.VerifiesOnly(), Fleet: part.fleet, AwayEngine: part.away,
	})
	if err != nil {
		return err
	}
	g.keys = keyring.NewSource(ring, func() (*keyring.Ring, error) { return g.manager.Ring(context.Background()) },
		func(ring *keyring.Ring) error { return s.useKeys(g, ring) })
	if err := g.publish(ctx); err != nil {
		return err
	}
	g.handler, err = httpapi.New(httpapi.Config{
		Node: g.node, Now: s.cfg.Now, Current: func() *node.Node { return s.current.Load().node },
		Keys:         func() *httpapi.PublishedKeys { return g.shown(s.now()) },
		AllowedHosts: cfg.Hosts(), ErrorHeader: cfg.ErrorHeader, AuthHeaderName: cfg.AuthHeaderName, Info: g.info,
		Log: s.log, Repeats: s.repeats,
		MaxBody: cfg.MaxBody, BodyMemory: cfg.BodyMemory, Bounds: s.bounds, MaxFields: cfg.MaxFields,
		TrustedHops: cfg.TrustedHops,
		Browser:     cfg.Browser, TokenCookies: cfg.TokenCookies, CORS: cfg.CORS, BehindProxy: cfg.BehindProxy,
		Throttles: cfg.Throttles, ThrottleHistory: s.history, LogEmails: cfg.LogEmails, Observe: s.metrics.observe,
		LoginAnswer: cfg.LoginAnswer, MinPassword: cfg.MinPassword, Samples: cfg.Samples, ForwardAuth: cfg.ForwardAuth,
		Bundle: g.publishedBundle(s), Fleet: s.fleet.shown(), Ready: s.fleet.ready(),
	})
	if err != nil {
		return err
	}
	api := adminConfig(cfg, s.store, s.hasher, g.manager,
		func(context.Context) (core.Engine, error) { return g.node.Engine(), nil })
	api.Log, api.Fleet = s.log, s.fleet.forAdmin()
	api.Bundle = func(ctx context.Context, since uint64) (bundle.Text, error) {
		if r := s.fleet.relayed(); r != nil {
			return r.Bundle(ctx, since)
		}
		return s.bundles.Latest(ctx, bundleSource(cfg, g.keys.Keys(), g.manager), since)
	}
	g.admin = admin.New(api)
	return nil
}

// use makes g the current generation.
func (s *Service) use(g *generation) {
	s.level.Set(g.cfg.LogLevel)
	s.bounds.Resize(g.cfg.BodyMemory)
	s.current.Store(g)
	if s.cfg.BoundMemory {
		debug.SetMemoryLimit(g.cfg.GoMemory())
		if g.cfg.Fleet.Hub {
			debug.SetGCPercent(hubGarbage)
		}
	}
}

// hubGarbage is how much garbage a hub has before it collects, in percent of what lives. Each link of an edge lives,
// and a thousand of them with as much garbage again take 30 MB more (docs/performance.md, "A fleet").
const hubGarbage = 25

// adminConfig is the part of a configuration that the admin API needs, in a node or in a command that works on its
// files.
func adminConfig(cfg *config.Config, db *store.DB, hasher hashing.Hasher, manager *keys.Manager,
	engine func(context.Context) (core.Engine, error)) admin.Config {
	return admin.Config{
		Store: db, Settings: cfg.Settings, UserIDField: userIDField(cfg),
		FoldEmails: cfg.LoginMatch == config.CaseInsensitive, Outbox: cfg.Outbox,
		MinPassword: cfg.MinPassword, Passwords: cfg.Password, Hasher: hasher, Claims: cfg.Claims,
		LoginAnswer: cfg.LoginAnswer,
		CheckAnswer: httpapi.CheckLoginAnswer, Permissions: httpapi.Permissions(), Engine: engine,
		Keys: manager,
	}
}

func userIDField(cfg *config.Config) store.Field {
	if cfg.UserIDField == "email" {
		return store.FieldEmail
	}
	return store.FieldID
}
