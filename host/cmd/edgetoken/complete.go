package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core/jws"
)

// completions are the values of flags that a shell can complete. It cannot know those of other flags, unless they are
// files.
var completions = map[string][]string{
	"engine": engines, "as": purposes(), "format": keyFormats, "algorithm": jws.Algorithms(),
}

// takesFile names the commands whose argument is a file.
var takesFile = []string{"check", "restore", "import", "import-blacklist"}

// complete tells the shell which values a command, and those below it, take.
func complete(c *cobra.Command) {
	for flag, values := range completions {
		if c.Flag(flag) != nil {
			// The error says that the flag has completions already.
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
