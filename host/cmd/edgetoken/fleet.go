package main

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func fleetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "fleet",
		Short: "run several nodes that know the same customers and revocations",
		Long: "fleet makes one node the hub, where customers, groups and keys are looked after, and others its " +
			"edges, which answer log-ins, refreshes and checks by what the hub knows. docs/fleet.md says how it " +
			"works.\nA single node becomes a hub by fleet init; the hub invites each edge, which joins with the " +
			"invitation.",
		Example: `  edgetoken fleet init --name shop --address hub.example.com     once, at the hub, while it is stopped
  edgetoken fleet invite --name fra-1                            at the running hub: prints an invitation
  edgetoken fleet join etj1_…                                    at the new edge, while it is stopped
  edgetoken fleet status --watch                                 anywhere`,
	}
	c.AddCommand(fleetInitCommand(), fleetInviteCommand(), fleetJoinCommand(), fleetStatusCommand(),
		fleetWithdrawCommand(), fleetRecoverCommand(), fleetResumeCommand(), fleetLeaveCommand())
	return c
}

// fleetView is what the commands print that change what a stopped node is.
type fleetView struct {
	Fleet     string   `json:"fleet"`
	Number    uint16   `json:"number"`
	Name      string   `json:"name"`      // of the node
	Addresses []string `json:"addresses"` // of the hub
	Warnings  []string `json:"warnings"`
}

func viewOf(n service.FleetNode) fleetView {
	return fleetView{n.Fleet, n.Number, n.Name, append([]string{}, n.Addresses...), append([]string{}, n.Warnings...)}
}

// printFleet prints what a stopped node has become, as JSON or as said.
func printFleet(c *cobra.Command, v fleetView, said string) error {
	printWarnings(c, v.Warnings)
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), said)
	return err
}

// stoppedNode loads the configuration of a command that changes what a node is, and refuses a node that runs.
func stoppedNode(c *cobra.Command) (*config.Config, *slog.Logger, error) {
	cfg, client, err := dialRunning(c)
	if err != nil {
		return nil, nil, err
	}
	if client != nil {
		_ = client.Close()
		return nil, nil, fmt.Errorf("a node runs on %s: stop it first, and start it again afterwards", datadir.Of(cfg))
	}
	datadir.PrivateFiles()
	return cfg, slog.New(noteHandler{c.ErrOrStderr()}), nil
}

func fleetInitCommand() *cobra.Command {
	var name string
	var addresses []string
	c := &cobra.Command{
		Use:   "init --name NAME",
		Short: "make a stopped single node the hub of a new fleet",
		Long: "init makes a node the hub of a new fleet. It keeps its customers, keys and log-ins. The node must be " +
			"stopped; afterwards it listens at fleet.listen and fleet.nats_listen too.\n" +
			"--address says where edges reach fleet.listen: a host, or host:port. Without it that is fleet.address, " +
			"or the name of this machine.\n" +
			"It refuses a node with a secret (HS256, …) that signs or still checks tokens, and says until when: the " +
			"nodes of a fleet share no secret. wire: exact is refused too.\n" +
			"Keep the node secret (keys.secret) of the hub: edges know the hub by a key that comes from it.",
		Example: `  edgetoken fleet init --name shop
  edgetoken fleet init --name shop --address hub.example.com --address 192.0.2.7:7421`,
		Args: func(c *cobra.Command, args []string) error {
			if name == "" {
				return misusef("name the fleet by --name, as in --name shop")
			}
			return wants(0)(c, args)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := stoppedNode(c)
			if err != nil {
				return err
			}
			n, err := service.Found(c.Context(), cfg, name, addresses, log)
			if err != nil {
				return err
			}
			return printFleet(c, viewOf(n), fmt.Sprintf("this node is the hub of the fleet %s, which edges reach "+
				"at %s\nnext: start it (edgetoken serve), and have it invite an edge (edgetoken fleet invite)",
				n.Fleet, strings.Join(n.Addresses, ", ")))
		},
	}
	c.Flags().StringVar(&name, "name", "", "`NAME` of the fleet: a-z, 0-9 and -")
	c.Flags().StringArrayVar(&addresses, "address", nil, "`HOST` or HOST:PORT at which edges reach the hub; may be "+
		"repeated")
	return addJSON(c)
}

func fleetLeaveCommand() *cobra.Command {
	return addYes(addJSON(&cobra.Command{
		Use:   "leave",
		Short: "make a stopped node of a fleet a single node again",
		Long: "leave takes a stopped node out of its fleet. It keeps all that it has, customers and revocations " +
			"included, and goes on as a single node that knows of nobody else.\n" +
			"At an edge: withdraw the node at the hub first (edgetoken fleet withdraw), while it still runs, so that " +
			"the hub has all that it wrote. At the hub this is the end of the fleet: its edges are on their own.",
		Example: "  edgetoken fleet leave\n  edgetoken fleet leave --yes --json",
		Args: func(c *cobra.Command, args []string) error {
			if err := wants(0)(c, args); err != nil {
				return err
			}
			return confirmable(c, "the node leaves its fleet for good")
		},
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := stoppedNode(c)
			if err != nil {
				return err
			}
			fleet, err := service.FleetOf(cfg, log)
			if err != nil {
				return err
			}
			what := fmt.Sprintf("node %d leaves the fleet %s for good", fleet.Number, fleet.Fleet)
			if err := confirm(c, what, fleet.Fleet); err != nil {
				return err
			}
			n, err := service.Leave(c.Context(), cfg, log)
			if err != nil {
				return err
			}
			return printFleet(c, viewOf(n), fmt.Sprintf("this node was number %d of the fleet %s, and is a "+
				"single node now", n.Number, terminal.Printable(n.Fleet)))
		},
	}))
}
