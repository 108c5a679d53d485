// Command edgetoken runs and looks after a node of the token service: demo, serve, reload, customers, token, keys,
// backup, restore, check, compact, clock, facts, fleet, config, version.
//
// A command reaches a running node over the admin socket of its data directory, else it opens the store itself; both
// ways end in the same handler (host/admin). The exit status is 0 when all was done, 1 when something was refused or
// failed, 2 when the command line or the configuration is wrong.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/signals"
	"github.com/edgetoken/edgetoken/host/config"
)

func main() {
	root := rootCommand()
	if c, _, err := root.Find(os.Args[1:]); err != nil || !runsNode(c) {
		signals.Release()
	}
	os.Exit(status(root.Execute(), os.Stderr))
}

// runsNode reports whether a command runs a node until a signal ends it.
func runsNode(c *cobra.Command) bool { return c.Name() == "serve" || c.Name() == "demo" }

// patiently calls print, which writes to where nobody may read any more, and goes on without it where that takes long.
func patiently(print func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		print()
	}()
	select {
	case <-done:
	case <-time.After(printPatience):
	}
}

// printPatience is long for any terminal.
const printPatience = time.Second

// misuse is a mistake in the command line.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func misusef(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// errRefused is a refusal that the command has printed already.
var errRefused = errors.New("refused")

// status prints an error and gives the exit status.
func status(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, errRefused) {
		patiently(func() { fmt.Fprintln(stderr, "edgetoken: "+err.Error()) })
	}
	var usage misuse
	var report *config.Report
	if errors.As(err, &usage) || errors.As(err, &report) {
		return 2
	}
	return 1
}
