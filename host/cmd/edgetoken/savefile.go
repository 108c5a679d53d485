package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/edgetoken/edgetoken/host/datadir"
)

// saveFile writes a file with mode 0600, which gets its name once it is whole and durable. Without force it replaces
// nothing. what the file holds is named in errors.
func saveFile(path, what string, force bool, write func(io.Writer) error) (err error) {
	datadir.PrivateFiles()
	f, err := os.CreateTemp(filepath.Dir(path), ".edgetoken-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	defer func() {
		if gone := os.Remove(f.Name()); err == nil && !errors.Is(gone, fs.ErrNotExist) {
			err = gone
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return giveName(f.Name(), path, force)
}
