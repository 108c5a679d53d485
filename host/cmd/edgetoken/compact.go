package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
)

func compactCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "compact",
		Short: "give back what the store file does not use",
		Long: "compact writes the content of the store into a new file without free pages and puts that in the " +
			"place of the old one. It works on a running node too: requests\n" +
			"that read are answered meanwhile, log-ins and revocations wait, about a second for 100 MiB of " +
			"content. The disk must have room for both files. What interrupts it leaves the old file as it was.\n" +
			"A node compacts small stores by itself once that pays.",
		Example: "  edgetoken compact",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			answer, err := ask(c, admin.Compact, admin.None{}, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), answer)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "compacted the store from %d to %d bytes\n",
				answer.Before, answer.After)
			return err
		},
	})
}
