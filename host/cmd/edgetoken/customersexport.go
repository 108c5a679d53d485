package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/host/terminal"
	"github.com/edgetoken/edgetoken/store"
)

func customersExportCommand() *cobra.Command {
	var output outputFile
	var x exporting
	c := &cobra.Command{
		Use:   "export",
		Short: "write all customers as Django, or another system, reads them",
		Long: "export writes all customers in the order of their ids, and all groups, as manage.py loaddata reads " +
			"them, or as edgetoken customers import does: with all that an import kept.\n" +
			"The file has e-mail addresses and password hashes: it is not written to a terminal, and -o gives it " +
			"mode 0600.",
		Example: `  edgetoken customers export -o customers.json
  edgetoken customers export | ssh shop.example.com 'cd shop; python manage.py loaddata --format json -'
  edgetoken customers export --format csv -o customers.csv`,
		Args: func(c *cobra.Command, args []string) error {
			return cmp.Or(output.check(c), checkCustomerFormat(x.format), wants(0)(c, args))
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if output.path == "" && term.IsTerminal(syscall.Stdout) {
				return misusef("password hashes do not belong on a screen: name a file with -o, or send them to " +
					"another command")
			}
			if err := output.free(); err != nil {
				return err
			}
			x.cmd = c
			return withAdmin(c, false, func(client *admin.Client) error {
				x.client = client
				if !output.named() {
					return x.write(c.OutOrStdout())
				}
				defer interruptible(c)()
				if err := output.save("customers", x.write); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "wrote %s to %s\n", counted(x.done, "customer"), output.path)
				return err
			})
		},
	}
	f := c.Flags()
	output.addFlags(f)
	f.StringVar(&x.format, "format", string(customerfile.Dumpdata), "django (for loaddata), jsonl or csv")
	f.BoolVar(&x.primaryKeys, "primary-keys", false,
		"write groups and permissions as the numbers that they had in the dump, instead of natural keys")
	f.BoolVar(&x.noGroups, "no-groups", false, "write customers alone")
	f.StringVar(&x.model, "model", "", "the `MODEL` of customers (default: that of the dump that was imported)")
	return completeCustomerFormat(c)
}

// exporting is an export of customers.
type exporting struct {
	format, model         string
	primaryKeys, noGroups bool

	cmd    *cobra.Command
	client *admin.Client
	done   int
}

// write writes the file, and warns of what it lacks.
func (x *exporting) write(to io.Writer) error {
	answer, err := admin.ShowOrigin.Call(x.cmd.Context(), x.client, admin.None{}, admin.None{})
	if err != nil {
		return err
	}
	var origin customerfile.Origin
	if err := json.Unmarshal(answer.Origin, &origin); err != nil {
		return fmt.Errorf("read what imports said: %w", err)
	}
	origin.Model = cmp.Or(x.model, origin.Model)
	if origin.Model == "" && x.format == string(customerfile.Dumpdata) {
		return errors.New("no dump was imported here that names the model of customers: name it with --model, " +
			"such as --model customers.customer")
	}
	w := customerfile.NewWriter(to, customerfile.Format(x.format), origin, x.primaryKeys)
	if !x.noGroups {
		err = x.writeGroups(w)
	}
	if err == nil {
		err = x.writeCustomers(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	if left := namesAndCounts(w.Left()); left != "" {
		printWarnings(x.cmd, []string{"left out, since the file has no place for it: " + left})
	}
	if lacks := namesAndCounts(w.Lacks()); lacks != "" {
		printWarnings(x.cmd, []string{"of some customers nothing here says what these fields of the model hold: " +
			lacks + "; loaddata writes its defaults there, over what Django has, unless you import a dump of these " +
			"customers first"})
	}
	return nil
}

func (x *exporting) writeCustomers(w *customerfile.Writer) error {
	bar := terminal.NewProgress(x.cmd.ErrOrStderr(), "customers", 0)
	defer bar.Clear()
	for after := ""; ; {
		query := admin.PageQuery{After: after, Limit: admin.MaxPage}
		page, err := admin.ExportCustomers.Call(x.cmd.Context(), x.client, query, admin.None{})
		if err != nil || len(page.Rows) == 0 {
			return err
		}
		for _, r := range page.Rows {
			if err := w.Write(r.Exported()); err != nil {
				return err
			}
		}
		x.done += len(page.Rows)
		bar.Show(x.done, 0)
		after = page.Rows[len(page.Rows)-1].ID.String()
	}
}

func namesAndCounts(counts map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s (%d)", terminal.Printable(name), counts[name]))
	}
	return strings.Join(list, ", ")
}

func (x *exporting) writeGroups(w *customerfile.Writer) error {
	answer, err := admin.ListGroups.Call(x.cmd.Context(), x.client, admin.None{}, admin.None{})
	if err != nil {
		return err
	}
	var groups []store.Group
	for _, g := range answer.Groups {
		groups = append(groups, store.Group(g))
	}
	return w.Groups(groups)
}
