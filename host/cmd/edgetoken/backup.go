package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/store/backup"
)

// backupView is what backup prints.
type backupView struct {
	File   string    `json:"file"`
	Bytes  int64     `json:"bytes"`
	ID     string    `json:"id"` // of the store
	Schema uint32    `json:"schema"`
	Made   time.Time `json:"made"`
	Keys   bool      `json:"keys"` // private keys are in it, sealed
}

func backupCommand() *cobra.Command {
	var output string
	var force, keys bool
	c := &cobra.Command{
		Use:   "backup",
		Short: "back up the store, while the node runs",
		Long: "backup writes one moment of the store to a file, with a checksum: all that was acknowledged before. " +
			"A node that runs goes on meanwhile; its disk must have room for a second store.\n" +
			"The file has e-mail addresses and password hashes: it gets mode 0600, and belongs where only you can " +
			"read it. It has no private key, unless --keys adds them all, sealed by a passphrase, and never the " +
			"configuration or the node secret.\n" +
			"edgetoken check FILE checks a backup, and edgetoken restore FILE restores it.",
		Example: `  edgetoken backup -o /var/backups/edgetoken.backup
  edgetoken backup --keys --passphrase-file /root/passphrase -o shop.backup
  edgetoken backup -o - | ssh backup.example.com 'umask 077; cat > shop.backup'`,
		Args: wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkOutput(c, output, force); err != nil {
				return err
			}
			passphrase, err := backupPassphrase(c, keys)
			if err != nil {
				return err
			}
			datadir.PrivateFiles()
			return withAdmin(c, false, func(client *admin.Client) error {
				var set admin.KeySet
				var sealed []byte
				if keys {
					if set, sealed, err = sealedKeys(c, client, passphrase); err != nil {
						return err
					}
				}
				if output != "-" {
					defer interruptible(c)()
				}
				body := admin.Stream{Reader: bytes.NewReader(sealed)}
				d, err := admin.Backup.Call(c.Context(), client, admin.None{}, body)
				if err != nil {
					return err
				}
				defer d.Close()
				if keys {
					if err := checkKeys(c, client, set); err != nil {
						return err
					}
				}
				if output == "-" {
					_, err := copyBackup(c.OutOrStdout(), d)
					return err
				}
				v, err := saveBackup(output, force, d)
				if err != nil {
					return err
				}
				return printBackup(c, v, len(set.Keys))
			})
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "write to this `FILE`, - for standard output; "+
		"edgetoken-TIME.backup if not given")
	c.Flags().BoolVar(&force, "force", false, "replace the backup if there is one")
	c.Flags().BoolVar(&keys, "keys", false, "add all private keys, sealed by a passphrase")
	addPassphraseFlag(c)
	return addJSON(c)
}

// checkOutput refuses what the backup cannot be written to, before anybody is asked for a passphrase.
func checkOutput(c *cobra.Command, output string, force bool) error {
	switch {
	case output == "-" && wantsJSON(c):
		return misusef("--json prints to standard output, where --output - writes the backup")
	case output == "-" && term.IsTerminal(syscall.Stdout):
		return misusef("a backup is no text for a terminal: send it to a file or to another command")
	case output == "-", output == "":
		return nil
	}
	_, err := os.Lstat(output)
	switch {
	case err != nil:
		return nil
	case !force:
		return existsAlready(output)
	case !replaceable(output):
		return fmt.Errorf("%s exists already and is no backup: name another file", output)
	}
	return nil
}

// replaceable reports whether --force may replace what is there: a backup or an empty file, and not, say, a store.
func replaceable(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return errors.Is(err, fs.ErrNotExist) // a symbolic link to nothing
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return info.Size() == 0 || backup.Is(f)
}

// copyBackup copies a backup, and makes sure that it is whole.
func copyBackup(to io.Writer, from io.Reader) (backup.Header, error) {
	b, err := backup.NewReader(io.TeeReader(from, to))
	if err == nil {
		err = b.Extract(io.Discard)
	}
	if err != nil {
		return backup.Header{}, fmt.Errorf("the backup did not arrive whole: %w", err)
	}
	return b.Header, nil
}

// saveBackup writes a backup to a file; path is "" for one that is named by its time. The file gets its name once it
// is durable.
func saveBackup(path string, force bool, from io.Reader) (v backupView, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".edgetoken-backup-*") // mode 0600
	if err != nil {
		return v, fmt.Errorf("write the backup: %w", err)
	}
	defer func() {
		if gone := os.Remove(f.Name()); err == nil && !errors.Is(gone, fs.ErrNotExist) {
			err = gone
		}
	}()
	h, err := copyBackup(f, from)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return v, err
	}
	made := time.UnixMicro(h.Made).UTC()
	if path == "" {
		path = "edgetoken-" + made.Format("20060102T150405Z") + ".backup"
	}
	if err := giveName(f.Name(), path, "the backup", force); err != nil {
		return v, err
	}
	return backupView{File: path, Bytes: h.Size(), ID: fmt.Sprintf("%x", h.ID), Schema: h.Schema, Made: made,
		Keys: h.Keys > 0}, nil
}

// printBackup says what was done; keys is how many private keys are in the backup.
func printBackup(c *cobra.Command, v backupView, keys int) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	with := ""
	switch {
	case keys == 1:
		with = ", with the sealed signing key"
	case keys > 1:
		with = fmt.Sprintf(", with %d sealed keys", keys)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "backed up the store as of %s to %s: %d bytes%s\n",
		v.Made.Format(time.RFC3339), v.File, v.Bytes, with)
	return err
}
