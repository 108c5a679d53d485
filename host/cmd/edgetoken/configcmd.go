package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/config"
)

func configCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "config",
		Short: "print the effective configuration, with where each value came from",
		Long: `config prints every value of the configuration and where it came from; secrets are masked. Nothing is started.

Values come from edgetoken.yaml (or --config, or EDGETOKEN_CONFIG), then from EDGETOKEN_* environment variables, then from flags. A key with a dot stands in a
block of the file; its variable has _ for the dot and capitals: password.memory is EDGETOKEN_PASSWORD_MEMORY. SIGNING_KEY_FILE names a file that
holds the secret. Durations are seconds or text such as 90s, 15m, 1h30m, 3d. The keys:

  ` + strings.Join(config.Keys(), "\n  "),
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
				return printJSON(c.OutOrStdout(), cfg.Show())
			}
			rows := [][]string{{"KEY", "VALUE", "FROM"}}
			for _, l := range cfg.Show() {
				rows = append(rows, []string{l.Key, l.Text(), l.Origin})
			}
			return printTable(c.OutOrStdout(), rows)
		},
	})
}
