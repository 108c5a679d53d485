package service

import (
	"errors"
	"io"
	"net"
	"os/exec"

	"github.com/edgetoken/edgetoken/host/config"
)

// Config is what a service needs beside the configuration of its node. Start is required; the zero value of all else
// is safe.
type Config struct {
	// Start is the configuration that the node starts with, as config.Load gives it.
	Start *config.Config
	// Reload reads the configuration anew. Nil: there is no other than Start, and a reload reads keys and certificate.
	Reload func() (*config.Config, error)
	// Listener takes the requests, and is closed with the service; Start needs tls.cert or behind_proxy where others
	// than this machine reach it. Nil: one at the address of Start.
	Listener net.Listener
	// Started is called once requests are taken, with the URL of the node. Nil: nothing is.
	Started func(url string)
	// Log is where the log goes, which never waits for it. Nil: nowhere.
	Log io.Writer
	// HashProcess makes the command of a process that serves hashing.Serve on its standard input and output: passwords
	// are hashed in such processes, which can be ended. Nil: they are hashed in this one (hashing.in_process).
	HashProcess func() *exec.Cmd
	// BoundMemory has the collector keep the whole program within what the configuration bounds (debug.SetMemoryLimit).
	// False: whoever embeds the service decides.
	BoundMemory bool
	// Version and Commit say what runs, to /healthz and the metrics.
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

// load reads the configuration anew.
func (c Config) load() (*config.Config, error) {
	if c.Reload == nil {
		same := *c.Start // which its owner keeps
		return c.runnable(&same), nil
	}
	cfg, err := c.Reload()
	if err != nil {
		return nil, err
	}
	return c.runnable(cfg), nil
}

// runnable is a configuration as this program can run it.
func (c Config) runnable(cfg *config.Config) *config.Config {
	if c.HashProcess != nil || cfg.HashInProcess {
		return cfg
	}
	here := *cfg
	here.HashInProcess = true
	return &here
}

// destination is where the log goes.
func (c Config) destination() io.Writer {
	if c.Log == nil {
		return io.Discard
	}
	return c.Log
}
