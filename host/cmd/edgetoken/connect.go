package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
)

// ask does an operation on the running node, or on the store.
func ask[Q admin.Query, B, A any](c *cobra.Command, op admin.Operation[Q, B, A], q Q, body B) (answer A, err error) {
	err = withAdmin(c, false, func(client *admin.Client) error {
		answer, err = op.Call(c.Context(), client, q, body)
		return err
	})
	return answer, err
}

// withAdmin runs f with a connection to the running node, or with the store. mayMake makes a store where there is none.
func withAdmin(c *cobra.Command, mayMake bool, f func(*admin.Client) error) (err error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return err
	}
	client, notes, err := connect(cfg, offlineEngine(c), mayMake)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	for _, n := range notes {
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: "+n)
	}
	return f(client)
}

// lookFirst does an operation before the user is asked for anything, and says nothing of the data directory: the next
// one will. The store is closed meanwhile, since a question can stand for long. The error is datadir.ErrMissing or
// datadir.ErrNoStore where there is none yet.
func lookFirst[Q admin.Query, A any](
	c *cobra.Command, op admin.Operation[Q, admin.None, A], q Q,
) (answer A, err error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return answer, err
	}
	client, _, err := connect(cfg, offlineEngine(c), false)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return op.Call(c.Context(), client, q, admin.None{})
}

// connect finds the running node of a data directory, or opens the store. notes are for the user: what was made, and
// what others may do with the data directory.
func connect(cfg *config.Config, engine string, mayMake bool) (_ *admin.Client, notes []string, err error) {
	if c, err := dialAdmin(cfg); c != nil || err != nil {
		return c, nil, err
	}
	datadir.PrivateFiles()
	return service.Offline(cfg, engine, mayMake)
}

// dialAdmin connects to the node of a data directory; nil where none listens.
func dialAdmin(cfg *config.Config) (*admin.Client, error) {
	dir := datadir.Of(cfg)
	return admin.Dial(dir.Socket(), dir.Private)
}

// dialRunning loads the configuration of a command that needs a node, and connects to that; nil where none listens.
func dialRunning(c *cobra.Command) (*config.Config, *admin.Client, error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return nil, nil, err
	}
	client, err := dialAdmin(cfg)
	return cfg, client, err
}
