package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/edgetoken/edgetoken/host/datadir"
)

// maxPassphrase bounds a passphrase, in bytes.
const maxPassphrase = 1024

func addPassphraseFlag(c *cobra.Command) {
	c.Flags().String("passphrase-file", "",
		"read the passphrase from the first line of this `FILE`; else it is asked for")
}

// readPassphrase reads the passphrase from a file, or asks for it at a terminal, twice if it is a new one.
func readPassphrase(c *cobra.Command, isNew bool) (string, error) {
	if path, _ := c.Flags().GetString("passphrase-file"); path != "" {
		return passphraseIn(path)
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return "", misusef("there is no terminal to ask for the passphrase: give it with --passphrase-file")
	}
	first, err := prompt(c, fd, "Passphrase: ")
	if err == nil && first == "" {
		err = errNoPassword
	}
	if err != nil || !isNew {
		return first, err
	}
	if err := longEnough(first); err != nil {
		return "", err
	}
	second, err := prompt(c, fd, "Passphrase again: ")
	if err == nil && first != second {
		err = errors.New("the two passphrases differ: nothing was written")
	}
	return first, err
}

// passphraseIn reads the first line of a file.
func passphraseIn(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPassphrase+2))
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) > maxPassphrase {
		return "", fmt.Errorf("the passphrase in %s is longer than %d bytes", path, maxPassphrase)
	}
	if err := longEnough(string(line)); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return string(line), nil
}

// longEnough refuses a passphrase that can be guessed.
func longEnough(passphrase string) error {
	if len(passphrase) < datadir.MinPassphrase {
		return fmt.Errorf("the passphrase has less than %d bytes: whoever gets hold of a backup can try any number "+
			"of them", datadir.MinPassphrase)
	}
	return nil
}
