package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func grantCommand() *cobra.Command {
	return rightsCommand(&cobra.Command{
		Use:   "grant ID|EMAIL [PERMISSION]... [--group GROUP]...",
		Short: "give a customer permissions, or add them to groups",
		Long: "grant gives a customer permissions of its own, as Django writes them: app_label.codename. With " +
			"--group it adds them to groups, which gives\n" +
			"them the groups' permissions too. What they have already may be given again. It holds from the next " +
			"request on, without a new log-in.",
		Example: `  edgetoken customers grant eva@example.com customers.add_customer customers.change_customer
  edgetoken customers grant 7 --group editors`,
	}, "add to the `GROUP`", "granted", "to", func(permissions, groups []string) admin.RightsChange {
		return admin.RightsChange{Grant: permissions, Join: groups}
	})
}

// withdrawCommand is customers revoke.
func withdrawCommand() *cobra.Command {
	return rightsCommand(&cobra.Command{
		Use:   "revoke ID|EMAIL [PERMISSION]... [--group GROUP]...",
		Short: "take permissions from a customer, or take them out of groups; ends no session",
		Long: "revoke takes permissions from a customer that are the customer's own, or with --group takes them out " +
			"of groups. It holds from the next request on. Where they do\n" +
			"not have one of those named, nothing changes.\n\n" +
			"It ends no session and no token: see edgetoken customers logout and edgetoken token revoke for that.",
		Example: `  edgetoken customers revoke eva@example.com customers.add_customer
  edgetoken customers revoke 7 --group editors`,
	}, "take out of the `GROUP`", "revoked", "from", func(permissions, groups []string) admin.RightsChange {
		return admin.RightsChange{Revoke: permissions, Leave: groups}
	})
}

// rightsCommand completes a command that takes a customer, permissions and groups. change makes its request of the last
// two; done and preposition are how it says what was done.
func rightsCommand(
	c *cobra.Command, groupUsage, done, preposition string,
	change func(permissions, groups []string) admin.RightsChange,
) *cobra.Command {
	var groups []string
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkRightsArgs(c, args, groups); err != nil {
			return err
		}
		return changeRights(c, args[0], change(args[1:], groups), done, preposition)
	}
	c.Flags().StringArrayVar(&groups, "group", nil, groupUsage+"; may be repeated")
	return addJSON(c)
}

// checkRightsArgs refuses a command without a customer or without anything to change, and a token for a customer.
func checkRightsArgs(c *cobra.Command, args, groups []string) error {
	switch {
	case len(args) > 0 && strings.Count(args[0], ".") == 2 && strings.HasPrefix(args[0], "eyJ"):
		return misusef("%s is about permissions, and that is a token: see edgetoken token revoke", c.CommandPath())
	case len(args) == 0:
		return misusef("wrong number of arguments: 0; usage: %s", c.UseLine())
	case len(args) == 1 && len(groups) == 0:
		return misusef("name a permission, such as customers.view_customer, or a group with --group; usage: %s",
			c.UseLine())
	}
	return nil
}

// changeRights makes a change and prints what was done: "granted a.b, group editors to customer 7 eva@example.com".
func changeRights(c *cobra.Command, key string, change admin.RightsChange, done, preposition string) error {
	answer, err := ask(c, admin.ChangeRights, admin.CustomerQuery{Key: key}, change)
	if err != nil {
		return err
	}
	printWarnings(c, answer.Warnings)
	what := slices.Concat(change.Grant, change.Revoke)
	for _, g := range slices.Concat(change.Join, change.Leave) {
		what = append(what, "group "+g)
	}
	return printChanged(c, answer.Customer, done+" "+terminal.Printable(strings.Join(what, ", "))+" "+preposition)
}
