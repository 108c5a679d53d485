package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/hashing"
)

// hashName is the command that a node runs for each process that hashes passwords.
const hashName = "hash-passwords"

// hashCommand is for the node alone.
func hashCommand() *cobra.Command {
	return &cobra.Command{
		Use: hashName, Hidden: true, Args: wants(0),
		Short: "hash the passwords that a node sends, at the lowest priority",
		RunE:  func(*cobra.Command, []string) error { return hashing.Serve(os.Stdin, os.Stdout) },
	}
}

// hashProcess is this program as a process that hashes. It gets nothing of the node's environment, which may hold
// secrets. An interrupt at the terminal goes to the node alone, which answers the log-ins that are being checked.
func hashProcess() *exec.Cmd {
	c := &exec.Cmd{Args: []string{"edgetoken", hashName}}
	c.Path, c.Err = ownPath()
	c.Env = []string{"GOMAXPROCS=1"}
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c
}

// ownPath is where this program lies. Linux finds it even after an upgrade has put another one in its place.
func ownPath() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}
