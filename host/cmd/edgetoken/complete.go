package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// completions are the values of flags that a shell can complete. What is not named here or a file is nothing that it could know.
var completions = map[string][]string{"engine": engines, "as": purposes()}

// takesFile are the commands whose argument is a file.
var takesFile = []string{"check"}

// complete tells the shell's completion of a command and those below it what values may be.
func complete(c *cobra.Command) {
	for flag, values := range completions {
		if c.Flag(flag) != nil {
			// An error says that the flag has one already.
			_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	if c.ValidArgsFunction == nil && !slices.Contains(takesFile, c.Name()) {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, below := range c.Commands() {
		complete(below)
	}
}
