//go:build !unix

package main

import (
	"io/fs"
	"os/exec"
)

// privateFiles has nothing to do: files inherit the access list of the data directory.
func privateFiles() {}

// owner is not known.
func owner(fs.FileInfo) (uid int, ok bool) { return 0, false }

// apart has nothing to do.
func apart(*exec.Cmd) {}

func tighten(string) (done bool, err error) { return false, nil }
