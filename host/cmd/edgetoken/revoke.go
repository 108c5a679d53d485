package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
)

func revokeCommand() *cobra.Command {
	var family, customer string
	var all bool
	c := addJSON(&cobra.Command{
		Use:   "revoke TOKEN|- | --family HEX --customer ID|EMAIL | --customer ID|EMAIL | --all --yes",
		Short: "end the log-in that a token descends from, or every session of a customer or of all",
		Long: "revoke ends a log-in for good: its refresh token and every access token that came of it are refused " +
			"from now on. The log-in is that of a token, which\n" +
			"may have expired, or the one that a log record names by family and customer. With --customer alone " +
			"every session of that customer until now ends; logging in\n" +
			"again is not affected (see edgetoken customers disable for that). With --all every session of every " +
			"customer until now ends, those in browsers too, as is due where an older\n" +
			"store.db was copied back: what was revoked since would be good again. At a terminal it asks first; " +
			"elsewhere it needs --yes,\n" +
			"since everybody has to log in anew.\n\n" +
			"Of a token that edgetoken did not issue, as Django's, only that token ends: which others came of its " +
			"log-in is not known. A node keeps no list of log-ins either, so that\n" +
			"--family takes any name. With wire: exact access tokens stay good until they expire; with " +
			"blacklist_app: false a single log-in cannot be revoked at all.",
		Example: `  edgetoken token revoke - < token.txt
  edgetoken token revoke "$TOKEN"
  edgetoken token revoke --family 2f61c0ffee01 --customer 7
  edgetoken token revoke --customer ana@example.com
  edgetoken token revoke --all --yes`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			call := admin.RevokeRequest{Family: family, Customer: customer, All: all}
			switch {
			case all && (len(args) > 0 || c.Flags().Changed("family") || c.Flags().Changed("customer")):
				return misusef("--all ends every log-in: it goes with no token, --family or --customer")
			case all:
				const what = "--all ends every log-in of every customer until now"
				if err := confirmable(c, what); err != nil {
					return err
				}
				if err := confirm(c, what, "all"); err != nil {
					return err
				}
			case c.Flags().Changed("yes"):
				return misusef("--yes confirms --all, which is not there")
			case len(args) > 1 || (len(args) == 1) == (family != "" || customer != ""):
				return misusef("name one token, or --customer, or --family and --customer, or --all; usage: %s",
					c.UseLine())
			case family != "" && customer == "":
				return misusef("--family needs --customer: the log record has both")
			case len(args) == 1:
				token, err := readToken(c, args[0])
				if err != nil {
					return err
				}
				call.Token = token
			}
			if err := checkEngineFlag(c); err != nil {
				return err
			}
			answer, err := ask(c, admin.Revoke, admin.None{}, call)
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), answer)
			}
			if _, err := fmt.Fprintln(c.OutOrStdout(), revocationText(answer)); err != nil {
				return err
			}
			return printNotes(c, answer.Notes)
		},
	})
	c.Flags().StringVar(&family, "family", "", "family of a log-in, as a log record has it")
	c.Flags().StringVar(&customer, "customer", "", "id or e-mail address of a customer")
	c.Flags().BoolVar(&all, "all", false, "every session of every customer")
	return addYes(c)
}

// printNotes prints what a revocation does not reach, or cannot know, a line each.
func printNotes(c *cobra.Command, notes []string) error {
	for _, n := range notes {
		if _, err := fmt.Fprintln(c.OutOrStdout(), "noted: "+n); err != nil {
			return err
		}
	}
	return nil
}

// revocationText is a revocation in words.
func revocationText(r admin.Revocation) string {
	var b strings.Builder
	b.WriteString("revoked every session until now")
	switch r.Revoked {
	case "all":
		b.WriteString(", of all customers")
	case "login":
		b.Reset()
		b.WriteString("revoked log-in " + *r.Family)
		if r.Started != nil {
			b.WriteString(" of " + r.Started.Format("2006-01-02 15:04:05 UTC"))
		}
	}
	if r.Customer != nil {
		b.WriteString(", customer " + called(*r.Customer))
	}
	return b.String()
}
