package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// configShown is what config --json prints.
type configShown struct {
	Settings []config.Line `json:"settings"`
	Warnings []string      `json:"warnings"`
	// MemoryBound is what the process takes at most, in bytes (RssAnon).
	MemoryBound int64 `json:"memory_bound"`
}

func configCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "config",
		Short: "print the effective configuration, with where each value came from",
		Long: `config prints every value of the configuration and where it came from; secrets are masked. Nothing is started.

Values come from edgetoken.yaml (or --config, or EDGETOKEN_CONFIG), then from EDGETOKEN_* environment ` +
			`variables, then from flags. A key with a dot stands in a
block of the file; its variable has _ for the dot and capitals: password.memory is EDGETOKEN_PASSWORD_MEMORY. ` +
			`SIGNING_KEY_FILE names a file that
holds the secret. Relative paths start at the working directory, not at the configuration file. Durations are ` +
			`seconds or text such as 90s, 15m, 1h30m, 3d; sizes are bytes or text such as 64KiB, 4MiB. A running node takes ` +
			`new values at
edgetoken reload, but for those of the keys that have a * behind them, which it reads at the start. The keys:

  ` + strings.Join(keyList(), "\n  "),
		Example: "  edgetoken config\n  EDGETOKEN_LISTEN=:9000 edgetoken config --config edgetoken.yaml --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: "+w)
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(),
					configShown{cfg.Show(), append([]string{}, cfg.Warnings...), cfg.MemoryBound()})
			}
			rows := [][]string{{"KEY", "VALUE", "FROM"}}
			for _, l := range cfg.Show() {
				rows = append(rows, []string{l.Key, l.Text(), l.Origin})
			}
			return terminal.Table(c.OutOrStdout(), rows)
		},
	})
}

// keyList are all keys, those that are read at the start only with a * behind them.
func keyList() []string {
	keys := config.Keys()
	for i, k := range keys {
		if config.AtStart(k) {
			keys[i] += " *"
		}
	}
	return keys
}
