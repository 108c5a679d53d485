package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/signals"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

func demoCommand() *cobra.Command {
	var keep bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "run a working node in a temporary directory, with a demo customer",
		Long: `demo runs a node in a temporary directory with a fresh key, a customer and one who is staff, and prints commands and a link to try it with. The directory is removed at the end.
Without --listen it takes port 8000 of loopback, or a free one where that is in use. edgetoken.yaml is read ` +
			`only where --config names it.
Compiled modules are kept in the user's cache directory, so that it starts faster the next time.`,
		Example: "  edgetoken demo\n  edgetoken demo --engine native --listen 127.0.0.1:9000",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("data") {
				return misusef("demo makes a data directory of its own: leave --data out, or use edgetoken serve")
			}
			return demo(c, keep)
		},
	}
	addServeFlags(c)
	c.Flags().BoolVar(&keep, "keep", false, "keep the directory")
	return c
}

// demo runs a node until a signal ends it.
func demo(c *cobra.Command, keep bool) (err error) {
	ctx, end := context.WithCancel(c.Context())
	defer end()
	ctx, stop := signals.Until(ctx, end) // a terminal that is closed must not leave the directory behind
	defer stop()
	defer func() { err = unlessStopped(ctx, err) }()
	datadir.PrivateFiles()
	dir, err := os.MkdirTemp("", "edgetoken-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	if keep {
		defer patiently(func() { fmt.Fprintf(c.OutOrStdout(), "kept: %s\n", dir) })
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	load := func() (*config.Config, error) { return demoConfig(c, dir) }
	cfg, err := load()
	if err != nil {
		return err
	}
	listener, err := demoListen(c, cfg)
	if err != nil {
		return err
	}
	defer listener.Close()
	customer, staff := newPerson("demo"), newPerson("staff")
	node := nodeConfig(cfg, load)
	node.Listener = listener
	node.Started = func(url string) { patiently(func() { printDemo(c.OutOrStdout(), cfg, url, customer, staff) }) }
	s, err := service.Open(ctx, node)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := addPeople(ctx, s, customer, staff); err != nil {
		return err
	}
	return s.Run(ctx)
}

// demoConfig is the configuration with the temporary directory as data directory, with the sample views and lists of
// log-ins.
func demoConfig(c *cobra.Command, dir string) (*config.Config, error) {
	path, _ := c.Flags().GetString("config")
	cfg, err := config.Load(config.Sources{
		File: path, FileNeeded: path != "", Environ: os.Environ(),
		Flags: append(givenFlags(c), config.Flag{Key: "data", Value: dir}),
	})
	if err != nil {
		return nil, err
	}
	if cfg.CacheDir == "" {
		cfg.CacheDir = userCache() // where there is none, that of the temporary directory has to do
	}
	if cfg.Origin("samples").IsDefault() {
		cfg.Samples = true
	}
	if cfg.Origin("sessions.list").IsDefault() {
		cfg.ListSessions = true
	}
	return cfg, nil
}

// demoListen opens the address, or a free port where nobody asked for that one and it is in use.
func demoListen(c *cobra.Command, cfg *config.Config) (net.Listener, error) {
	l, err := service.Listen(cfg.Listen, "--listen")
	if cfg.Origin("listen").IsDefault() && errors.Is(err, syscall.EADDRINUSE) {
		patiently(func() { fmt.Fprintln(c.OutOrStdout(), "port 8000 is in use; this node takes a free one") })
		return service.Listen("127.0.0.1:0", "--listen")
	}
	return l, err
}

// person is a customer of the demo.
type person struct{ email, password string }

func newPerson(name string) person {
	return person{name + "@example.com", rand.Text()} // letters and digits: safe in any shell
}

// addPeople adds a customer, and one who is staff.
func addPeople(ctx context.Context, s *service.Service, customer, staff person) error {
	err := s.AddCustomer(ctx, store.NewCustomer{Email: customer.email, FirstName: "Demo", IsActive: true},
		customer.password)
	return errors.Join(err, s.AddCustomer(ctx, store.NewCustomer{Email: staff.email, FirstName: "Staff", IsActive: true,
		IsStaff: true}, staff.password))
}

func printDemo(w io.Writer, cfg *config.Config, base string, customer, staff person) {
	header := strings.ReplaceAll(strings.TrimPrefix(cfg.AuthHeaderName, "HTTP_"), "_", "-")
	if header == "AUTHORIZATION" {
		header = "Authorization"
	}
	fmt.Fprintf(w, `
A node of edgetoken is running. In another terminal, get a pair of tokens:

  curl -s %[1]s/auth/token/ -H 'Content-Type: application/json' -d '{"email":"%[2]s","password":"%[3]s"}'

or have them in variables of your shell:

  eval "$(curl -s %[1]s/auth/token/ -H 'Content-Type: application/json' -d '{"email":"%[2]s","password":"%[3]s"}' |
    sed -n 's/.*"refresh":"\([A-Za-z0-9._-]*\)".*"access":"\([A-Za-z0-9._-]*\)".*/REFRESH=\1 ACCESS=\2/p')"

Then get the customer for the access token, and a new access token for the refresh token:

  curl -s %[1]s/customers/me/ -H "%[4]s: %[5]s $ACCESS"
  curl -s %[1]s/auth/token/refresh/ -H 'Content-Type: application/json' -d "{\"refresh\":\"$REFRESH\"}"
`, base, customer.email, customer.password, header, cfg.Settings.AuthHeaderTypes[0])
	if !cfg.Browser.Off {
		fmt.Fprintf(w, `
In a browser: %s%s
  as a customer  %s  %s
  as staff       %s  %s
`, base, pages.LoginPath, customer.email, customer.password, staff.email, staff.password)
	}
	fmt.Fprint(w, "\nCtrl-C ends the node and removes all it stored.\n")
}
