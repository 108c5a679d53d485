package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/datadir"
)

// input is a file that a command may read more than once.
type input struct {
	*os.File
	name string // for messages
	size int64  // bytes
}

// openInput opens a file; - is standard input, which is copied to a file without a name first.
func openInput(c *cobra.Command, path string) (in input, err error) {
	in.name = path
	if path == "-" {
		in.name = "standard input"
		in.File, err = spool(c.InOrStdin())
	} else {
		in.File, err = os.Open(path)
	}
	if err != nil {
		return in, err
	}
	info, err := in.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a directory: name a file", path)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no file that can be read twice: give it on standard input, with -", path)
	}
	if err != nil {
		return in, errors.Join(err, in.Close())
	}
	in.size = info.Size()
	return in, nil
}

// spool copies what can be read once into a file that nobody else can open, and that is gone once it is closed.
func spool(from io.Reader) (*os.File, error) {
	datadir.PrivateFiles()
	f, err := os.CreateTemp("", "edgetoken-input-*") // mode 0600
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = io.Copy(f, from)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("copy standard input to a temporary file: %w", err), f.Close())
	}
	return f, nil
}
