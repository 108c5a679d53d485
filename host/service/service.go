package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/logging"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// Service is a node. It is what lives as long as the process; what a reload exchanges is its generation.
type Service struct {
	cfg      Config
	listener net.Listener

	logs    *logging.Log
	log     *slog.Logger // that of logs
	repeats *logging.Repeats
	level   *slog.LevelVar

	store       *store.DB
	instances   *engine.Engine // nil: native
	verified    *cache.Cache   // nil: no verified token is remembered
	hashing     *admission.Queue
	hasher      hashing.Hasher
	processes   *hashing.Processes // of hasher; nil: it hashes in this process
	history     *throttle.History
	certificate *certificate // nil: plain HTTP
	metrics     *metrics
	closes      []func() error // in the order in which it was opened

	reloading sync.Mutex
	current   atomic.Pointer[generation]
}

// generation is what one reading of the configuration and the keys makes. It never changes: a request ends on the one
// that it began on.
type generation struct {
	cfg     *config.Config
	ring    *keyring.Ring
	keys    core.KeySet
	engine  core.Engine
	node    *node.Node
	info    httpapi.Info
	handler http.Handler
	admin   http.Handler
}

// Open listens, opens store, key and engine of a configuration, and makes the data directory and what is missing in it.
func Open(ctx context.Context, c Config) (_ *Service, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	cfg := c.settle(c.Start)
	s := &Service{cfg: c, listener: c.Listener, level: &slog.LevelVar{}, history: throttle.NewHistory(0)}
	if s.listener == nil {
		if s.listener, err = Listen(cfg.Listen, "--listen"); err != nil {
			return nil, err
		}
	}
	// Run closes it too.
	s.closes = append(s.closes, func() error { _ = s.listener.Close(); return nil })
	s.level.Set(cfg.LogLevel)
	s.logs = logging.New(logging.Config{Destination: c.destination(), JSON: cfg.LogFormat == "json", Level: s.level})
	s.log, s.repeats = s.logs.Logger, logging.NewRepeats(s.logs.Logger)
	s.closes = append(s.closes, func() error {
		s.repeats.Flush()
		s.logs.Close(logPatience)
		return nil
	})
	for _, w := range cfg.Warnings {
		s.log.Warn(w)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.certificate, err = openCertificate(cfg, s.log); err != nil {
		return nil, err
	}
	dir := datadir.Of(cfg)
	before := dir.Contents()
	settled, err := dir.Settle()
	if err != nil {
		return nil, err
	}
	for _, n := range settled {
		s.log.Info(n)
	}
	if err := dir.Make(true); err != nil {
		return nil, err
	}
	if s.store, err = dir.OpenStore(); err != nil {
		return nil, inUse(dir, err)
	}
	s.closes = append(s.closes, s.store.Close)
	logMade(s.log, cfg, before)
	if err := checkAddresses(ctx, cfg, s.store); err != nil {
		return nil, err
	}
	stats, err := s.store.Stats(ctx)
	if err != nil {
		return nil, err
	}
	ring, err := dir.OpenKeys(true)
	if err != nil {
		return nil, err
	}
	logKey(s.log, cfg, before, stats.HighWater > 0, ring.Set())
	warning, err := keyEnd(cfg, ring.Set(), time.Now())
	if err != nil {
		return nil, err
	}
	if warning != "" {
		s.log.Warn(warning)
	}
	if s.instances, err = openInstances(ctx, cfg, ring, s.log); err != nil {
		return nil, err
	}
	if s.instances != nil {
		s.closes = append(s.closes, func() error { return s.instances.Close(context.Background()) })
	}
	if cfg.TokenCache > 0 {
		if s.verified, err = cache.New(cfg.TokenCache); err != nil {
			return nil, err
		}
	}
	if s.hashing, err = admission.New(cfg.Hashing); err != nil {
		return nil, err
	}
	if s.hasher, s.processes = c.newHasher(cfg, s.log); s.processes != nil {
		s.closes = append(s.closes, s.processes.Close)
		go s.processes.Probe()
	}
	s.metrics = newMetrics(s, cfg)
	g, err := s.generation(cfg, ring)
	if err != nil {
		return nil, err
	}
	s.current.Store(g)
	c.boundMemory(cfg)
	s.log.Info("memory is bounded by the configuration", "bound", fmt.Sprintf("%d MiB", cfg.MemoryBound()>>20))
	// Compiling the module leaves tens of MiB to the collector, which would keep them for some minutes.
	go debug.FreeOSMemory()
	return s, nil
}

// generation makes what is new with a configuration and keys; the error names every mistake.
func (s *Service) generation(cfg *config.Config, ring *keyring.Ring) (*generation, error) {
	g := &generation{cfg: cfg, ring: ring, keys: ring.Set(), info: httpapi.Info{Version: s.cfg.Version, Engine: cfg.Engine, ABI: abi.Version}}
	var err error
	g.engine = core.NewNative(cfg.Settings, ring)
	if s.instances != nil {
		if g.engine, err = s.instances.With(cfg.Settings, ring); err != nil {
			return nil, err
		}
		g.info.ModuleHash = s.instances.ModuleHash()
		g.info.Engine = s.engineName(cfg)
	}
	if s.verified != nil {
		g.engine = s.verified.Engine(g.engine)
	}
	g.node, err = node.New(node.Config{
		Engine: g.engine, Store: s.store, Settings: cfg.Settings, UserIDField: userIDField(cfg), Passwords: cfg.Password, Hashing: s.hashing, Hasher: s.hasher, Log: s.log, Repeats: s.repeats,
		Claims: cfg.Claims, FoldEmails: cfg.LoginMatch == config.CaseInsensitive, SessionAge: cfg.SessionAge,
	})
	if err != nil {
		return nil, err
	}
	if err := g.node.RaiseLifetimes(context.Background()); err != nil {
		return nil, err
	}
	g.handler, err = httpapi.New(httpapi.Config{
		Node: g.node, Current: func() *node.Node { return s.current.Load().node },
		AllowedHosts: cfg.Hosts(), ErrorHeader: cfg.ErrorHeader, AuthHeaderName: cfg.AuthHeaderName, Info: g.info, Log: s.log, Repeats: s.repeats,
		MaxBody: cfg.MaxBody, BodyMemory: cfg.BodyMemory, MaxFields: cfg.MaxFields, TrustedHops: cfg.TrustedHops,
		Browser: cfg.Browser, TokenCookies: cfg.TokenCookies, CORS: cfg.CORS, BehindProxy: cfg.BehindProxy,
		Throttles: cfg.Throttles, ThrottleHistory: s.history, LogEmails: cfg.LogEmails, Observe: s.metrics.observe, LoginAnswer: cfg.LoginAnswer, Samples: cfg.Samples, ForwardAuth: cfg.ForwardAuth,
	})
	if err != nil {
		return nil, err
	}
	api := adminConfig(cfg, s.store, s.hasher, func(context.Context) (core.Engine, core.KeySet, error) { return g.engine, g.keys, nil })
	api.Log = s.log
	g.admin = admin.New(api)
	return g, nil
}

// boundMemory has the collector work harder before the process takes more than its configuration says.
func (c Config) boundMemory(cfg *config.Config) {
	if c.BoundMemory {
		debug.SetMemoryLimit(cfg.GoMemory())
	}
}

// ServeHTTP answers a request of the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.current.Load().handler.ServeHTTP(w, r)
}

// logPatience is how long a node that ends waits for its log to be read.
const logPatience = time.Second

// Close closes what was opened, last first. Run must have returned.
func (s *Service) Close() error {
	var errs []error
	for i := len(s.closes) - 1; i >= 0; i-- {
		errs = append(errs, s.closes[i]())
	}
	s.closes = nil
	return errors.Join(errs...)
}

// AddCustomer adds a customer with a password, which is hashed as the configuration says.
func (s *Service) AddCustomer(ctx context.Context, c store.NewCustomer, password string) error {
	var err error
	if c.PasswordHash, err = hashing.Make(ctx, s.hasher, password, s.current.Load().cfg.Password); err == nil {
		_, err = s.store.Add(ctx, c)
	}
	return err
}

// engineName is the engine that a configuration names, and whether it interprets its module.
func (s *Service) engineName(cfg *config.Config) string {
	if s.instances != nil && s.instances.Interpreted() {
		return cfg.Engine + " (interpreter)"
	}
	return cfg.Engine
}

// openInstances makes the sandboxed engine that the configuration names; nil where that is the native one.
func openInstances(ctx context.Context, cfg *config.Config, ring *keyring.Ring, log *slog.Logger) (*engine.Engine, error) {
	if cfg.Engine == "native" {
		return nil, nil
	}
	c := engine.Config{
		Settings: cfg.Settings, Keys: ring, SelfContained: cfg.Engine == "wasm-full", CacheDir: datadir.Of(cfg).Cache(), MaxInstances: cfg.MaxInstances, Log: log,
	}
	e, err := engine.New(ctx, c)
	if errors.Is(err, engine.ErrUnsafeCache) {
		log.Warn("the cache of compiled code is not used, so that the module is compiled at every start", "error", err)
		c.CacheDir = ""
		e, err = engine.New(ctx, c)
	}
	return e, err
}

// namedCollisions is how many pairs of e-mail addresses an error names.
const namedCollisions = 10

// checkAddresses refuses login.match: case_insensitive where two stored addresses are one then: neither customer
// could be told from the other.
func checkAddresses(ctx context.Context, cfg *config.Config, db *store.DB) error {
	if cfg.LoginMatch != config.CaseInsensitive {
		return nil
	}
	pairs, err := db.Collisions(ctx, namedCollisions+1)
	if err != nil || len(pairs) == 0 {
		return err
	}
	var named []string
	for _, p := range pairs[:min(len(pairs), namedCollisions)] {
		named = append(named, fmt.Sprintf("%q and %q", p.First, p.Second))
	}
	if len(pairs) > namedCollisions {
		named = append(named, "and more")
	}
	return fmt.Errorf("login.match is case_insensitive and customers' e-mail addresses differ by case only: %s: change or remove one of each, or set login.match: exact",
		strings.Join(named, "; "))
}

func userIDField(cfg *config.Config) store.Field {
	if cfg.UserIDField == "email" {
		return store.FieldEmail
	}
	return store.FieldID
}

// inUse says what to do where a node cannot have the store since another process has it.
func inUse(dir datadir.Dir, err error) error {
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	return fmt.Errorf("%s is %w: if that is a node, edgetoken customers and edgetoken token talk to it; stop it before another one starts, or name another data directory with --data",
		dir.Store(), store.ErrLocked)
}
