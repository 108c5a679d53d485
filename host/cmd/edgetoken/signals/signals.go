// Package signals catches the signals that a node gets from its first millisecond on. What a command does on a signal
// is known once it runs, some ten milliseconds after the process began: until then the packages of the program are
// initialised, and a SIGHUP, which asks a node for a reload, would end it.
//
// This is why the package catches them while it is initialised itself, and why it imports next to nothing: Go
// initialises packages in the order of their imports, then of their paths (Go specification, "Package
// initialization"), so that this one comes before those that take long.
//
// The reading order: signals.go, then die_unix.go.
package signals

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// caught are the signals of this process; nil where its command line has no command that runs a node.
var caught = catch(os.Args)

func catch(args []string) chan os.Signal {
	if len(args) < 2 || !slices.Contains(args[1:], "serve") && !slices.Contains(args[1:], "demo") {
		return nil
	}
	c := begin()
	// A log or a terminal that nobody reads any more must not end a node: writing to it is an error then, and no
	// signal.
	signal.Ignore(syscall.SIGPIPE)
	return c
}

func begin() chan os.Signal {
	c := make(chan os.Signal, 16)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return c
}

// Release gives signals back what they do in other programs, for a command that runs no node after all. What was
// caught takes effect now.
func Release() {
	if caught == nil {
		return
	}
	signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	select {
	case s := <-caught:
		die(s)
	default:
	}
}

// again is how soon after the first a second signal to end is the same wish: timeout(1) and shells send one to the
// process and then to its group.
const again = time.Second / 2

// Until is a context that the first SIGINT or SIGTERM ends, so that requests in flight are answered; the second ends
// the process. hangup is called for each SIGHUP, also for one from before; it must not take long. stop ends the
// watch.
func Until(ctx context.Context, hangup func()) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	c, own := caught, false
	if c == nil {
		c, own = begin(), true
	}
	stopped := make(chan struct{})
	go func() {
		var ended time.Time
		done := ctx.Done()
		for {
			select {
			case <-stopped:
				return
			case <-done:
				ended, done = time.Now(), nil
			case s := <-c:
				switch {
				case s == syscall.SIGHUP:
					hangup()
				case ctx.Err() == nil:
					cancel()
				case !ended.IsZero() && time.Since(ended) >= again:
					die(s)
				}
			}
		}
	}()
	return ctx, func() {
		if own { // else the process is about to end, and no signal must be quicker
			signal.Stop(c)
		}
		cancel()
		close(stopped)
	}
}
