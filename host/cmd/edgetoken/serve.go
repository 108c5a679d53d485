package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/signals"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/server"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "run a node",
		Long: `serve runs a node on a data directory, which it makes at the first start together with a signing key, unless SIGNING_KEY is configured.

SIGTERM or SIGINT ends it once the requests in flight are answered; a second one ends it at once. SIGHUP has it read configuration, keys and
certificate anew (edgetoken reload). Off loopback it wants a certificate (tls.cert, tls.key) or behind_proxy: true.`,
		Example: `  edgetoken serve
  edgetoken serve --config /etc/edgetoken.yaml --data /var/lib/edgetoken --listen 127.0.0.1:9000
  EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE=/run/secrets/signing-key edgetoken serve --engine native`,
		Args: wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), func() (*config.Config, error) { return loadConfig(c) })
		},
	}
	addServeFlags(c)
	return c
}

func addServeFlags(c *cobra.Command) {
	c.Flags().String("listen", "", `address to listen on, host:port (default "127.0.0.1:8000")`)
	c.Flags().String("engine", "", `wasm, wasm-full or native (default "wasm")`)
}

// serve runs a node until ctx ends.
func serve(ctx context.Context, load func() (*config.Config, error)) (err error) {
	hangups := make(chan struct{}, 1) // one that came before the node was up has it reload then
	ctx, stop := signals.Until(ctx, func() {
		select {
		case hangups <- struct{}{}:
		default:
		}
	})
	defer stop()
	defer func() { err = unlessStopped(ctx, err) }()
	cfg, err := load()
	if err != nil {
		return err
	}
	datadir.PrivateFiles()
	listener, err := listen(cfg.Listen, "--listen")
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := openService(ctx, load, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	go func() {
		for {
			select {
			case <-hangups:
				_, _ = s.reload() // which logs its outcome
			case <-ctx.Done():
				return
			}
		}
	}()
	return s.run(ctx, listener, func() {})
}

// unlessStopped is err, but for what only says that a signal ended a node that was not up yet.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// run answers on the listener and the admin socket until ctx ends. started is called when both are open.
func (s *service) run(ctx context.Context, listener net.Listener, started func()) error {
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
		l, err := listen(g.cfg.MetricsListen, "metrics.listen")
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
	s.log.Info("listening on "+s.scheme()+"://"+listener.Addr().String()+", engine "+g.info.Engine, "version", g.info.Version, "compat", string(g.cfg.Settings.Compat),
		"wire", string(g.cfg.Settings.Wire), "data", datadir.Of(g.cfg).String(), "module", g.info.ModuleHash)
	started()
	ends = append(ends, func() error { return server.Serve(ctx, listener) })
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

// scheme is what a URL of the node begins with.
func (s *service) scheme() string {
	if s.certificate != nil {
		return "https"
	}
	return "http"
}

// listen opens the address that a setting names, or says why it cannot and what to do.
func listen(address, setting string) (net.Listener, error) {
	network := "tcp"
	// To net, 0.0.0.0 is every interface, those of IPv6 too.
	if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Is4() {
		network = "tcp4"
	}
	l, err := net.Listen(network, address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: the address is in use: stop what uses it, or choose another with %s (%w)", address, setting, syscall.EADDRINUSE)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not permitted: ports below 1024 need a privilege; choose another with %s", address, setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine has no such address: choose another with %s", address, setting)
	}
	return nil, fmt.Errorf("listen on %s: choose another address with %s: %w", address, setting, err)
}
