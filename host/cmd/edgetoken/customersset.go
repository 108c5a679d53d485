package main

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
)

func setCommand() *cobra.Command {
	var email, firstName, lastName, attributes string
	var staff, superuser bool
	c := addJSON(&cobra.Command{
		Use:   "set ID|EMAIL",
		Short: "change a customer's e-mail address, names, staff and superuser flags, attributes",
		Long: "set changes what its flags name, and leaves all else as it is. --attributes takes the place of all " +
			"attributes there are.\n\n" +
			"A new e-mail address ends nothing where tokens name customers by id (USER_ID_FIELD). Where they name " +
			"the address (USER_ID_FIELD: email) those with the old\n" +
			"address are refused from now on, and the customer logs in again. An address without @ is\n" +
			"refused without --force. Passwords are set by edgetoken customers passwd, permissions by edgetoken " +
			"customers grant.",
		Example: `  edgetoken customers set ana@example.com --email ana.ruiz@example.com --last-name Ruiz
  edgetoken customers set 7 --staff --superuser=false
  edgetoken customers set 7 --attributes '{"plan": "pro"}'
  edgetoken customers set 7 --attributes null`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			var call admin.Details
			given := false
			for name, put := range map[string]func(){
				"email":      func() { call.Email = &email },
				"first-name": func() { call.FirstName = &firstName },
				"last-name":  func() { call.LastName = &lastName },
				"staff":      func() { call.IsStaff = &staff },
				"superuser":  func() { call.IsSuperuser = &superuser },
				"attributes": func() { call.Attributes = json.RawMessage(strings.TrimSpace(attributes)) },
			} {
				if c.Flags().Changed(name) {
					given = true
					put()
				}
			}
			if !given {
				return misusef("nothing to set: name at least one of " +
					"--email, --first-name, --last-name, --staff, --superuser, --attributes")
			}
			if call.Attributes != nil && !json.Valid(call.Attributes) {
				return misusef(`--attributes must be a JSON object such as '{"plan": "pro"}', or null for none`)
			}
			if err := customerjson.CheckAttributes(call.Attributes); err != nil {
				return misusef("--attributes %w", err)
			}
			v, err := ask(c, admin.SetDetails, admin.CustomerQuery{Key: args[0], Force: forced(c)}, call)
			if err != nil {
				return err
			}
			return printChanged(c, v, "changed")
		},
	})
	f := c.Flags()
	f.StringVar(&email, "email", "", "e-mail address")
	f.StringVar(&firstName, "first-name", "", "first name")
	f.StringVar(&lastName, "last-name", "", "last name")
	f.BoolVar(&staff, "staff", false, "is_staff; --staff=false: no more")
	f.BoolVar(&superuser, "superuser", false, "is_superuser; --superuser=false: no more")
	f.StringVar(&attributes, "attributes", "", "all attributes, as a `JSON` object; null for none")
	return addForce(c, "an e-mail address without @")
}
