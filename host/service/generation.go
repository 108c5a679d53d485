package service

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// generation is what is built from one configuration. Only its keys change, and the node follows them. A request ends
// on the generation that it began on.
type generation struct {
	cfg     *config.Config
	keys    *keyring.Source
	node    *node.Node
	info    httpapi.Info
	handler http.Handler
	admin   http.Handler
}

// generation builds a generation. Its error names every mistake.
func (s *Service) generation(cfg *config.Config, ring *keyring.Ring) (*generation, error) {
	g := &generation{cfg: cfg, info: httpapi.Info{Version: s.cfg.Version, Engine: s.engineName(cfg), ABI: abi.Version}}
	if s.instances != nil {
		g.info.ModuleHash = s.instances.ModuleHash()
	}
	engine, err := s.engine(cfg, ring)
	if err != nil {
		return nil, err
	}
	g.node, err = node.New(node.Config{
		Engine: engine, Store: s.store, Settings: cfg.Settings, UserIDField: userIDField(cfg), Passwords: cfg.Password,
		Hashing: s.hashing, Hasher: s.hasher, Log: s.log, Repeats: s.repeats,
		Claims: cfg.Claims, FoldEmails: cfg.LoginMatch == config.CaseInsensitive, SessionAge: cfg.SessionAge,
	})
	if err != nil {
		return nil, err
	}
	g.keys = keyring.NewSource(ring, func() (*keyring.Ring, error) { return datadir.Of(cfg).OpenKeys(false) },
		func(ring *keyring.Ring) error { return s.useKeys(g, ring) })
	g.handler, err = httpapi.New(httpapi.Config{
		Node: g.node, Current: func() *node.Node { return s.current.Load().node },
		Keys:         s.published,
		AllowedHosts: cfg.Hosts(), ErrorHeader: cfg.ErrorHeader, AuthHeaderName: cfg.AuthHeaderName, Info: g.info,
		Log: s.log, Repeats: s.repeats,
		MaxBody: cfg.MaxBody, BodyMemory: cfg.BodyMemory, Bounds: s.bounds, MaxFields: cfg.MaxFields,
		TrustedHops: cfg.TrustedHops,
		Browser:     cfg.Browser, TokenCookies: cfg.TokenCookies, CORS: cfg.CORS, BehindProxy: cfg.BehindProxy,
		Throttles: cfg.Throttles, ThrottleHistory: s.history, LogEmails: cfg.LogEmails, Observe: s.metrics.observe,
		LoginAnswer: cfg.LoginAnswer, Samples: cfg.Samples, ForwardAuth: cfg.ForwardAuth,
	})
	if err != nil {
		return nil, err
	}
	api := adminConfig(cfg, s.store, s.hasher,
		func(context.Context) (core.Engine, error) { return g.node.Engine(), nil })
	api.Log = s.log
	g.admin = admin.New(api)
	return g, nil
}

// use makes g the current generation.
func (s *Service) use(g *generation) {
	s.level.Set(g.cfg.LogLevel)
	s.bounds.Resize(g.cfg.BodyMemory)
	s.current.Store(g)
	if s.cfg.BoundMemory {
		debug.SetMemoryLimit(g.cfg.GoMemory())
	}
}

// adminConfig is the part of a configuration that the admin API needs, in a node or in a command that works on its
// files.
func adminConfig(cfg *config.Config, db *store.DB, hasher hashing.Hasher,
	engine func(context.Context) (core.Engine, error)) admin.Config {
	return admin.Config{
		Store: db, Settings: cfg.Settings, UserIDField: userIDField(cfg),
		FoldEmails: cfg.LoginMatch == config.CaseInsensitive, Outbox: cfg.Outbox,
		MinPassword: cfg.MinPassword, Passwords: cfg.Password, Hasher: hasher, Claims: cfg.Claims,
		LoginAnswer: cfg.LoginAnswer,
		CheckAnswer: httpapi.CheckLoginAnswer, Permissions: httpapi.Permissions(), Engine: engine,
	}
}

func userIDField(cfg *config.Config) store.Field {
	if cfg.UserIDField == "email" {
		return store.FieldEmail
	}
	return store.FieldID
}
