// Package service runs a whole node: it opens what a configuration names, takes requests, and reloads.
//
//	s, err := service.Open(ctx, service.Config{Start: cfg})
//	…
//	defer s.Close()
//	err = s.Run(ctx)
//
// A Service holds what lasts as long as the node: listener, log, store, sandbox, the queue for passwords, the bounds of
// memory. A generation holds what is built from one configuration: engine, node, handlers. Reload builds a new
// generation and swaps it in, or changes nothing. A request ends on the generation that it began on.
//
// The package reads no environment variables and writes to no standard stream: what belongs to the process is in
// Config.
//
// The reading order: config.go, service.go, generation.go, run.go, reload.go; then what they open: keys.go, store.go,
// engine.go, signers.go (keys that sign elsewhere), hashing.go, bundle.go, certificate.go and pair.go, listen.go,
// admin.go. published.go has the keys that the API shows. metrics.go, figures.go and keyfigures.go are the metrics.
//
// In a fleet fleet.go opens the part of the node, fleetsettings.go says on which settings the nodes agree, fleetnode.go
// ties the fleet to the node and its keys, fleetrun.go runs it, fleetview.go and fleetfigures.go show it. offline.go,
// reseal.go and fleetoffline.go serve commands where no node runs.
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
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/logging"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// Service is a node. As an http.Handler it answers the API, from Open to Close.
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
	decoyKey    []byte
	processes   *hashing.Processes // of hasher; nil: it hashes in this process
	history     *throttle.History
	bounds      *httpapi.Bounds
	certificate *certificate // nil: plain HTTP
	metrics     *metrics
	bundles     *bundle.Maker
	elsewhere   *elsewhere            // nil: no key signs elsewhere
	signer      *keyring.SignerFaults // of elsewhere
	fleet       *fleetPart            // nil: the node is in no fleet
	closes      []func() error        // in the order of opening

	reloading sync.Mutex // held while current, or its keys, are exchanged
	current   atomic.Pointer[generation]
}

// Open listens and opens what the configuration names. It creates the data directory, the store and the key if they
// are missing.
func Open(ctx context.Context, c Config) (_ *Service, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Service{cfg: c, listener: c.Listener, level: &slog.LevelVar{}, history: throttle.NewHistory(0)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	cfg := c.runnable(c.Start)
	if err := s.openListener(cfg); err != nil {
		return nil, err
	}
	s.openLog(cfg)
	if s.certificate, err = openCertificate(cfg, s.log); err != nil {
		return nil, err
	}
	before := datadir.Of(cfg).Contents()
	if err := s.openStore(ctx, cfg, before); err != nil {
		return nil, err
	}
	s.bundles = bundle.NewMaker(s.store)
	if err := s.openSigners(cfg); err != nil {
		return nil, err
	}
	if err := s.openFleet(ctx, cfg); err != nil {
		return nil, err
	}
	g, err := s.begin(cfg)
	if err != nil {
		return nil, err
	}
	ring, err := s.openKeys(ctx, cfg, g.manager)
	if err != nil {
		return nil, err
	}
	if err := s.openEngine(ctx, cfg, ring); err != nil {
		return nil, err
	}
	if err := s.openHashing(cfg); err != nil {
		return nil, err
	}
	s.bounds = httpapi.NewBounds(cfg.BodyMemory)
	s.metrics = newMetrics(s, cfg)
	if err := g.build(ctx, s, ring); err != nil {
		return nil, err
	}
	if err := s.raiseLifetimes(ctx, g); err != nil {
		return nil, err
	}
	s.use(g)
	s.log.Info("memory is bounded by the configuration", "bound", fmt.Sprintf("%d MiB", cfg.MemoryBound()>>20))
	// Compiling the module leaves tens of MiB of garbage, which the collector would return to the system only minutes
	// later.
	go debug.FreeOSMemory()
	return s, nil
}

func (s *Service) openListener(cfg *config.Config) (err error) {
	if s.listener == nil {
		if s.listener, err = Listen(cfg.Listen, "--listen"); err != nil {
			return err
		}
	}
	// Run has closed it already, if it was called.
	s.closes = append(s.closes, func() error { _ = s.listener.Close(); return nil })
	return nil
}

// logPatience is how long a node that ends waits for its log to be read.
const logPatience = time.Second

func (s *Service) openLog(cfg *config.Config) {
	s.level.Set(cfg.LogLevel)
	s.logs = logging.New(logging.Config{Destination: s.cfg.destination(), JSON: cfg.LogFormat == "json",
		Level: s.level})
	s.log, s.repeats = s.logs.Logger, logging.NewRepeats(s.logs.Logger)
	s.closes = append(s.closes, func() error {
		s.repeats.Flush()
		s.logs.Close(logPatience)
		return nil
	})
	for _, w := range cfg.Warnings {
		s.log.Warn(w)
	}
}

// Close closes what Open opened, in reverse order. Run must have returned.
func (s *Service) Close() error {
	var errs []error
	for i := len(s.closes) - 1; i >= 0; i-- {
		errs = append(errs, s.closes[i]())
	}
	s.closes = nil
	return errors.Join(errs...)
}

// ServeHTTP answers a request of the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.current.Load().handler.ServeHTTP(w, r)
}

// AddCustomer adds a customer. It hashes the password with the configured costs.
func (s *Service) AddCustomer(ctx context.Context, c store.NewCustomer, password string) error {
	var err error
	if c.PasswordHash, err = hashing.Make(ctx, s.hasher, password, s.current.Load().cfg.Password); err == nil {
		_, err = s.store.Add(ctx, c)
	}
	return err
}

// now is the time.
func (s *Service) now() time.Time {
	if s.cfg.Now == nil {
		return time.Now()
	}
	return s.cfg.Now()
}

// URL is where the node takes requests, such as http://127.0.0.1:8000.
func (s *Service) URL() string {
	if s.certificate != nil {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}
