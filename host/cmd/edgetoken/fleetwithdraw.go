package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
	"github.com/edgetoken/edgetoken/store/fact"
)

// nodeNumber reads the number of a node.
func nodeNumber(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != text {
		return 0, misusef("%q is no number of a node: edgetoken fleet status lists them", text)
	}
	return uint16(n), nil
}

// completeNodes are the numbers of the edges that a running hub has.
func completeNodes(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const files = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, files
	}
	_, client, err := dialRunning(c)
	if err != nil || client == nil {
		return nil, files
	}
	defer client.Close()
	v, err := admin.ShowFleet.Call(c.Context(), client, admin.None{}, admin.None{})
	if err != nil {
		return nil, files
	}
	var list []string
	for _, n := range v.Nodes {
		if n.Number != fact.HubNumber && n.Withdrawn == nil {
			list = append(list, fmt.Sprintf("%d\t%s", n.Number, n.Name))
		}
	}
	return list, files
}

func fleetWithdrawCommand() *cobra.Command {
	r := admin.Withdrawal{}
	c := &cobra.Command{
		Use:   "withdraw NUMBER",
		Short: "take a node out of the fleet for good, at the hub",
		Long: "withdraw takes an edge out of the fleet. Let no more requests come to it first. If it is connected " +
			"the hub waits until it has all that the edge wrote; then the edge is cut off, its key checks what it " +
			"signed until that has expired, and once its lease has run out the hub becomes the home of its log-ins.\n" +
			"With --stolen all ends at once: link and keys of the node, with all that they signed, and every log-in " +
			"that began there. Whoever has the machine has the hashes of all passwords too: see docs/fleet.md.\n" +
			"A number is never given again: a node that is to come back joins anew, with an empty data directory.",
		Example: `  edgetoken fleet withdraw 3
  edgetoken fleet withdraw 3 --stolen --yes`,
		ValidArgsFunction: completeNodes,
		Args: func(c *cobra.Command, args []string) (err error) {
			if err := wants(1)(c, args); err != nil {
				return err
			}
			if r.Number, err = nodeNumber(args[0]); err != nil {
				return err
			}
			return confirmable(c, "a node is withdrawn for good")
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := confirmWithdrawal(c, r); err != nil {
				return err
			}
			v, err := ask(c, admin.WithdrawNode, admin.None{}, r)
			if err != nil {
				return err
			}
			return printWithdrawn(c, v, r.Stolen)
		},
	}
	c.Flags().BoolVar(&r.Stolen, "stolen", false, "end at once all that it may be used for, log-ins included")
	return addYes(addJSON(c))
}

// confirmWithdrawal asks for the name of the node, which the hub knows, unless there is --yes.
func confirmWithdrawal(c *cobra.Command, r admin.Withdrawal) error {
	if confirmed(c) {
		return nil
	}
	v, err := lookFirst(c, admin.ShowFleet, admin.None{})
	if err != nil {
		return err
	}
	for _, n := range v.Nodes {
		if n.Number == r.Number {
			what := fmt.Sprintf("node %d of the fleet %s is withdrawn for good", n.Number, v.Fleet)
			if r.Stolen {
				what += ", and every log-in that began there ends"
			}
			return confirm(c, what, n.Name)
		}
	}
	return nil // the hub says what is wrong
}

func printWithdrawn(c *cobra.Command, v admin.Withdrawn, stolen bool) error {
	if !stolen && !v.Heard {
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: the node was not connected: what it wrote last and did not "+
			"send is not at the hub")
	}
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "withdrew node %d, %s\n", v.Node.Number, terminal.Printable(v.Node.Name))
	for _, k := range v.Keys {
		fmt.Fprintf(out, "its key %s (%s) %s\n", terminal.Printable(k.ID), k.Algorithm, doesWhat(k))
	}
	last := "the hub is the home of its log-ins now, and nobody is logged out"
	if stolen {
		last = "every log-in that began there has ended: those customers log in again"
	}
	_, err := fmt.Fprintln(out, last)
	return err
}

func fleetRecoverCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "recover",
		Short: "bring a hub that was restored from a backup up to date",
		Long: "recover is for a hub that was restored (edgetoken restore) and started again. It takes back what was " +
			"recorded elsewhere since the backup, if that is set up, and lists the edges that have yet to connect " +
			"and tell the hub what it forgot: until they have, no node of the fleet trusts what it knows.\n" +
			"Run it again until nobody is missing: then the exit status is 0, and 1 before.\n" +
			"An edge that is lost for good is given up by edgetoken fleet resume. The node secret (keys.secret) must " +
			"be that of the hub before, since edges know the hub by a key that comes from it.",
		Example: "  edgetoken fleet recover\n  edgetoken fleet recover --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := ask(c, admin.RecoverFleet, admin.None{}, admin.None{})
			if err == nil {
				err = printRecovery(c, v)
			}
			if err == nil && !v.Whole {
				err = errRefused
			}
			return err
		},
	})
}

func fleetResumeCommand() *cobra.Command {
	var without string
	var r admin.Resumption
	c := &cobra.Command{
		Use:   "resume --without NUMBER",
		Short: "have a restored hub go on without what an edge knows",
		Long: "resume gives up what an edge knows that a restored hub still waits for, because that edge is lost for " +
			"good: revocations that went through that edge alone, after the backup was made, are forgotten. See " +
			"edgetoken fleet recover.\n" +
			"The edge stays a member, and offers what it knows if it comes back after all.",
		Example: "  edgetoken fleet resume --without 3\n  edgetoken fleet resume --without 3 --yes --json",
		Args: func(c *cobra.Command, args []string) (err error) {
			if without == "" {
				return misusef("name the node by --without, as in --without 3")
			}
			if r.Without, err = nodeNumber(without); err != nil {
				return err
			}
			if err := wants(0)(c, args); err != nil {
				return err
			}
			return confirmable(c, "what a node knows is given up")
		},
		RunE: func(c *cobra.Command, _ []string) error {
			what := fmt.Sprintf("revocations that node %d alone knows are forgotten", r.Without)
			if err := confirm(c, what, without); err != nil {
				return err
			}
			v, err := ask(c, admin.ResumeFleet, admin.None{}, r)
			if err != nil {
				return err
			}
			return printRecovery(c, v)
		},
	}
	c.Flags().StringVar(&without, "without", "", "`NUMBER` of the node")
	// The error says that there is no such flag.
	_ = c.RegisterFlagCompletionFunc("without", func(c *cobra.Command, _ []string, to string) (
		[]string, cobra.ShellCompDirective) {
		return completeNodes(c, nil, to)
	})
	return addYes(addJSON(c))
}

// printRecovery prints how far a restored hub is.
func printRecovery(c *cobra.Command, v admin.Recovery) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	return recoveryText(c.OutOrStdout(), v)
}

func recoveryText(w io.Writer, v admin.Recovery) error {
	if v.Recorded {
		fmt.Fprintf(w, "took back %s from the record\n", counted(v.Replayed, "fact"))
	}
	if v.Refused > 0 {
		fmt.Fprintf(w, "left out %s that this hub did not sign: somebody has changed the record\n",
			counted(v.Refused, "record"))
	}
	for _, g := range v.Gaps {
		fmt.Fprintf(w, "the record has a gap: what the hub wrote from %s to %s does not come back from there\n",
			date(g.After), date(&g.Before))
	}
	if v.Whole {
		_, err := fmt.Fprintln(w, "the hub is whole: nobody is missing")
		return err
	}
	fmt.Fprintln(w, "these nodes have yet to tell the hub what it forgot:")
	rows := [][]string{{"NODE", "NAME", "STATE"}}
	for _, n := range v.Missing {
		rows = append(rows, []string{strconv.Itoa(int(n.Number)), n.Name, stateOf(n, v.Running)})
	}
	if err := terminal.Table(w, rows); err != nil {
		return err
	}
	next := "next: start them, and run this again; edgetoken fleet resume --without NUMBER gives up one that is lost"
	if !v.Running {
		next = "next: start the hub (edgetoken serve)"
	}
	_, err := fmt.Fprintln(w, next)
	return err
}
