package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func groupsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "groups",
		Short: "list and change groups, whose permissions all members have",
		Long: "groups looks after groups. Customers are added to them by edgetoken customers grant --group, " +
			"and listed by edgetoken customers list --group.",
		Example: `  edgetoken customers groups list
  edgetoken customers groups add editors customers.change_customer customers.view_customer
  edgetoken customers grant eva@example.com --group editors`,
	}
	permissions := func(call *admin.GroupChange) *[]string { return &call.Permissions }
	grant := func(call *admin.GroupChange) *[]string { return &call.Grant }
	revoke := func(call *admin.GroupChange) *[]string { return &call.Revoke }
	c.AddCommand(groupListCommand())
	for _, g := range []groupChange{
		{"add", "make a group", "A group that is there already is left alone.",
			"added", admin.AddGroup, permissions, 0},
		{"set", "give a group these permissions in place of those it has", "A group that is not there is made.",
			"set", admin.PutGroup, permissions, 0},
		{"grant", "give a group more permissions", "All members have them from the next request on.",
			"changed", admin.ChangeGroup, grant, 1},
		{"revoke", "take permissions from a group",
			"From the next request on no member has them from there. It ends no session and no token.",
			"changed", admin.ChangeGroup, revoke, 1},
	} {
		c.AddCommand(g.command())
	}
	c.AddCommand(groupRemoveCommand())
	return c
}

func groupListCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:     "list",
		Short:   "list all groups with their permissions",
		Long:    "list prints all groups with their permissions. With --json it is {\"groups\": […]}.",
		Example: "  edgetoken customers groups list\n  edgetoken customers groups list --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := ask(c, admin.ListGroups, admin.None{}, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), all)
			}
			rows := [][]string{{"GROUP", "PERMISSIONS"}}
			for _, g := range all.Groups {
				rows = append(rows, []string{g.Name, strings.Join(g.Permissions, " ")})
			}
			return terminal.Table(c.OutOrStdout(), rows)
		},
	})
}

// groupChange is a command that changes a group by its name and permissions.
type groupChange struct {
	verb, short, more string
	done              string
	operation         admin.Operation[admin.None, admin.GroupChange, admin.GroupChanged]
	list              func(*admin.GroupChange) *[]string // what the permissions are in the call
	least             int                                // how many there must be
}

func (g groupChange) command() *cobra.Command {
	use := " NAME [PERMISSION]..."
	if g.least > 0 {
		use = " NAME PERMISSION..."
	}
	return addJSON(&cobra.Command{
		Use:     g.verb + use,
		Short:   g.short,
		Long:    g.verb + ": " + g.short + ". " + g.more,
		Example: "  edgetoken customers groups " + g.verb + " editors customers.change_customer",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) < 1+g.least {
				return misusef("wrong number of arguments: %d; usage: %s", len(args), c.UseLine())
			}
			call := admin.GroupChange{Name: args[0]}
			*g.list(&call) = args[1:]
			answer, err := ask(c, g.operation, admin.None{}, call)
			if err != nil {
				return err
			}
			printWarnings(c, answer.Warnings)
			return printGroup(c, answer.Group, g.done)
		},
	})
}

func groupRemoveCommand() *cobra.Command {
	return addYes(addJSON(&cobra.Command{
		Use:   "remove NAME",
		Short: "remove a group; nobody is in it any more",
		Long: "remove removes a group. A later group of the same name has none of its members. At a terminal it " +
			"asks for the name of the group first; elsewhere it needs --yes,\n" +
			"since nothing brings back who was in it.",
		Example: "  edgetoken customers groups remove editors\n  edgetoken customers groups remove editors --yes",
		Args:    wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			err := confirmable(c, "there is no terminal to ask at, and nothing brings back who was in a group")
			if err != nil {
				return err
			}
			all, err := lookFirst(c, admin.ListGroups, admin.None{})
			if err != nil {
				return err
			}
			// Where there is no such group, there is nothing to ask for.
			if slices.ContainsFunc(all.Groups, func(g admin.Group) bool { return g.Name == args[0] }) {
				what := "This removes group " + terminal.Printable(args[0]) + " for good, and who is in it"
				if err := confirm(c, what, args[0]); err != nil {
					return err
				}
			}
			g, err := ask(c, admin.RemoveGroup, admin.GroupQuery{Name: args[0]}, admin.None{})
			if err != nil {
				return err
			}
			return printGroup(c, g, "removed")
		},
	}))
}

// printGroup prints what was done to a group and what it has now.
func printGroup(c *cobra.Command, g admin.Group, done string) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), g)
	}
	has := ""
	if done != "removed" {
		has = ", which has no permissions"
		if len(g.Permissions) > 0 {
			has = ", which has " + strings.Join(g.Permissions, " ")
		}
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s group %s%s\n", done, terminal.Printable(g.Name), terminal.Printable(has))
	return err
}
