package service

import (
	"context"
	"errors"
	"log/slog"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// openEngine opens the sandbox and the cache of verified tokens, if they are configured.
func (s *Service) openEngine(ctx context.Context, cfg *config.Config, ring *keyring.Ring) (err error) {
	if s.instances, err = openInstances(ctx, cfg, ring, s.log); err != nil {
		return err
	}
	if s.instances != nil {
		s.closes = append(s.closes, func() error { return s.instances.Close(context.Background()) })
	}
	if cfg.TokenCache > 0 {
		s.verified, err = cache.New(cfg.TokenCache)
	}
	return err
}

// openInstances opens the sandboxed engine that the configuration names; nil: the native one.
func openInstances(ctx context.Context, cfg *config.Config, ring *keyring.Ring, log *slog.Logger) (*engine.Engine,
	error) {
	if cfg.Engine == "native" {
		return nil, nil
	}
	c := engine.Config{
		Settings: cfg.Settings, Keys: ring, SelfContained: cfg.Engine == "wasm-full", CacheDir: datadir.Of(cfg).Cache(),
		MaxInstances: cfg.MaxInstances, Log: log,
	}
	e, err := engine.New(ctx, c)
	if errors.Is(err, engine.ErrUnsafeCache) {
		log.Warn("the cache of compiled code is not used, so that the module is compiled at every start", "error", err)
		c.CacheDir = ""
		e, err = engine.New(ctx, c)
	}
	return e, err
}

// engine is an engine for the settings of a configuration and these keys.
func (s *Service) engine(cfg *config.Config, ring *keyring.Ring) (core.Engine, error) {
	var e core.Engine = core.NewNative(cfg.Settings, ring)
	if s.instances != nil {
		var err error
		if e, err = s.instances.With(cfg.Settings, ring); err != nil {
			return nil, err
		}
	}
	if s.verified != nil {
		e = s.verified.Engine(e)
	}
	return e, nil
}

// engineName is the engine that a configuration names, and whether it interprets its module.
func (s *Service) engineName(cfg *config.Config) string {
	if s.instances != nil && s.instances.Interpreted() {
		return cfg.Engine + " (interpreter)"
	}
	return cfg.Engine
}
