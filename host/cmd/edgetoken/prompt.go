package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxPassword bounds a password from standard input, in bytes.
const maxPassword = 64 << 10

func addPasswordFlag(c *cobra.Command) {
	c.Flags().Bool("password-stdin", false, "read the password from standard input, up to the end of the line")
}

// readPassword asks for a password twice without echo, or with --password-stdin takes one line from standard input.
func readPassword(c *cobra.Command) (string, error) {
	if fromStdin, _ := c.Flags().GetBool("password-stdin"); fromStdin {
		line, err := bufio.NewReader(io.LimitReader(c.InOrStdin(), maxPassword+2)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read password: %w", err)
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			return "", errors.New("the password on standard input is empty")
		}
		if len(line) > maxPassword {
			return "", fmt.Errorf("the password on standard input is longer than %d bytes", maxPassword)
		}
		return line, nil
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return "", misusef("there is no terminal to ask for the password: give it on standard input with --password-stdin")
	}
	first, err := prompt(c, fd, "Password: ")
	if err != nil {
		return "", err
	}
	if first == "" {
		return "", errors.New("the password is empty")
	}
	second, err := prompt(c, fd, "Password again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ: nothing was changed")
	}
	return first, nil
}

// prompt reads one line without echo. SIGINT ends it with the echo restored.
func prompt(c *cobra.Command, fd int, text string) (string, error) {
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	state, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	fmt.Fprint(c.ErrOrStderr(), text)
	go func() {
		b, err := term.ReadPassword(fd)
		read <- line{b, err}
	}()
	select {
	case l := <-read:
		fmt.Fprintln(c.ErrOrStderr())
		if l.err != nil {
			return "", fmt.Errorf("read password: %w", l.err)
		}
		return string(l.text), nil
	case <-ctx.Done():
		fmt.Fprintln(c.ErrOrStderr())
		return "", errors.Join(errors.New("interrupted: nothing was changed"), term.Restore(fd, state))
	}
}
