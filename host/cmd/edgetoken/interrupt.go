package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// interruptible has SIGINT and SIGTERM end the context of a command until stop is called, so that the command can
// remove the file that it has not finished.
func interruptible(c *cobra.Command) (stop func()) {
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	c.SetContext(ctx)
	return stop
}

// interruption is for a command that finishes a part of its work before it stops: the first SIGINT or SIGTERM ends the
// context, and a second one ends the command at once.
func interruption(c *cobra.Command) (interrupted context.Context, stop func()) {
	interrupted, stop = signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, stop)
	return interrupted, stop
}
