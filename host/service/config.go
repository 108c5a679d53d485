package service

import (
	"errors"
	"io"
	"net"
	"os/exec"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
)

// Config is what a service needs besides the configuration of its node. Start is required. Every other field may be
// left out.
type Config struct {
	// Start is the configuration that the node starts with, as config.Load gives it.
	Start *config.Config
	// Reload reads the configuration again. Nil: Start is the only one, so a reload reads only keys and certificate.
	Reload func() (*config.Config, error)
	// Listener takes the requests; Close closes it. If other machines can reach it, Start needs tls.cert or
	// behind_proxy. Nil: Open listens at the address in Start.
	Listener net.Listener
	// Started is called with the URL of the node when the node takes requests. Nil: nothing is called.
	Started func(url string)
	// Log receives the log. The node never waits for it: records that it does not take are dropped. Nil: nothing is
	// logged.
	Log io.Writer
	// HashProcess returns the command of a process that runs hashing.Serve on its standard input and output.
	// Passwords are hashed in such processes, so that a stuck hash can be killed. Nil: this process hashes them, as
	// with hashing.in_process.
	HashProcess func() *exec.Cmd
	// BoundMemory sets the memory limit of the whole program to the configured bound (debug.SetMemoryLimit). False:
	// the program that embeds the service sets its own.
	BoundMemory bool
	// Signers are keys that sign elsewhere, beside those of keys.signer. Each is published from its first start on;
	// edgetoken keys activate has it sign. Where no other key can sign the first does.
	Signers []Signer
	// Now is the clock, safe for concurrent use. Nil: time.Now. The store measures how long it has been open by the
	// monotonic readings of its times, or where they have none by the clock of the system.
	Now func() time.Time
	// Version and Commit are shown by /healthz and the metrics.
	Version, Commit string
}

// Validate reports every mistake at once.
func (c Config) Validate() error {
	if c.Start == nil {
		return errors.New("service: Start is missing: give what config.Load gives")
	}
	if c.Listener != nil {
		return c.Start.CheckAddress(c.Listener.Addr().String())
	}
	return nil
}

// load reads the configuration again.
func (c Config) load() (*config.Config, error) {
	if c.Reload == nil {
		return c.runnable(c.Start), nil
	}
	cfg, err := c.Reload()
	if err != nil {
		return nil, err
	}
	return c.runnable(cfg), nil
}

// runnable returns a copy of the configuration, whose owner may change it and give it again. The copy has hashing in
// this process if there is no HashProcess.
func (c Config) runnable(cfg *config.Config) *config.Config {
	own := *cfg
	own.HashInProcess = cfg.HashInProcess || c.HashProcess == nil
	return &own
}

// destination is where the log goes.
func (c Config) destination() io.Writer {
	if c.Log == nil {
		return io.Discard
	}
	return c.Log
}
