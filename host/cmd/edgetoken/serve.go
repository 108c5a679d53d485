package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/signals"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "run a node",
		Long: `serve runs a node on a data directory, which it makes at the first start together with a signing key, unless SIGNING_KEY is configured.

SIGTERM or SIGINT ends it once the requests in flight are answered; a second one ends it at once. SIGHUP has it ` +
			`read configuration, keys and
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
	s, err := service.Open(ctx, nodeConfig(cfg, load))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	go func() {
		for {
			select {
			case <-hangups:
				_, _ = s.Reload() // which logs its outcome
			case <-ctx.Done():
				return
			}
		}
	}()
	return s.Run(ctx)
}

// nodeConfig is a node of this program.
func nodeConfig(cfg *config.Config, load func() (*config.Config, error)) service.Config {
	v := version()
	return service.Config{
		Start: cfg, Reload: load, Log: os.Stderr, HashProcess: hashProcess, Version: v.Version, Commit: v.Commit,
		BoundMemory: os.Getenv("GOMEMLIMIT") == "", // an operator's stays
	}
}

// unlessStopped is err, but for what only says that a signal ended a node that was not up yet.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
