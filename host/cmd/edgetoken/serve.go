package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/config"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "run a node",
		Long: `serve runs a node on a data directory, which it makes at the first start together with a signing key, unless SIGNING_KEY is configured.

SIGTERM or SIGINT ends it once the requests in flight are answered; a second one ends it at once.`,
		Example: `  edgetoken serve
  edgetoken serve --config /etc/edgetoken.yaml --data /var/lib/edgetoken --listen 127.0.0.1:9000
  EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE=/run/secrets/signing-key edgetoken serve --engine native`,
		Args: wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			return serve(c.Context(), cfg)
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
func serve(ctx context.Context, cfg *config.Config) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	privateFiles()
	log := newLog(cfg)
	for _, w := range cfg.Warnings {
		log.Warn(w)
	}
	listener, err := listen(cfg.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := openService(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return s.run(ctx, listener, func() {})
}

// run answers on the listener and the admin socket until ctx ends. started is called when both are open.
func (s *service) run(ctx context.Context, listener net.Listener, started func()) error {
	hosts := s.cfg.AllowedHosts
	if hosts == nil {
		hosts = s.cfg.DefaultHosts()
		if host, _, _ := net.SplitHostPort(s.cfg.Listen); host == "" || net.ParseIP(host).IsUnspecified() {
			s.log.Warn("allowed_hosts is not set: requests for other hosts than loopback are refused", "hosts", hosts)
		}
	}
	handler, err := httpapi.New(httpapi.Config{
		Node: s.node, AllowedHosts: hosts, ErrorHeader: s.cfg.ErrorHeader, AuthHeaderName: s.cfg.AuthHeaderName, Info: s.info, Log: s.log,
	})
	if err != nil {
		return err
	}
	socket, err := listenAdmin(dataDir(s.cfg.Data).socket(), s.log)
	if err != nil {
		return err
	}
	// Whichever ends first, by ctx or by a failure, ends the other.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &admin{cfg: s.cfg, store: s.store, log: s.log, engine: s.engine, keys: s.keys}
	adminEnded := make(chan error, 1)
	go func() {
		defer cancel()
		adminEnded <- serveAdmin(ctx, socket, a.handler(), s.cfg.ShutdownTimeout)
	}()
	go s.node.Run(ctx)
	s.log.Info("listening on http://"+listener.Addr().String()+", engine "+s.info.Engine, "version", s.info.Version, "compat", string(s.cfg.Settings.Compat),
		"wire", string(s.cfg.Settings.Wire), "data", s.cfg.Data, "module", s.info.ModuleHash)
	started()
	server := &httpapi.Server{Handler: handler, Grace: s.cfg.ShutdownTimeout, Log: s.log}
	err = server.Serve(ctx, listener)
	cancel()
	err = errors.Join(err, <-adminEnded)
	s.log.Info("stopped")
	return err
}

// listen opens the address, or says why it cannot and what to do.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: the address is in use: stop what uses it, or choose another with --listen (%w)", address, syscall.EADDRINUSE)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not permitted: ports below 1024 need a privilege; choose another with --listen", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine has no such address: choose another with --listen", address)
	}
	return nil, fmt.Errorf("listen on %s: choose another address with --listen: %w", address, err)
}
