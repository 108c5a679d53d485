package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/logging"
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

// URL is where the node takes requests, such as http://127.0.0.1:8000.
func (s *Service) URL() string {
	if s.certificate != nil {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}
