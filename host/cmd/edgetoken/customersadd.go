package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/store"
)

func addCommand() *cobra.Command {
	var firstName, lastName, id, file string
	var permissions, groups []string
	var staff, superuser, inactive, unusable bool
	c := &cobra.Command{
		Use:   "add EMAIL | --json FILE",
		Short: "add a customer, or many from a file",
		Long: "add adds a customer. The password comes from a prompt or, with --password-stdin, from standard " +
			"input. One that is shorter than\n" +
			"password.min_length, and an e-mail address without @, are refused without --force.\n\n" +
			"With --json it adds whole customers from a file or, with -, from standard input, all or none, and " +
			"prints {\"customers\": […]}, those that were added. The file holds\n" +
			"one object, an array of objects, or one object after the other (NDJSON). A customer has email and " +
			"password (null: none) or password_hash\n" +
			"(as Django encodes it), and may have id, first_name, last_name, is_active, is_staff, is_superuser, " +
			"last_login, date_joined, attributes,\n" +
			"permissions (a list) and groups: an object of groups with the permissions of each, which are made " +
			"where there are none, or a list of names.\n" +
			"What cannot be kept just as it is given is refused with the reason, and nothing is added. Of short " +
			"passwords and addresses without @ it warns.",
		Example: `  edgetoken customers add ana@example.com --first-name Ana --last-name Ruiz
  edgetoken customers add eva@example.com --staff --group editors --permission customers.add_customer
  pwgen 20 1 | edgetoken customers add bot@example.com --password-stdin
  echo '{"id": 7, "email": "eve@example.com", "password": null}' | edgetoken customers add --json -`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("json") != (len(args) == 0) || len(args) > 1 {
				return misusef("name one e-mail address, or a file with --json; usage: %s", c.UseLine())
			}
			if len(args) == 0 {
				for _, f := range []string{
					"first-name", "last-name", "id", "staff", "superuser", "inactive", "permission", "group",
					"no-password", "password-stdin", "force",
				} {
					if c.Flags().Changed(f) {
						return misusef("--%s does not go with --json, whose customers are whole", f)
					}
				}
			}
			if c.Flags().Changed("id") && id == "" {
				return misusef("--id is empty: give an id, or leave the flag out for the next one")
			}
			if unusable && c.Flags().Changed("password-stdin") {
				return misusef("--no-password and --password-stdin contradict each other: keep one of the two")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if file != "" || len(args) == 0 {
				return addFile(c, file)
			}
			added := admin.NewCustomer{
				Email: args[0], FirstName: firstName, LastName: lastName, Permissions: permissions, Groups: groups,
				IsStaff: staff, IsSuperuser: superuser, IsActive: !inactive,
			}
			if !unusable {
				read, err := passwordSource(c)
				if err != nil {
					return err
				}
				if err := checkFree(c, args[0]); err != nil {
					return err
				}
				text, err := read()
				if err != nil {
					return err
				}
				added.Password = &text
			}
			answer, err := add(c, admin.AddQuery{ID: &id, Force: forced(c)}, added.Stream())
			if err != nil {
				return err
			}
			return printChanged(c, answer.Customers[0], "added")
		},
	}
	f := c.Flags()
	f.StringVar(&firstName, "first-name", "", "first name")
	f.StringVar(&lastName, "last-name", "", "last name")
	f.StringVar(&id, "id", "", "id (default: the next integer, or a random UUID)")
	f.BoolVar(&staff, "staff", false, "is_staff")
	f.BoolVar(&superuser, "superuser", false, "is_superuser")
	f.BoolVar(&inactive, "inactive", false, "add without the right to log in")
	f.StringArrayVar(&permissions, "permission", nil,
		"give the `PERMISSION`, such as customers.view_customer; may be repeated")
	f.StringArrayVar(&groups, "group", nil, "add to the `GROUP`, which must exist; may be repeated")
	f.BoolVar(&unusable, "no-password", false, "add without a password")
	f.StringVar(&file, "json", "", "read whole customers from `FILE`, - for standard input, and print JSON")
	addPasswordFlag(c)
	return addForce(c, "a short password, and an e-mail address without @")
}

// checkFree refuses an e-mail address that a new customer cannot have.
func checkFree(c *cobra.Command, email string) error {
	if err := customerjson.CheckEnds(email); err != nil {
		return fmt.Errorf("email %w", err)
	}
	page, err := lookFirst(c, admin.ListCustomers, admin.CustomersQuery{Email: &email})
	if errors.Is(err, datadir.ErrMissing) || errors.Is(err, datadir.ErrNoStore) {
		return nil
	}
	if err == nil && len(page.Customers) > 0 {
		err = fmt.Errorf("customer %q: e-mail address is %w", email, store.ErrExists)
	}
	return err
}

// customersShown is what add --json prints.
type customersShown struct {
	Customers []admin.Customer `json:"customers"`
}

// addFile adds the customers of a file; - is standard input.
func addFile(c *cobra.Command, path string) error {
	input, source := c.InOrStdin(), "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read customers: %w", err)
		}
		defer f.Close()
		input, source = f, path
	}
	in := bufio.NewReader(input)
	if _, err := customerjson.FirstByte(in); errors.Is(err, customerjson.ErrNone) {
		return fmt.Errorf("%s holds no customer", source)
	} else if err != nil {
		return err
	}
	answer, err := add(c, admin.AddQuery{}, admin.Stream{Reader: in})
	if err != nil {
		return err
	}
	return printJSON(c.OutOrStdout(), customersShown{answer.Customers})
}

// add adds customers, in a new store where there is none, and prints the warnings.
func add(c *cobra.Command, q admin.AddQuery, body admin.Stream) (answer admin.Added, err error) {
	err = withAdmin(c, true, func(client *admin.Client) error {
		answer, err = admin.AddCustomers.Call(c.Context(), client, q, body)
		return err
	})
	printWarnings(c, answer.Warnings)
	return answer, err
}
