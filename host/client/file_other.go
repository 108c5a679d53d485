//go:build !unix

package client

import (
	"io/fs"
	"os"
)

const (
	nonblock  = 0
	lockFlags = os.O_RDONLY | os.O_CREATE
)

func owned(fs.FileInfo) bool { return true }
