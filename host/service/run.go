package service

import (
	"context"
	"errors"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/server"
)

// Run takes requests on the listener and the admin socket until ctx ends. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	g := s.current.Load()
	socket, err := admin.Listen(datadir.Of(g.cfg).Socket(), s.log)
	if err != nil {
		return err
	}
	files, err := datadir.NewWatch(datadir.Of(g.cfg), func() bool { return !s.current.Load().cfg.SigningKey.IsSet() })
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	grace := g.cfg.ShutdownTimeout
	// Whichever ends first, by ctx or by a failure, ends the others.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := []func() error{func() error { return admin.Serve(ctx, socket, s.adminOfNode(), grace, s.repeats.ErrorLog()) }}
	if g.cfg.MetricsListen != "" {
		l, err := Listen(g.cfg.MetricsListen, "metrics.listen")
		if err != nil {
			return errors.Join(err, socket.Close())
		}
		s.log.Info("metrics on http://" + l.Addr().String() + "/metrics")
		ends = append(ends, func() error { return s.metrics.serve(ctx, l, grace) })
	}
	server := &server.Server{Handler: s, Grace: grace, Log: s.log, Limits: g.cfg.Limits}
	if s.certificate != nil {
		server.TLS = s.certificate.config()
		go s.certificate.watch(ctx)
	}
	go files.Run(ctx, s.log)
	go g.node.Run(ctx) // what it looks after, the store, is the same in every generation
	s.log.Info("listening on "+s.URL()+", engine "+g.info.Engine, "version", g.info.Version, "compat", string(g.cfg.Settings.Compat),
		"wire", string(g.cfg.Settings.Wire), "data", datadir.Of(g.cfg).String(), "module", g.info.ModuleHash)
	if s.cfg.Started != nil {
		s.cfg.Started(s.URL())
	}
	ends = append(ends, func() error { return server.Serve(ctx, s.listener) })
	errs := make(chan error, len(ends))
	for _, end := range ends {
		go func() {
			defer cancel()
			errs <- end()
		}()
	}
	for range ends {
		err = errors.Join(err, <-errs)
	}
	s.log.Info("stopped")
	return err
}
