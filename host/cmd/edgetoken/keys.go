package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "list and change the keys that sign and verify tokens",
		Long: "keys looks after the keys of a node, through the running node or on its files. Each change takes " +
			"effect at once, and no request is lost.\n" +
			"In a fleet each node signs with keys of its own and verifies by those of all. An edge makes its own by " +
			"itself, and the hub publishes them; keys are changed at the hub, where retire ends a key of any node.\n" +
			"A key is published first, so that whoever verifies tokens by /.well-known/jwks.json gets to know it; " +
			"then it signs; once another one signs it verifies what it signed, until the last of that has expired; " +
			"then it is gone.\n" +
			"KID is the id of a key, or how it begins and no other does. Private keys never leave the store but by " +
			"keys export --private and backup --keys.",
		Example: `  edgetoken keys list
  edgetoken keys generate --at 2d                  the next key, which signs in two days
  edgetoken keys import key.pem --activate         a key made by openssl, which signs from now on
  edgetoken keys retire 3f2a                       end a key and all that it signed`,
	}
	c.AddCommand(keysListCommand(), keysGenerateCommand(), keysImportCommand(), keysActivateCommand(),
		keysRetireCommand(), keysJWKSCommand(), keysExportCommand(), keysResealCommand())
	return c
}

func keysListCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "list all keys, and say what happens next",
		Long: "list prints all keys with their states and dates, and at the end what happens next by itself. " +
			"HERE says whether this node can sign with a key; others only verify.\n" +
			"With --json it is {\"keys\": […], \"next\": {\"what\", \"at\"}}.",
		Example: "  edgetoken keys list\n  edgetoken keys list --all --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := ask(c, admin.ListKeys, admin.KeysQuery{All: all}, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), list)
			}
			return printKeys(c.OutOrStdout(), list)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "list those too that are gone")
	return addJSON(c)
}

func printKeys(w io.Writer, list admin.Keys) error {
	if len(list.Keys) == 0 {
		_, err := fmt.Fprintln(w, "there are no keys: edgetoken serve makes one when it starts")
		return err
	}
	rows := [][]string{{"KID", "ALGORITHM", "STATE", "PUBLISHED", "SIGNS FROM", "ENDS", "ORIGIN", "HERE", "NOTES"}}
	for _, k := range list.Keys {
		here := "no"
		if k.Here {
			here = "yes"
		}
		rows = append(rows, []string{orDash(k.ID), k.Algorithm, k.State, date(k.Published), date(k.SignsFrom),
			date(k.Ends), k.Origin, here, keyNotes(k)})
	}
	if err := terminal.Table(w, rows); err != nil {
		return err
	}
	return printNext(w, list.Next, "nothing changes by itself")
}

// keyNotes says what is special about a key.
func keyNotes(k admin.Key) string {
	var notes []string
	if k.Node != 0 {
		notes = append(notes, fmt.Sprintf("node %d", k.Node))
	}
	if k.Symmetric {
		notes = append(notes, "secret")
	}
	if k.RefreshOnly {
		notes = append(notes, "refresh tokens only")
	}
	if k.VerifiesWithoutKid {
		notes = append(notes, "tokens without kid")
	}
	return strings.Join(notes, ", ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func date(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// printNext says what happens next by itself, or otherwise where nothing does.
func printNext(w io.Writer, next *admin.NextKeyChange, otherwise string) error {
	text := otherwise
	if next != nil {
		text = fmt.Sprintf("at %s (%s) %s", next.At.Format(time.RFC3339), explain.Distance(next.At, time.Now()),
			terminal.Printable(next.What))
	}
	_, err := fmt.Fprintln(w, "next: "+text)
	return err
}

func keysActivateCommand() *cobra.Command {
	var at moment
	c := &cobra.Command{
		Use:   "activate KID",
		Short: "have a key sign, now or from a time on",
		Long: "activate has a key sign, at once or from the time of --at on. The key that signs until then verifies " +
			"what it signed until the last of that has expired, so nobody is logged out.\n" +
			"It warns where the key will have been published for less than keys.publish_before when it signs: " +
			"whoever verifies tokens may not know it yet.",
		Example: `  edgetoken keys activate NzbLsXh8
  edgetoken keys activate NzbLsXh8 --at 2026-12-01T03:00:00Z
  edgetoken keys activate NzbLsXh8 --at 12h`,
		Args:              wants(1),
		ValidArgsFunction: completeKids,
		RunE: func(c *cobra.Command, args []string) error {
			return changeKey(c, "activated", admin.ActivateKey, admin.KeyActivation{ID: args[0], At: at.time})
		},
	}
	c.Flags().Var(&at, "at", "sign from this `TIME` on: "+momentForms)
	return addJSON(c)
}

func keysRetireCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "retire KID",
		Short: "end a key now, with all that it signed",
		Long: "retire ends a key for good: from the next request on all that it signed is refused, and whoever has " +
			"such a token logs in again. Its private part is dropped.\n" +
			"Where nothing leaked there is no need: a key goes by itself once what it signed has expired.\n" +
			"The key that signs is refused without --force: with it nobody can log in until another key is activated.",
		Example:           "  edgetoken keys generate --activate\n  edgetoken keys retire NzbLsXh8",
		Args:              wants(1),
		ValidArgsFunction: completeKids,
		RunE: func(c *cobra.Command, args []string) error {
			return changeKey(c, "retired", admin.RetireKey, admin.KeyRetirement{ID: args[0], Force: force})
		},
	}
	c.Flags().BoolVar(&force, "force", false, "retire the key that signs, after which nobody can log in")
	return addJSON(c)
}

// changeKey does an operation that changes a key, and prints what comes of it.
func changeKey[B any](
	c *cobra.Command, did string, op admin.Operation[admin.None, B, admin.KeyChanged], body B,
) error {
	answer, err := ask(c, op, admin.None{}, body)
	if err != nil {
		return err
	}
	return printKeyChanged(c, did, answer)
}

func printKeyChanged(c *cobra.Command, did string, v admin.KeyChanged) error {
	printWarnings(c, v.Warnings)
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s key %s (%s), which %s\n", did, terminal.Printable(v.Key.ID), v.Key.Algorithm,
		doesWhat(v.Key))
	return printNext(c.OutOrStdout(), v.Next, nothingNext(v.Key))
}

// doesWhat says what a key does now.
func doesWhat(k admin.Key) string {
	switch {
	case k.State == "gone":
		return "is gone, with all that it signed"
	case k.State == "signing" && k.Ends != nil:
		return "signs, and ends at " + date(k.Ends)
	case k.State == "signing":
		return "signs"
	case k.State == "published" && k.SignsFrom != nil:
		return "signs from " + date(k.SignsFrom) + " on"
	case k.State == "published" && k.Symmetric:
		return "does not sign yet"
	case k.State == "published":
		return "is published, and does not sign yet"
	case k.Ends != nil:
		return "verifies tokens until " + date(k.Ends)
	}
	return "verifies tokens"
}

// nothingNext says what to do about a key where nothing happens by itself.
func nothingNext(k admin.Key) string {
	if k.State == "published" {
		kid := terminal.ShellWord(k.ID)
		if strings.HasPrefix(k.ID, "-") {
			kid = "-- " + kid // it looks like a flag
		}
		return "nothing by itself; edgetoken keys activate " + kid + " has it sign"
	}
	return "nothing changes by itself"
}

// completeKids are the ids of the keys of a running node.
func completeKids(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_, client, err := dialRunning(c)
	if err != nil || client == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer client.Close()
	list, err := admin.ListKeys.Call(c.Context(), client, admin.KeysQuery{}, admin.None{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var kids []string
	for _, k := range list.Keys {
		if k.ID != "" {
			kids = append(kids, k.ID+"\t"+k.Algorithm+", "+k.State)
		}
	}
	return kids, cobra.ShellCompDirectiveNoFileComp
}
