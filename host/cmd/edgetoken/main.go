// Command edgetoken runs and looks after a node of the token service: demo, serve, reload, customers, token, check, config, version.
//
// A command reaches a running node over the admin socket of its data directory, else it opens the store itself; both ways end in
// the same handler (admin.go). The exit status is 0 when all was done, 1 when something was refused or failed, 2 when the
// command line or the configuration is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/config"
)

func main() { os.Exit(status(rootCommand().Execute(), os.Stderr)) }

// untilSignal is a context that the first SIGINT or SIGTERM ends, so that requests in flight are answered; the second ends the process.
// One that follows at once is the same wish: timeout(1) and shells send a signal to the process and then to its group.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second/2, stop) })
	return ctx, stop
}

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
		fmt.Fprintln(stderr, "edgetoken: "+err.Error())
	}
	var usage misuse
	var report *config.Report
	if errors.As(err, &usage) || errors.As(err, &report) {
		return 2
	}
	return 1
}
