package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/edgetoken/edgetoken/host/terminal"
)

// addYes adds --yes to a command that cannot be undone.
func addYes(c *cobra.Command) *cobra.Command {
	c.Flags().Bool("yes", false, "do not ask; needed where there is no terminal")
	return c
}

// confirmed reports whether --yes was given.
func confirmed(c *cobra.Command) bool {
	yes, _ := c.Flags().GetBool("yes")
	return yes
}

// confirmable refuses a command without --yes where there is no terminal to ask at.
func confirmable(c *cobra.Command, what string) error {
	if confirmed(c) || term.IsTerminal(int(os.Stdin.Fd())) {
		return nil
	}
	return misusef("%s: confirm it with --yes", what)
}

// confirm asks for the name of what is about to go, unless there is --yes.
func confirm(c *cobra.Command, what, name string) error {
	if confirmed(c) {
		return nil
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s. Type %s to confirm: ", what, terminal.Printable(name))
	line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if strings.TrimRight(line, "\r\n") == name {
		return nil
	}
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr())
	}
	return errors.New("that is another name: nothing was changed")
}
