package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/host/datadir"
)

// customerFormats are the values of --format where customers are read or written.
var customerFormats = []string{
	string(customerfile.Dumpdata), string(customerfile.JSONL), string(customerfile.CSV),
}

// completeCustomerFormat has a shell complete --format with them, and not with those of keys.
func completeCustomerFormat(c *cobra.Command) *cobra.Command {
	// The error says that there is no such flag.
	_ = c.RegisterFlagCompletionFunc("format",
		cobra.FixedCompletions(customerFormats, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func checkCustomerFormat(format string) error {
	if slices.Contains(customerFormats, format) {
		return nil
	}
	return misusef("--format %q is unknown: use one of %s", format, strings.Join(customerFormats, ", "))
}

func customersImportCommand() *cobra.Command {
	var format, model, email string
	var strict, dry, overwrite bool
	c := addJSON(&cobra.Command{
		Use:   "import FILE… | -",
		Short: "import customers from Django, or from another system",
		Long: "import joins the customers of files with those that are here. A file is what manage.py dumpdata " +
			"writes as JSON, or JSON as customers add --json reads it, or CSV with\n" +
			"a line of names; - is standard input. Passwords go on as they are: customers log in with the hash that " +
			"Django made.\n\n" +
			"In a dump, groups and permissions are numbers, unless it was made with --natural-foreign. Dumps of " +
			"auth.group, auth.permission and contenttypes.contenttype, in the same file\n" +
			"or in others, explain them. What nothing explains is kept for customers export, and grants nothing.\n\n" +
			"A row that cannot be imported is reported with its line and the reason, and the others go on; with " +
			"--strict nothing is imported then.\n" +
			"The same file can be imported again: what it says anew is taken, what has changed here since stays, and " +
			"where both have changed it is a conflict, which is named.\n" +
			"An import that was interrupted is continued by the same command. The exit status is 0 where no row is " +
			"bad or in conflict.",
		Example: `  python manage.py dumpdata auth.group customers --natural-foreign | edgetoken customers import -
  edgetoken customers import --dry-run customers.json
  edgetoken customers import --email-field login --model shop.account groups.json accounts.json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misusef("name a file, or - for standard input; usage: %s", c.UseLine())
			}
			if i := slices.Index(args, "-"); i >= 0 && slices.Contains(args[i+1:], "-") {
				return misusef("standard input can be read once: name - once")
			}
			if c.Flags().Changed("format") {
				return checkCustomerFormat(format)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			i := &importing{
				cmd: c, strict: strict, query: admin.ImportQuery{Dry: dry, Overwrite: overwrite},
				options: customerfile.Options{Format: customerfile.Format(format), Model: model, Email: email},
			}
			err := i.open(args)
			if err == nil {
				err = withAdmin(c, !dry, i.run)
			}
			if dry && (errors.Is(err, datadir.ErrMissing) || errors.Is(err, datadir.ErrNoStore)) {
				err = i.runElsewhere()
			}
			return errors.Join(err, i.close())
		},
	})
	f := c.Flags()
	f.StringVar(&format, "format", "", "django (dumpdata), jsonl or csv (default: what the file looks like)")
	f.StringVar(&model, "model", "",
		"the `MODEL` of customers in a dump, such as customers.customer (default: the one with a password)")
	f.StringVar(&email, "email-field", "",
		"the `FIELD` of a dump that holds the e-mail address (default: as in the last dump, else email)")
	f.BoolVar(&strict, "strict", false, "import nothing if any row is bad or in conflict")
	f.BoolVar(&dry, "dry-run", false, "say what would happen, and change nothing")
	f.BoolVar(&overwrite, "overwrite", false, "take what the file says where both have changed, "+
		"and add customers again that were removed here")
	return completeCustomerFormat(c)
}
