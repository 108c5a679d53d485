package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func customersCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "customers",
		Short: "add, show and change customers",
		Long: "customers looks after the customers of a data directory, through the node that runs on it " +
			"or, where none runs, in the store itself.",
		Example: `  edgetoken customers add ana@example.com --first-name Ana
  edgetoken customers list
  edgetoken customers disable ana@example.com`,
	}
	c.AddCommand(addCommand(), listCommand(), showCommand(), setCommand(), activeCommand(false), activeCommand(true),
		passwdCommand(), logoutCommand(), grantCommand(), withdrawCommand(), groupsCommand(), removeCommand(),
		conflictsCommand(), customersImportCommand(), customersExportCommand())
	return c
}

// forced reports whether --force was given.
func forced(c *cobra.Command) bool {
	force, _ := c.Flags().GetBool("force")
	return force
}

// addForce adds --force to a command, which then takes what is most likely a mistake.
func addForce(c *cobra.Command, takes string) *cobra.Command {
	c.Flags().Bool("force", false, "take "+takes)
	return c
}

func listCommand() *cobra.Command {
	var after string
	var groups []string
	var limit int
	c := addJSON(&cobra.Command{
		Use:   "list",
		Short: "list customers in the order of their ids",
		Long: "list prints a page of customers in the order of their ids. " +
			`With --json it is {"customers": […], "next": id or null}.`,
		Example: `  edgetoken customers list
  edgetoken customers list --limit 20 --after 140
  edgetoken customers list --group editors
  edgetoken customers list --json`,
		Args: wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > admin.MaxPage {
				return misusef("--limit must be between 1 and 999")
			}
			query := admin.CustomersQuery{PageQuery: admin.PageQuery{After: after, Limit: limit}, Groups: groups}
			page, err := ask(c, admin.ListCustomers, query, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), page)
			}
			rows := [][]string{{"ID", "EMAIL", "NAME", "ACTIVE", "STAFF", "LAST LOGIN"}}
			for _, v := range page.Customers {
				rows = append(rows, []string{
					v.ID.String(), v.Email, name(v), yes(v.IsActive), yes(v.IsStaff), loginTime(v),
				})
			}
			if err := terminal.Table(c.OutOrStdout(), rows); err != nil {
				return err
			}
			if !page.Next.IsZero() {
				fmt.Fprintln(c.ErrOrStderr(), "there are more: "+nextPage(c, groups, page.Next))
			}
			return nil
		},
	})
	c.Flags().StringVar(&after, "after", "", "begin after the customer with this id")
	c.Flags().StringArrayVar(&groups, "group", nil, "only members of the `GROUP`; repeated: of all of them")
	limit = 100
	c.Flags().Var((*wholeNumber)(&limit), "limit", "customers to list, up to 999")
	return c
}

// nextPage is the command that lists what follows a page: the same one, after its last customer.
func nextPage(c *cobra.Command, groups []string, after admin.ID) string {
	words := strings.Fields(c.CommandPath())
	for _, flag := range []string{"config", "data", "limit"} {
		if f := c.Flag(flag); f.Changed {
			words = append(words, "--"+flag, terminal.ShellWord(f.Value.String()))
		}
	}
	for _, g := range groups {
		words = append(words, "--group", terminal.ShellWord(g))
	}
	return strings.Join(append(words, "--after", terminal.ShellWord(after.String())), " ")
}

func showCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:     "show ID|EMAIL",
		Short:   "show a customer",
		Example: "  edgetoken customers show ana@example.com\n  edgetoken customers show 7 --json",
		Args:    wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := ask(c, admin.ShowCustomer, admin.CustomerQuery{Key: args[0]}, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), v)
			}
			rows := [][]string{
				{"id", v.ID.String()}, {"email", v.Email}, {"name", name(v)},
				{"active", yes(v.IsActive)}, {"staff", yes(v.IsStaff)}, {"superuser", yes(v.IsSuperuser)},
				{"last login", loginTime(v)}, {"joined", v.DateJoined.Format(time.RFC3339Nano)},
				{"password", v.PasswordKind}, {"attributes", string(v.Attributes)},
				{"permissions", strings.Join(v.Permissions, " ")}, {"groups", strings.Join(v.Groups, ", ")},
				{"may", mayDo(v)},
			}
			if v.PasswordProblem != "" {
				rows = append(rows, []string{"no log-in", v.PasswordProblem})
			}
			return terminal.Table(c.OutOrStdout(), rows)
		},
	})
}

// activeCommand is enable or disable.
func activeCommand(active bool) *cobra.Command {
	verb, short := "disable", "keep a customer from logging in, and end every session until now"
	if active {
		verb, short = "enable", "let a customer log in again; ended sessions stay ended"
	}
	return addJSON(&cobra.Command{
		Use:     verb + " ID|EMAIL",
		Short:   short,
		Example: "  edgetoken customers " + verb + " ana@example.com",
		Args:    wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			return setAccess(c, admin.CustomerQuery{Key: args[0]}, admin.Access{IsActive: &active}, verb+"d")
		},
	})
}

func passwdCommand() *cobra.Command {
	c := addJSON(&cobra.Command{
		Use:   "passwd ID|EMAIL",
		Short: "set a customer's password, and end every session until now",
		Long: "passwd sets a new password, from a prompt or, with --password-stdin, from standard input. Every " +
			"session of the customer until now ends.\n" +
			"A password shorter than password.min_length is refused without --force.",
		Example: `  edgetoken customers passwd ana@example.com
  pwgen 20 1 | edgetoken customers passwd 7 --password-stdin`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			read, err := passwordSource(c)
			if err != nil {
				return err
			}
			customer := admin.CustomerQuery{Key: args[0], Force: forced(c)}
			if _, err := lookFirst(c, admin.ShowCustomer, customer); err != nil {
				return err
			}
			password, err := read()
			if err != nil {
				return err
			}
			b, err := json.Marshal(password)
			if err != nil {
				return err
			}
			return setAccess(c, customer, admin.Access{Password: b}, "password set for")
		},
	})
	addPasswordFlag(c)
	return addForce(c, "a short password")
}

func logoutCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "logout ID|EMAIL",
		Short: "end every session of a customer until now",
		Long: "logout ends every session of a customer until now: their refresh tokens and access tokens are " +
			"refused. Logging in again is not affected;\n" +
			"see edgetoken customers disable for that, and edgetoken token revoke for a single session. With " +
			"wire: exact access tokens stay good until they expire.",
		Example: "  edgetoken customers logout ana@example.com",
		Args:    wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			answer, err := ask(c, admin.Revoke, admin.None{}, admin.RevokeRequest{Customer: args[0]})
			if err != nil {
				return err
			}
			if err := printChanged(c, *answer.Customer, "ended every session of"); err != nil || wantsJSON(c) {
				return err
			}
			return printNotes(c, answer.Notes)
		},
	})
}

func removeCommand() *cobra.Command {
	return addYes(addJSON(&cobra.Command{
		Use:   "remove ID|EMAIL",
		Short: "remove a customer, and end every session",
		Long: "remove removes a customer with all that is known of them; nothing brings that back. At a terminal it " +
			"asks for the e-mail address first; elsewhere it needs --yes.\n" +
			"Tokens that are still in circulation stay refused, even if a later customer gets the same id.",
		Example: "  edgetoken customers remove ana@example.com\n  edgetoken customers remove 7 --yes",
		Args:    wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			err := confirmable(c, "there is no terminal to ask at, and nothing brings back what remove takes away")
			if err != nil {
				return err
			}
			found, err := lookFirst(c, admin.ShowCustomer, admin.CustomerQuery{Key: args[0]})
			if err != nil {
				return err
			}
			what := "This removes customer " + called(found) + " for good"
			if err := confirm(c, what, found.Email); err != nil {
				return err
			}
			v, err := ask(c, admin.RemoveCustomer, admin.CustomerQuery{Key: found.ID.String()}, admin.None{})
			if err != nil {
				return err
			}
			return printChanged(c, v, "removed")
		},
	}))
}

// setAccess changes how a customer logs in and prints what was done.
func setAccess(c *cobra.Command, customer admin.CustomerQuery, access admin.Access, done string) error {
	v, err := ask(c, admin.SetAccess, customer, access)
	if err != nil {
		return err
	}
	return printChanged(c, v, done)
}

func printChanged(c *cobra.Command, v admin.Customer, done string) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s customer %s\n", done, called(v))
	return err
}

// called is a customer's id and e-mail address.
func called(v admin.Customer) string {
	return terminal.Printable(v.ID.String()) + " " + terminal.Printable(v.Email)
}

func name(v admin.Customer) string {
	if v.FirstName == "" || v.LastName == "" {
		return v.FirstName + v.LastName
	}
	return v.FirstName + " " + v.LastName
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func loginTime(v admin.Customer) string {
	if v.LastLogin == nil {
		return "never"
	}
	return v.LastLogin.Format(time.RFC3339)
}

// mayDo says what a customer may do.
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
