package datadir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// Restored says what Restore did.
type Restored struct {
	store.Restoration
	Key         bool     // the signing key was written
	ReplacedKey string   // where the signing key is now that was there before; "" if there was none
	Notes       []string // for the user
}

// Restore makes the store from a backup, and the signing key if a passphrase opens that; "" leaves the key as it is. It
// makes the directory if it is missing. The key is there before the store, since a node that finds a store without a
// key makes one; neither is there if the backup is damaged. Further errors than those of store.Restore: ErrPassphrase,
// and fs.ErrExist if there is another key and how.Replace is false.
func (d Dir) Restore(ctx context.Context, b *backup.Reader, passphrase string, how store.Restoring) (Restored, error) {
	var r Restored
	var key *keyring.Ring
	var err error
	if passphrase != "" {
		if key, err = openSealed(b.Keys, passphrase); err != nil {
			return r, err
		}
	}
	if r.Notes, err = d.Settle(); err != nil {
		return r, err
	}
	if err := d.Make(false); err != nil {
		return r, err
	}
	if key != nil {
		held, err := d.holdsKey(key)
		if err != nil && (!how.Replace || !errors.Is(err, fs.ErrExist)) {
			return r, err
		}
		if !held {
			how.Ready = func() error { return r.replaceKey(d, key) }
		}
	}
	r.Restoration, err = store.Restore(ctx, d.storeConfig(), b, how)
	return r, err
}

// replaceKey writes the signing key, and keeps beside it the one that is there.
func (r *Restored) replaceKey(d Dir, key *keyring.Ring) error {
	aside := store.Replaced(d.Key(), time.Now())
	switch err := os.Rename(d.Key(), aside); {
	case err == nil:
		r.ReplacedKey = aside
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	r.Key = true
	return key.Save(d.Key())
}
