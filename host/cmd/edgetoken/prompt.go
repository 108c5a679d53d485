package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/store/password"
)

func addPasswordFlag(c *cobra.Command) {
	c.Flags().Bool("password-stdin", false, "read the password from standard input, up to the end of the line")
}

// passwordSource gives what reads the password: a prompt, twice and without echo, or with --password-stdin one line of
// standard input. It is a misuse where there is neither.
func passwordSource(c *cobra.Command) (read func() (string, error), err error) {
	if fromStdin, _ := c.Flags().GetBool("password-stdin"); fromStdin {
		return func() (string, error) { return passwordLine(c.InOrStdin()) }, nil
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return nil, misusef("there is no terminal to ask for the password: " +
			"give it on standard input with --password-stdin")
	}
	return func() (string, error) { return askPassword(c, fd) }, nil
}

// passwordLine reads a password from one line.
func passwordLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, password.MaxBytes+2)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("the password on standard input is empty")
	}
	marked := func(mark string) bool { return strings.HasPrefix(line, mark) }
	if slices.ContainsFunc([]string{"\ufeff", "\xff\xfe", "\xfe\xff"}, marked) || strings.ContainsRune(line, 0) {
		return "", errors.New("the password on standard input begins with a byte order mark, or is in UTF-16, " +
			"which no log-in sends: write it in UTF-8 without one")
	}
	if len(line) > password.MaxBytes {
		return "", fmt.Errorf("the password on standard input is longer than %d bytes", password.MaxBytes)
	}
	if err := customerjson.CheckPassword(line); err != nil {
		return "", fmt.Errorf("the password on standard input %w", err)
	}
	return line, nil
}

// askPassword asks for a password twice.
func askPassword(c *cobra.Command, fd int) (string, error) {
	first, err := prompt(c, fd, "Password: ")
	if err != nil {
		return "", err
	}
	if first == "" {
		return "", errNoPassword
	}
	if err := customerjson.CheckPassword(first); err != nil {
		return "", fmt.Errorf("the password %w: nothing was changed", err)
	}
	if !forced(c) {
		cfg, err := loadConfig(c)
		if err != nil {
			return "", err
		}
		// The API refuses it too, but here it need not be typed again.
		if err := admin.LongEnough(first, cfg.MinPassword); err != nil {
			return "", err
		}
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

var errNoPassword = errors.New("no password was given: nothing was changed")

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
		if errors.Is(l.err, io.EOF) {
			return "", errNoPassword
		}
		if l.err != nil {
			return "", fmt.Errorf("read password: %w", l.err)
		}
		return string(l.text), nil
	case <-ctx.Done():
		fmt.Fprintln(c.ErrOrStderr())
		return "", errors.Join(errors.New("interrupted: nothing was changed"), term.Restore(fd, state))
	}
}
