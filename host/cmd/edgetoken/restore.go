package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/host/terminal"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// restoreView is what restore prints.
type restoreView struct {
	Store       string     `json:"store"` // the path
	ID          string     `json:"id"`    // of the store
	Made        time.Time  `json:"made"`  // of the backup
	CutOff      *time.Time `json:"cut_off"`
	Key         bool       `json:"key"`          // private keys were restored
	Keys        int        `json:"keys"`         // how many
	Replaced    string     `json:"replaced"`     // where the old store is now; empty where there was none
	ReplacedKey string     `json:"replaced_key"` // the same of signing.key
	Fleet       string     `json:"fleet"`        // whose hub it is; empty: it is none
}

func restoreCommand() *cobra.Command {
	var how store.Restoring
	var withoutKeys bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "restore a backup into a data directory",
		Long: "restore makes a store from a backup, in the data directory that --data names. No node may run on " +
			"it. FILE is - for standard input.\n" +
			"It ends every log-in of before, since nobody knows which of them were revoked after the backup was " +
			"made. With --keep-sessions it ends only those that began since: then the others that were revoked " +
			"since are good again, and so are tokens that were spent, until you revoke them again.\n" +
			"With either, customers, passwords and rights are what they were.\n" +
			"First it checks all of the backup: one that is damaged changes nothing. What interrupts it leaves the " +
			"store as it was.\n" +
			"Private keys in the backup are restored too, sealed under the node secret of this data directory, which " +
			"is made where there is none. Where there is a store, --force replaces it and keeps the old one beside " +
			"it. Keys that were retired there stay retired.",
		Example: `  edgetoken restore shop.backup --data /var/lib/edgetoken
  ssh backup.example.com cat shop.backup | edgetoken restore - --data /var/lib/edgetoken`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			datadir.PrivateFiles()
			in := io.NopCloser(c.InOrStdin())
			if args[0] != "-" {
				if in, err = os.Open(args[0]); err != nil {
					return fmt.Errorf("open the backup: %w", err)
				}
			}
			defer in.Close()
			b, err := backup.NewReader(in)
			if err != nil {
				return fmt.Errorf("read %s: %w", args[0], err)
			}
			v, err := restoreInto(c, cfg, b, how, withoutKeys)
			if err != nil {
				return err
			}
			return printRestored(c, cfg, v, b.Header.Keys > 0)
		},
	}
	c.Flags().BoolVar(&how.KeepSessions, "keep-sessions", false,
		"keep log-ins that were alive then, those too that were revoked since")
	c.Flags().BoolVar(&how.Replace, "force", false, "replace what is there, and keep it beside")
	c.Flags().BoolVar(&withoutKeys, "without-keys", false, "leave the private keys in the backup alone")
	addPassphraseFlag(c)
	return addJSON(c)
}

// restoreInto restores a backup into the data directory.
func restoreInto(
	c *cobra.Command, cfg *config.Config, b *backup.Reader, how store.Restoring, withoutKeys bool,
) (v restoreView, err error) {
	dir := datadir.Of(cfg)
	if client, err := dialAdmin(cfg); err != nil {
		return v, err
	} else if client != nil {
		return v, errors.Join(fmt.Errorf("a node runs on %s: stop it first", dir), client.Close())
	}
	if dir.Contents().Store && !how.Replace { // so that nobody is asked for a passphrase first
		return v, existsThere(fmt.Errorf("restore store %s: %w", dir.Store(), fs.ErrExist))
	}
	passphrase := ""
	switch {
	case b.Header.Keys == 0, withoutKeys:
	case cfg.SigningKey.IsSet() && !c.Flags().Changed("passphrase-file"):
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: the signing key in the backup is left alone: the configuration has "+
			"one")
	default:
		if passphrase, err = readPassphrase(c, false); err != nil {
			return v, err
		}
	}
	r, err := dir.Restore(c.Context(), b, passphrase, how)
	for _, n := range r.Notes {
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: "+n)
	}
	switch {
	case errors.Is(err, datadir.ErrPassphrase):
		return v, fmt.Errorf("%w: nothing was restored; --without-keys restores the store alone", err)
	case errors.Is(err, fs.ErrExist):
		return v, existsThere(err)
	case err != nil:
		return v, err
	}
	v = restoreView{Store: dir.Store(), ID: fmt.Sprintf("%x", b.Header.ID), Made: time.UnixMicro(b.Header.Made).UTC(),
		Key: r.Keys > 0, Keys: r.Keys, Replaced: r.Replaced, ReplacedKey: r.ReplacedKey}
	if !r.CutOff.IsZero() {
		v.CutOff = &r.CutOff
	}
	return v, restoredHub(c, cfg, &v)
}

// restoredHub looks whether the node is the hub of a fleet, and warns if its edges will not know it.
func restoredHub(c *cobra.Command, cfg *config.Config, v *restoreView) error {
	fleet, stranger, err := service.RestoredHub(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("the backup was restored, but cannot be opened: %w", err)
	}
	v.Fleet = fleet
	if stranger {
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: the node secret is not that of the hub that was backed "+
			"up, by which its edges know it: put that keys.secret back before the node starts, or have every edge "+
			"join again")
	}
	return nil
}

func existsThere(err error) error {
	return fmt.Errorf("%w: name an empty data directory, or replace what is there with --force, which keeps it beside",
		err)
}

// printRestored says what was done, and what is left to do. keys says whether the backup has keys.
func printRestored(c *cobra.Command, cfg *config.Config, v restoreView, keys bool) error {
	if !v.Key && !datadir.Of(cfg).Contents().Key && !cfg.SigningKey.IsSet() {
		what := "the backup has none: import the old one (edgetoken keys import) before a node starts"
		if keys {
			what = "the backup has it, sealed: restore it without --without-keys"
		}
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: there is no private key to sign with, and "+what+". A node "+
			"without it makes another one; whoever verifies tokens must get to know that first")
	}
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "restored the store as of %s to %s\n", v.Made.Format(time.RFC3339), v.Store)
	switch {
	case v.Keys == 1:
		fmt.Fprintln(out, "restored the signing key")
	case v.Keys > 1:
		fmt.Fprintf(out, "restored %d private keys\n", v.Keys)
	}
	for _, path := range []string{v.Replaced, v.ReplacedKey} {
		if path != "" {
			fmt.Fprintln(out, "kept what was there before as "+path)
		}
	}
	last := "every log-in of before has ended: customers log in again"
	if v.CutOff == nil {
		last = "log-ins of before that moment were kept, those too that were revoked since: revoke them again"
	}
	if v.Fleet != "" {
		last += "\nthis is the hub of the fleet " + terminal.Printable(v.Fleet) + ": start it, then run edgetoken " +
			"fleet recover"
	}
	_, err := fmt.Fprintln(out, last)
	return err
}
