package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/edgetoken/edgetoken/host/datadir"
)

// outputFile is where a command writes what others must not read: a file of mode 0600, or standard output.
type outputFile struct {
	path  string
	force bool
}

func (o *outputFile) addFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.path, "output", "o", "", "write to this `FILE`, with mode 0600, instead of standard output")
	f.BoolVar(&o.force, "force", false, "replace the file if there is one")
}

// check checks the flags.
func (o *outputFile) check(c *cobra.Command) error {
	if c.Flags().Changed("output") && o.path == "" {
		return misusef("--output is empty: name a file, or leave it out for standard output")
	}
	return nil
}

// named reports whether a file is named.
func (o *outputFile) named() bool { return o.path != "" && o.path != "-" }

// free refuses a file that is there and must not be replaced, before there is something to write.
func (o *outputFile) free() error {
	if _, err := os.Lstat(o.path); o.named() && !o.force && err == nil {
		return existsAlready(o.path)
	}
	return nil
}

// save writes the file, which gets its name once it is whole and durable. what it holds is named in errors.
func (o *outputFile) save(what string, write func(io.Writer) error) (err error) {
	datadir.PrivateFiles()
	f, err := os.CreateTemp(filepath.Dir(o.path), ".edgetoken-*") // mode 0600
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
	return giveName(f.Name(), o.path, what, o.force)
}

// giveName gives a file its name for good; with force it replaces what has that name. what it holds is named in errors.
func giveName(part, path, what string, force bool) error {
	err := errors.ErrUnsupported
	if !force {
		err = os.Link(part, path) // replaces nothing
	}
	if errors.Is(err, fs.ErrExist) {
		return existsAlready(path)
	}
	if err != nil { // or the file system has no links
		if _, there := os.Lstat(path); there == nil && !force {
			return existsAlready(path)
		}
		if err = os.Rename(part, path); err != nil {
			return fmt.Errorf("write %s: %w", what, err)
		}
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func existsAlready(path string) error {
	return fmt.Errorf("%s exists already: name another file, or replace it with --force", path)
}
