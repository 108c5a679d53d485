package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

// compaction answers POST /compact.
type compaction struct {
	Before int64 `json:"before"` // size of the store file, bytes
	After  int64 `json:"after"`  // the same of the new file
}

// compact has the store write its content into a new file without free pages.
func (a *admin) compact(r *http.Request) (compaction, error) {
	done, err := a.store.Compact(r.Context(), nil)
	if err != nil {
		return compaction{}, err
	}
	if a.log != nil {
		a.log.Info("admin: compacted the store", "before", done.Before.Bytes, "after", done.After.Bytes)
	}
	return compaction{Before: done.Before.Bytes, After: done.After.Bytes}, nil
}

func compactCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "compact",
		Short: "give back what the store file does not use",
		Long: `compact writes the content of the store into a new file without free pages and puts that in the place of the old one. It works on a running node too: requests
that read are answered meanwhile, log-ins and revocations wait, about a second for 100 MiB of content. The disk must have room for both files. What interrupts it leaves the old file as it was.
A node compacts small stores by itself once that pays.`,
		Example: "  edgetoken compact",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return withAdmin(c, false, func(client *adminClient) error {
				var answer compaction
				if err := client.call(c.Context(), http.MethodPost, "/compact", nil, nil, &answer); err != nil {
					return err
				}
				if wantsJSON(c) {
					return printJSON(c.OutOrStdout(), answer)
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "compacted the store from %d to %d bytes\n", answer.Before, answer.After)
				return err
			})
		},
	})
}
