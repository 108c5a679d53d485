package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
)

// bundleView is what bundle prints with --json.
type bundleView struct {
	Bundle string `json:"bundle,omitempty"` // compact JWS; empty: it is in the file
	Epoch  uint64 `json:"epoch"`
	Delta  bool   `json:"delta"`
	File   string `json:"file,omitempty"`
}

func bundleCommand() *cobra.Command {
	var out string
	var since wholeNumber
	c := &cobra.Command{
		Use:   "bundle",
		Short: "print the trust bundle, by which programs elsewhere verify tokens",
		Long: "bundle prints the trust bundle: the public keys, the settings by which tokens are read, and what was " +
			"revoked, signed by a root key of its own. Verifiers go by it for bundle.lifetime, and take no older " +
			"one once they have it.\n" +
			"--out replaces a bundle in a file at once, so that whoever reads the file finds a whole one. --since " +
			"gives what has changed since the bundle of an epoch, if the running node remembers that, else the whole.",
		Example: `  edgetoken bundle --out /srv/bundle.jws
  edgetoken bundle root > root.json
  edgetoken token verify --bundle /srv/bundle.jws --root root.json - < token.txt`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("out") && out == "" {
				return misusef("--out is empty: name a file, or leave it out for standard output")
			}
			if since < 0 {
				return misusef("--since must be the epoch of a bundle")
			}
			return wants(0)(c, args)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkBundleFile(out); err != nil {
				return err
			}
			b, err := ask(c, admin.ShowBundle, admin.BundleQuery{Since: uint64(since)}, admin.None{})
			if err != nil {
				return err
			}
			v := bundleView{b.Bundle, b.Epoch, b.Delta, out}
			if out == "" {
				if wantsJSON(c) {
					return printJSON(c.OutOrStdout(), v)
				}
				_, err := fmt.Fprintln(c.OutOrStdout(), b.Bundle)
				return err
			}
			if err := saveBundle(out, b.Bundle); err != nil {
				return err
			}
			if v.Bundle = ""; wantsJSON(c) {
				return printJSON(c.OutOrStdout(), v)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "wrote %s, epoch %d\n", out, b.Epoch)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this `FILE` instead of standard output, or replace the bundle in it")
	c.Flags().Var(&since, "since", "`EPOCH` of the bundle from which a delta will do")
	c.AddCommand(rootKeyCommand(), rotateRootCommand())
	return addJSON(c)
}

func rootKeyCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "root",
		Short: "print the public root key, which verifiers pin",
		Long: "root prints the public part of the key that signs trust bundles, as a JWK. Verifiers pin it; they " +
			"follow its successors by themselves. It is made when it is first needed.",
		Example: "  edgetoken bundle root > root.json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := ask(c, admin.ShowRoot, admin.None{}, admin.None{})
			return printRoot(c, r, err)
		},
	})
}

func rotateRootCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "rotate-root",
		Short: "have another root sign trust bundles",
		Long: "rotate-root makes another root, which signs from now on, and prints its public part. The old one " +
			"signs that this is its successor, and its private part is dropped: verifiers that pin it follow.\n" +
			"Against a root that was stolen this does not help, since the thief can name a successor too: give the " +
			"verifiers the new root.",
		Example: "  edgetoken bundle rotate-root",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := ask(c, admin.RotateRoot, admin.None{}, admin.None{})
			return printRoot(c, r, err)
		},
	})
}

// printRoot prints a JWK, in one line or with --json in several.
func printRoot(c *cobra.Command, r admin.Root, err error) error {
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), r.Root)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, r.Root); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), &line)
	return err
}

// checkBundleFile refuses to replace what is no bundle; path is "" for no file.
func checkBundleFile(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode().IsRegular() {
		var f *os.File
		if f, err = os.Open(path); err == nil {
			var begins [3]byte
			_, err = f.Read(begins[:])
			_ = f.Close()
			if info.Size() == 0 || err == nil && string(begins[:]) == "eyJ" {
				return nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	return fmt.Errorf("%s exists already and is no bundle: name another file", path)
}

// saveBundle writes a bundle to a file that others may read, which gets its name once it is durable.
func saveBundle(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".edgetoken-bundle-*")
	if err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	defer func() {
		if gone := os.Remove(f.Name()); err == nil && !errors.Is(gone, fs.ErrNotExist) {
			err = gone
		}
	}()
	if _, err = f.WriteString(text + "\n"); err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	return giveName(f.Name(), path, "the bundle", true)
}
