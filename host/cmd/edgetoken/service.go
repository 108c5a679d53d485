package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/config"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// service is what serve and demo run.
type service struct {
	cfg    *config.Config
	log    *slog.Logger
	store  *store.DB
	engine core.Engine
	keys   core.KeySet
	node   *node.Node
	info   httpapi.Info
	closes []func() error // in the order in which it was opened
}

// openService opens store, key and engine of a configuration, and makes the data directory and what is missing in it.
func openService(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *service, err error) {
	s := &service{cfg: cfg, log: log, info: httpapi.Info{Version: version().Version, Engine: cfg.Engine, ABI: abi.Version}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	dir := dataDir(cfg.Data)
	if err := dir.make(); err != nil {
		return nil, err
	}
	if s.store, err = openStore(cfg); err != nil {
		return nil, err
	}
	s.closes = append(s.closes, s.store.Close)
	ring, err := openKeys(cfg, true)
	if err != nil {
		return nil, err
	}
	if err := s.openEngine(ctx, ring); err != nil {
		return nil, err
	}
	s.node, err = node.New(node.Config{
		Engine: s.engine, Store: s.store, Settings: cfg.Settings, UserIDField: userIDField(cfg), Passwords: cfg.Password, Log: log,
	})
	return s, err
}

// openEngine makes the engine that the configuration names.
func (s *service) openEngine(ctx context.Context, ring *keyring.Ring) error {
	s.keys = ring.Set()
	if s.cfg.Engine == "native" {
		s.engine = core.NewNative(s.cfg.Settings, ring)
		return nil
	}
	cache := s.cfg.CacheDir
	if cache == "" {
		cache = dataDir(s.cfg.Data).cache()
	}
	e, err := engine.New(ctx, engine.Config{
		Settings: s.cfg.Settings, Keys: ring, SelfContained: s.cfg.Engine == "wasm-full", CacheDir: cache, MaxInstances: s.cfg.MaxInstances,
	})
	if err != nil {
		return err
	}
	s.engine, s.info.ModuleHash = e, e.ModuleHash()
	s.closes = append(s.closes, func() error { return e.Close(context.Background()) })
	return nil
}

// close closes what was opened, last first.
func (s *service) close() error {
	var errs []error
	for i := len(s.closes) - 1; i >= 0; i-- {
		errs = append(errs, s.closes[i]())
	}
	s.closes = nil
	return errors.Join(errs...)
}

// openStore opens the store of a data directory that is there already.
func openStore(cfg *config.Config) (*store.DB, error) {
	return store.Open(store.Config{Path: dataDir(cfg.Data).store(), IDs: cfg.IDs})
}

// openKeys gives the keys of a configuration: SIGNING_KEY, else the key in the data directory, which is made where it is missing and may be.
func openKeys(cfg *config.Config, mayMake bool) (*keyring.Ring, error) {
	if cfg.SigningKey.IsSet() {
		return keyring.FromSettings(cfg.Algorithm, cfg.SigningKey.Reveal(), cfg.VerifyingKey.Reveal(), cfg.AllowWeakSigningKey)
	}
	path := dataDir(cfg.Data).key()
	ring, err := keyring.Load(path)
	if errors.Is(err, fs.ErrNotExist) && mayMake {
		if ring, err = keyring.Generate(cfg.Algorithm, nil); err == nil {
			err = ring.Save(path)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no signing key %s: start edgetoken serve once, or configure SIGNING_KEY", path)
	}
	if err != nil {
		return nil, err
	}
	if a := ring.Algorithm(); a != cfg.Algorithm {
		return nil, fmt.Errorf("the signing key %s is for %s and ALGORITHM is %s: set ALGORITHM to %[2]s, or move the key away for a new one, which ends every session", path, a, cfg.Algorithm)
	}
	return ring, nil
}

func userIDField(cfg *config.Config) store.Field {
	if cfg.UserIDField == "email" {
		return store.FieldEmail
	}
	return store.FieldID
}

// newLog is the log of a configuration.
func newLog(cfg *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
