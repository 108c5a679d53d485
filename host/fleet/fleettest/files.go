package fleettest

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/edgetoken/edgetoken/store"
)

// Memory is a directory in memory for os.MkdirTemp, where there is one: what is tested is what nodes say, not the disk.
func Memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// CopyOf copies the store of a hub into a file in dir, as an edge that downloads it does.
func CopyOf(ctx context.Context, hub *store.DB, dir string) (path string, err error) {
	b, err := hub.CopyForEdge(ctx)
	if err != nil {
		return "", err
	}
	defer b.Close()
	f, err := os.CreateTemp(dir, "copy-")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, b)
	return f.Name(), errors.Join(err, f.Close())
}
