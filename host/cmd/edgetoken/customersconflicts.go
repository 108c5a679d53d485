package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func conflictsCommand() *cobra.Command {
	limit := 100
	c := addJSON(&cobra.Command{
		Use:   "conflicts",
		Short: "list e-mail addresses and ids that two customers were given",
		Long: "conflicts lists e-mail addresses and ids that nodes which did not know of each other gave to two " +
			"customers. The one who was given it first has it, and the other waits.\n" +
			"A customer who waits for an e-mail address cannot log in with it, and gets it once the other has " +
			"another address or is removed: set or remove one of the two.\n" +
			"One who waits for an id is no customer here: add that customer again, with another id.\n" +
			"The exit status is 1 if there are conflicts.",
		Example: "  edgetoken customers conflicts\n  edgetoken customers conflicts --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > admin.MaxPage {
				return misusef("--limit must be between 1 and 999")
			}
			answer, err := ask(c, admin.ListConflicts, admin.ConflictsQuery{Limit: limit}, admin.None{})
			if err != nil {
				return err
			}
			if err := printConflicts(c, answer.Conflicts); err != nil {
				return err
			}
			if len(answer.Conflicts) > 0 {
				return errRefused
			}
			return nil
		},
	})
	c.Flags().Var((*wholeNumber)(&limit), "limit", "conflicts to list, up to 999")
	return c
}

func printConflicts(c *cobra.Command, list []admin.Conflict) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), admin.Conflicts{Conflicts: list})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(c.OutOrStdout(), "no conflicts")
		return err
	}
	rows := [][]string{{"WHAT", "HAS IT", "MADE", "WAITS", "MADE"}}
	for _, v := range list {
		what := "id"
		if v.Email != nil {
			what = *v.Email
		}
		rows = append(rows, []string{what, claimText(v.Has), madeText(v.Has), claimText(v.Waits), madeText(v.Waits)})
	}
	return terminal.Table(c.OutOrStdout(), rows)
}

func claimText(v admin.Claim) string { return v.ID.String() + " " + v.Email }

func madeText(v admin.Claim) string {
	if v.Made == nil {
		return "earlier"
	}
	return fmt.Sprintf("%s by node %d", v.Made.Format(time.RFC3339), v.Node)
}
