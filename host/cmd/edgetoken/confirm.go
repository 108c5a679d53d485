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

// addYes adds --yes to a command that takes away what cannot be brought back.
func addYes(c *cobra.Command) *cobra.Command {
	c.Flags().Bool("yes", false, "do not ask; needed where there is no terminal")
	return c
}

// confirmable refuses a command that could not ask: it needs a terminal, or --yes.
func confirmable(c *cobra.Command, what string) error {
	if yes, _ := c.Flags().GetBool("yes"); yes || term.IsTerminal(int(os.Stdin.Fd())) {
		return nil
	}
	return misusef("%s: confirm it with --yes", what)
}

// confirm asks for the name of what is about to go, unless --yes is there.
func confirm(c *cobra.Command, what, name string) error {
	if yes, _ := c.Flags().GetBool("yes"); yes {
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
