package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/admin/socket"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/server"
)

// Run takes requests on the listener and on the admin socket until ctx ends. Call it once.
func (s *Service) Run(ctx context.Context) error {
	g := s.current.Load()
	calls, err := socket.Listen(datadir.Of(g.cfg).Socket(), s.log)
	if err != nil {
		return err
	}
	files, err := datadir.NewWatch(datadir.Of(g.cfg))
	if err != nil {
		return errors.Join(err, calls.Close())
	}
	serve := func(name string, l net.Listener, h http.Handler, limits server.Limits) served {
		return served{name, l, &server.Server{Handler: h, Limits: limits, Grace: g.cfg.ShutdownTimeout, Log: s.log}}
	}
	all := []served{serve("admin socket", calls, s.adminOfNode(), adminLimits)}
	if g.cfg.MetricsListen != "" {
		l, err := Listen(g.cfg.MetricsListen, "metrics.listen")
		if err != nil {
			return errors.Join(err, calls.Close())
		}
		s.log.Info("metrics on http://" + l.Addr().String() + "/metrics")
		all = append(all, serve("metrics", l, s.metrics.handler(), metricsLimits))
	}
	api := serve("", s.listener, s, g.cfg.Limits)
	// Whichever server ends first, by ctx or by a failure, ends the others.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.certificate != nil {
		api.by.TLS = s.certificate.config()
		go s.certificate.watch(ctx)
	}
	go files.Run(ctx, s.log)
	go s.tickKeys(ctx)
	var house sync.WaitGroup
	house.Go(func() { g.node.Run(ctx) }) // what it looks after, the store, is the same in every generation
	s.log.Info("listening on "+s.URL()+", engine "+g.info.Engine, "version", g.info.Version, "compat",
		string(g.cfg.Settings.Compat),
		"wire", string(g.cfg.Settings.Wire), "data", datadir.Of(g.cfg).String(), "module", g.info.ModuleHash)
	if s.cfg.Started != nil {
		s.cfg.Started(s.URL())
	}
	ended := s.fleet.start(ctx, cancel)
	all = append(all, api)
	errs := make(chan error, len(all))
	for _, l := range all {
		go func() {
			defer cancel()
			errs <- l.serve(ctx)
		}()
	}
	for range all {
		err = errors.Join(err, <-errs)
	}
	err = errors.Join(err, ended())
	house.Wait()
	s.log.Info("stopped")
	return err
}

// served is a listener and what answers on it.
type served struct {
	name     string // for errors; "" for the API itself
	listener net.Listener
	by       *server.Server
}

func (s served) serve(ctx context.Context) error {
	err := s.by.Serve(ctx, s.listener)
	if err != nil && s.name != "" {
		return fmt.Errorf("serve %s: %w", s.name, err)
	}
	return err
}

// A call of the admin API may take any time: a large import hashes many passwords.
const anyTime = 100 * 365 * 24 * time.Hour

var adminLimits = server.Limits{ReadTimeout: anyTime, WriteTimeout: anyTime, IdleTimeout: anyTime}
