package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
)

func grantCommand() *cobra.Command {
	var groups []string
	c := addJSON(&cobra.Command{
		Use:   "grant ID|EMAIL [PERMISSION]... [--group GROUP]...",
		Short: "give a customer permissions, or add them to groups",
		Long: `grant gives a customer permissions of his own, as Django writes them: app_label.codename. With --group it adds them to groups, which gives
them the groups' permissions too. What they have already may be given again. It holds from the next request on, without a new log-in.`,
		Example: `  edgetoken customers grant eva@example.com customers.add_customer customers.change_customer
  edgetoken customers grant 7 --group editors`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkRightsArgs(c, args, groups); err != nil {
				return err
			}
			return changeRights(c, args[0], admin.RightsChange{Grant: args[1:], Join: groups}, "granted", "to", args[1:], groups)
		},
	})
	c.Flags().StringArrayVar(&groups, "group", nil, "add to the `GROUP`; may be repeated")
	return c
}

// withdrawCommand is customers revoke.
func withdrawCommand() *cobra.Command {
	var groups []string
	c := addJSON(&cobra.Command{
		Use:   "revoke ID|EMAIL [PERMISSION]... [--group GROUP]...",
		Short: "take permissions from a customer, or take them out of groups; ends no session",
		Long: `revoke takes permissions from a customer that are the customer's own, or with --group takes them out of groups. It holds from the next request on. Where they do
not have one of those named, nothing changes.

It ends no session and no token: see edgetoken customers logout and edgetoken token revoke for that.`,
		Example: `  edgetoken customers revoke eva@example.com customers.add_customer
  edgetoken customers revoke 7 --group editors`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkRightsArgs(c, args, groups); err != nil {
				return err
			}
			return changeRights(c, args[0], admin.RightsChange{Revoke: args[1:], Leave: groups}, "revoked", "from", args[1:], groups)
		},
	})
	c.Flags().StringArrayVar(&groups, "group", nil, "take out of the `GROUP`; may be repeated")
	return c
}

// checkRightsArgs refuses a command that names nobody or nothing, and a token in place of a customer.
func checkRightsArgs(c *cobra.Command, args, groups []string) error {
	switch {
	case len(args) > 0 && strings.Count(args[0], ".") == 2 && strings.HasPrefix(args[0], "eyJ"):
		return misusef("%s is about permissions, and that is a token: see edgetoken token revoke", c.CommandPath())
	case len(args) == 0:
		return misusef("wrong number of arguments: 0; usage: %s", c.UseLine())
	case len(args) == 1 && len(groups) == 0:
		return misusef("name a permission, such as customers.view_customer, or a group with --group; usage: %s", c.UseLine())
	}
	return nil
}

// changeRights makes a change and prints what was done: "granted a.b, group editors to customer 7 eva@example.com".
func changeRights(c *cobra.Command, key string, call admin.RightsChange, done, preposition string, permissions, groups []string) error {
	return withAdmin(c, false, func(client *admin.Client) error {
		var answer admin.RightsChanged
		if err := client.Call(c.Context(), http.MethodPost, "/rights", keyQuery(key), call, &answer); err != nil {
			return err
		}
		printWarnings(c, answer.Warnings)
		what := append([]string{}, permissions...)
		for _, g := range groups {
			what = append(what, "group "+g)
		}
		return printChanged(c, answer.Customer, done+" "+admin.Printable(strings.Join(what, ", "))+" "+preposition)
	})
}

// mayDo is what a customer may do, in words.
func mayDo(v admin.Customer) string {
	switch {
	case !v.IsActive:
		return "nothing, as long as not active"
	case v.IsSuperuser:
		return "everything, as a superuser"
	case len(v.Rights) == 0:
		return ""
	}
	return strings.Join(v.Rights, " ")
}

func groupsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "groups",
		Short: "list and change groups, whose permissions all members have",
		Long:  "groups looks after groups. Customers are added to them by edgetoken customers grant --group, and listed by edgetoken customers list --group.",
		Example: `  edgetoken customers groups list
  edgetoken customers groups add editors customers.change_customer customers.view_customer
  edgetoken customers grant eva@example.com --group editors`,
	}
	c.AddCommand(groupListCommand(),
		groupCommand("add", "make a group", "A group that is there already is left alone.", "added", http.MethodPost, 0,
			func(call *admin.GroupChange, permissions []string) { call.Permissions = permissions }),
		groupCommand("set", "give a group these permissions in place of those it has", "A group that is not there is made.", "set", http.MethodPut, 0,
			func(call *admin.GroupChange, permissions []string) { call.Permissions = permissions }),
		groupCommand("grant", "give a group more permissions", "All members have them from the next request on.", "changed", http.MethodPatch, 1,
			func(call *admin.GroupChange, permissions []string) { call.Grant = permissions }),
		groupCommand("revoke", "take permissions from a group", "From the next request on no member has them from there. It ends no session and no token.", "changed",
			http.MethodPatch, 1, func(call *admin.GroupChange, permissions []string) { call.Revoke = permissions }),
		groupRemoveCommand())
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
			return withAdmin(c, false, func(client *admin.Client) error {
				var all admin.Groups
				if err := client.Call(c.Context(), http.MethodGet, "/groups", nil, nil, &all); err != nil {
					return err
				}
				if wantsJSON(c) {
					return printJSON(c.OutOrStdout(), all)
				}
				rows := [][]string{{"GROUP", "PERMISSIONS"}}
				for _, g := range all.Groups {
					rows = append(rows, []string{g.Name, strings.Join(g.Permissions, " ")})
				}
				return printTable(c.OutOrStdout(), rows)
			})
		},
	})
}

// groupCommand changes a group by its name and permissions, of which there must be so many.
func groupCommand(verb, short, more, done, method string, least int, fill func(*admin.GroupChange, []string)) *cobra.Command {
	use := " NAME [PERMISSION]..."
	if least > 0 {
		use = " NAME PERMISSION..."
	}
	return addJSON(&cobra.Command{
		Use:     verb + use,
		Short:   short,
		Long:    verb + ": " + short + ". " + more,
		Example: "  edgetoken customers groups " + verb + " editors customers.change_customer",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) < 1+least {
				return misusef("wrong number of arguments: %d; usage: %s", len(args), c.UseLine())
			}
			call := admin.GroupChange{Name: args[0]}
			fill(&call, args[1:])
			return withAdmin(c, false, func(client *admin.Client) error {
				var answer admin.GroupChanged
				if err := client.Call(c.Context(), method, "/groups", nil, call, &answer); err != nil {
					return err
				}
				printWarnings(c, answer.Warnings)
				return printGroup(c, answer.Group, done)
			})
		},
	})
}

func groupRemoveCommand() *cobra.Command {
	return addYes(addJSON(&cobra.Command{
		Use:   "remove NAME",
		Short: "remove a group; nobody is in it any more",
		Long: `remove removes a group. A later group of the same name has none of its members. At a terminal it asks for the name of the group first; elsewhere it needs --yes,
since nothing brings back who was in it.`,
		Example: "  edgetoken customers groups remove editors\n  edgetoken customers groups remove editors --yes",
		Args:    wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := confirmable(c, "there is no terminal to ask at, and nothing brings back who was in a group"); err != nil {
				return err
			}
			var all admin.Groups
			if err := lookFirst(c, "/groups", nil, &all); err != nil {
				return err
			}
			if slices.ContainsFunc(all.Groups, func(g admin.Group) bool { return g.Name == args[0] }) { // else there is nothing to ask for
				if err := confirm(c, "This removes group "+admin.Printable(args[0])+" for good, and who is in it", args[0]); err != nil {
					return err
				}
			}
			return withAdmin(c, false, func(client *admin.Client) error {
				var g admin.Group
				if err := client.Call(c.Context(), http.MethodDelete, "/groups", map[string][]string{"name": {args[0]}}, nil, &g); err != nil {
					return err
				}
				return printGroup(c, g, "removed")
			})
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
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s group %s%s\n", done, admin.Printable(g.Name), admin.Printable(has))
	return err
}
