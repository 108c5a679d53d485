package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
)

func clockCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "clock",
		Short: "say whether the clock is plausible, or accept it",
		Long: "clock looks after what a node makes of the machine's clock. By a clock that cannot be right nobody " +
			"can log in and no token is issued (503, and /readyz says clock); tokens are\n" +
			"judged and revoked as ever. That is one before the program was written, one beyond 2093, and one " +
			"that is over 366 days ahead of the latest change of the store.",
		Example: `  edgetoken clock show
  edgetoken clock accept`,
	}
	show := addJSON(&cobra.Command{
		Use:   "show",
		Short: "say whether the clock is plausible",
		Long: "show says what the clock of the node says and whether tokens are issued by it. " +
			"The exit status is 1 where they are not.",
		Example: "  edgetoken clock show\n  edgetoken clock show --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := ask(c, admin.ShowClock, admin.None{}, admin.None{})
			if err != nil {
				return err
			}
			if err := printClock(c, v, map[bool]string{true: "plausible", false: v.Problem}[v.Plausible]); err != nil {
				return err
			}
			if !v.Plausible {
				return errRefused
			}
			return nil
		},
	})
	accept := addJSON(&cobra.Command{
		Use:   "accept",
		Short: "issue tokens by the clock, as far ahead as it is",
		Long: "accept takes what the clock says for right: where a node was off for more than 366 days, it issues " +
			"tokens again. Look at the clock first. A clock that was accepted and\n" +
			"was wrong is taken back by another accept once it is right.",
		Example: "  date && edgetoken clock accept",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := ask(c, admin.AcceptClock, admin.None{}, admin.None{})
			if err != nil {
				return err
			}
			return printClock(c, v, "accepted")
		},
	})
	c.AddCommand(show, accept)
	return c
}

func printClock(c *cobra.Command, v admin.Clock, verdict string) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	latest := "none"
	if v.Latest != nil {
		latest = v.Latest.Format(time.RFC3339)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "the clock says %s, the latest change was at %s: %s\n",
		v.Now.Format(time.RFC3339), latest, verdict)
	return err
}
