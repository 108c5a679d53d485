package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/host/terminal"
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
	client, notes, err := connect(c, cfg, mayMake)
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
	client, _, err := connect(c, cfg, false)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return op.Call(c.Context(), client, q, admin.None{})
}

// connect finds the running node of a data directory, or opens the store. notes are for the user: what was made, and
// what others may do with the data directory.
func connect(c *cobra.Command, cfg *config.Config, mayMake bool) (_ *admin.Client, notes []string, err error) {
	if client, err := dialAdmin(cfg); client != nil || err != nil {
		return client, nil, err
	}
	datadir.PrivateFiles()
	return service.Offline(cfg, offlineEngine(c), mayMake, slog.New(noteHandler{c.ErrOrStderr()}))
}

// noteHandler prints what is logged as notes for the user.
type noteHandler struct{ w io.Writer }

func (h noteHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}
func (h noteHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h noteHandler) WithGroup(string) slog.Handler      { return h }

func (h noteHandler) Handle(_ context.Context, r slog.Record) error {
	text := "edgetoken: "
	if r.Level >= slog.LevelWarn {
		text += "warning: "
	}
	text += r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%s", a.Key, terminal.Printable(a.Value.String()))
		return true
	})
	_, err := fmt.Fprintln(h.w, text)
	return err
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
