package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/store"
)

// noNode says why there is nothing to reload: no node runs, or one whose socket is gone.
func noNode(cfg *config.Config) error {
	dir := datadir.Of(cfg)
	if dir.Contents().Store {
		db, err := dir.OpenStore(nil)
		if errors.Is(err, store.ErrLocked) {
			return dir.InUse()
		}
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("no node runs on %s: it reads its configuration when it starts", dir)
}

func reloadCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "reload",
		Short: "have the running node read configuration, keys and certificate anew",
		Long: `reload has the node that runs on the data directory read its configuration, its keys and its certificate anew, as SIGHUP does, without losing a request.
The node reads the file, the environment and the flags that it was started with. A configuration with a mistake ` +
			`is refused whole, and the node goes on as it was.
Keys that are read at the start only are named (edgetoken config --help marks them with *).`,
		Example: "  edgetoken reload\n  edgetoken reload --data /var/lib/edgetoken --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, client, err := dialRunning(c)
			if err != nil {
				return err
			}
			if client == nil {
				return noNode(cfg)
			}
			answer, err := admin.Reload.Call(c.Context(), client, admin.None{}, admin.None{})
			if err = errors.Join(err, client.Close()); err != nil {
				return err
			}
			for _, w := range answer.Warnings {
				fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: "+w)
			}
			if len(answer.Restart) > 0 {
				fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: read at the start only, start the node "+
					"again for: "+strings.Join(answer.Restart, ", "))
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), answer)
			}
			changed := "no value changed"
			if len(answer.Changed) > 0 {
				changed = "changed: " + strings.Join(answer.Changed, ", ")
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "reloaded; "+changed)
			return err
		},
	})
}
