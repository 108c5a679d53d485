package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func fleetInviteCommand() *cobra.Command {
	var r admin.InvitationRequest
	life := "1h"
	c := &cobra.Command{
		Use:   "invite",
		Short: "invite a node into the fleet, at the hub",
		Long: "invite prints an invitation, for edgetoken fleet join at the new node. It lets one node in, once, and " +
			"is good for an hour, or as long as --life says, up to 7d.\n" +
			"It is a secret: whoever has it gets a copy of all customers with the hashes of their passwords. Hand it " +
			"on as you would a password.",
		Example: `  edgetoken fleet invite
  edgetoken fleet invite --name fra-1 --life 10m
  edgetoken fleet invite | ssh fra-1 edgetoken fleet join -`,
		Args: func(c *cobra.Command, args []string) error {
			d, ok := config.ParseDuration(life)
			if r.Life = int64(d.Seconds()); !ok || r.Life < 1 {
				return misusef("--life must be how long the invitation is good, as in 10m or 1d, not %q", life)
			}
			return wants(0)(c, args)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := ask(c, admin.InviteNode, admin.None{}, r)
			if err != nil {
				return err
			}
			if !v.Running {
				fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: the hub does not run, and takes no node in "+
					"until it is started (edgetoken serve)")
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), v)
			}
			if _, err := fmt.Fprintln(c.OutOrStdout(), v.Token); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "edgetoken: good once, until %s: at the new node run edgetoken fleet "+
				"join with it\n", date(&v.Until))
			return nil
		},
	}
	c.Flags().StringVar(&r.Name, "name", "", "`NAME` of the node (default: the one that it gives itself)")
	c.Flags().StringVar(&life, "life", life, "how long it is good, as in 10m or 1d")
	return addJSON(c)
}

func fleetJoinCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "join TOKEN | -",
		Short: "make this stopped node an edge of the fleet that invites it",
		Long: "join makes a node an edge: the hub gives it a number, and it takes a copy of the hub's store. The " +
			"data directory is made if it is missing, and must have no customers: move those to the hub first, with " +
			"customers export and customers import.\n" +
			"TOKEN is what edgetoken fleet invite has printed at the hub; with - it is read from standard input, so " +
			"that no list of processes shows it.\n" +
			"Settings in which the nodes of a fleet must agree, such as fleet.staleness and ROTATE_REFRESH_TOKENS, " +
			"are compared first: where they differ nothing happens, and the invitation stays good.\n" +
			"What breaks off goes on with the same command.",
		Example: `  edgetoken fleet join etj1_QEFCQ0RFRkdISUpLTE1OTw… --data /var/lib/edgetoken
  ssh hub edgetoken fleet invite | edgetoken fleet join - --name fra-1`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			token, err := readInvitation(c, args[0])
			if err != nil {
				return err
			}
			if name != "" {
				if err := join.CheckName(name); err != nil {
					return misuse{err}
				}
			}
			cfg, log, err := stoppedNode(c)
			if err != nil {
				return err
			}
			defer interruptible(c)()
			var bar *terminal.Progress
			n, err := service.Join(c.Context(), cfg, token, name, func(arrived, size int64) {
				if bar == nil {
					bar = terminal.NewProgress(c.ErrOrStderr(), "KiB", size)
				}
				bar.Show(int(arrived>>10), arrived)
			}, log)
			if bar != nil {
				bar.Clear()
			}
			if err != nil {
				return err
			}
			return printFleet(c, viewOf(n), fmt.Sprintf("this node is number %d of the fleet %s, %s\n"+
				"next: start it (edgetoken serve); edgetoken fleet status shows how it does",
				n.Number, n.Fleet, n.Name))
		},
	}
	c.Flags().StringVar(&name, "name", "",
		"`NAME` of this node, if the invitation has none (default: the name of this machine)")
	return addJSON(c)
}

// readInvitation reads an invitation from the argument, or with - from standard input.
func readInvitation(c *cobra.Command, text string) (join.Token, error) {
	if text == "-" {
		b, err := io.ReadAll(io.LimitReader(c.InOrStdin(), 1<<16))
		if err != nil {
			return join.Token{}, fmt.Errorf("read the invitation: %w", err)
		}
		text = string(b)
	}
	return join.ParseToken(text)
}
