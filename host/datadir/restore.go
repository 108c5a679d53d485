package datadir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	Keys        int      // private keys that were restored
	ReplacedKey string   // where the signing.key is now that was there before; "" if there was none
	Notes       []string // for the user
}

// Restore makes the store from a backup, with the private keys in it if a passphrase opens those; "" leaves them alone.
// It makes the directory if it is missing, and the node secret if there are keys to seal under it. The keys are there
// before the store, since a node that finds a store in which none can sign makes one; neither is there if the backup is
// damaged. Further errors than those of store.Restore: ErrPassphrase, and fs.ErrExist if there is another signing.key
// and how.Replace is false.
func (d Dir) Restore(ctx context.Context, b *backup.Reader, passphrase string, how store.Restoring) (Restored, error) {
	var r Restored
	var keys privateKeys
	var err error
	if passphrase != "" {
		text, err := openSealed(b.Keys, passphrase)
		if err != nil {
			return r, err
		}
		if keys, err = readPrivate(text); err != nil {
			return r, err
		}
	}
	if r.Notes, err = d.Settle(); err != nil {
		return r, err
	}
	if err := d.Make(false); err != nil {
		return r, err
	}
	if keys.old != nil {
		held, err := d.holdsKey(keys.old)
		if err != nil && (!how.Replace || !errors.Is(err, fs.ErrExist)) {
			return r, err
		}
		if !held {
			how.Ready = func() error { return r.replaceKey(d, keys.old) }
		}
	}
	if len(keys.set) > 0 {
		var notes []string
		how.Sealed, notes, err = d.sealUnderSecret(keys.set)
		r.Notes = append(r.Notes, notes...)
		if err != nil {
			return r, err
		}
		r.Keys = len(keys.set)
	}
	r.Restoration, err = store.Restore(ctx, d.storeConfig(), b, how)
	for _, id := range r.Retired {
		r.Notes = append(r.Notes, "key "+id+" was retired since the backup was made, and stays so")
		if how.Sealed[id] != nil {
			r.Keys--
		}
	}
	return r, err
}

// sealUnderSecret seals private keys under the node secret, by kid. It makes the secret if there is none.
func (d Dir) sealUnderSecret(set []keyring.Key) (sealed map[string][]byte, notes []string, err error) {
	secret, notes, err := d.NodeSecret(true)
	if err != nil {
		return nil, notes, err
	}
	sealer, err := keyring.NewSealer(secret)
	if err != nil {
		return nil, notes, err
	}
	sealed = map[string][]byte{}
	for _, k := range set {
		private, err := k.MarshalPrivate()
		if err == nil {
			sealed[k.ID()], err = sealer.Seal(k.ID(), k.Algorithm(), k.Public(), private)
		}
		if err != nil {
			return nil, notes, err
		}
	}
	return sealed, notes, nil
}

// holdsKey reports whether signing.key is just this key. The error is fs.ErrExist if it is another one.
func (d Dir) holdsKey(ring *keyring.Ring) (bool, error) {
	held, err := d.OldKey()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	a, err := held.Encode()
	b, failed := ring.Encode()
	if err := errors.Join(err, failed); err != nil {
		return false, err
	}
	if !bytes.Equal(a, b) {
		return false, fmt.Errorf("there is another signing key %s: %w", d.Key(), fs.ErrExist)
	}
	return true, nil
}

// replaceKey writes signing.key, and keeps beside it the one that is there.
func (r *Restored) replaceKey(d Dir, key *keyring.Ring) error {
	text, err := key.Encode()
	if err != nil {
		return err
	}
	part := d.Key() + ".new"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSecret(part, bytes.TrimSuffix(text, []byte("\n"))); err != nil {
		return err
	}
	aside := store.Replaced(d.Key(), time.Now())
	switch err := os.Rename(d.Key(), aside); {
	case err == nil:
		r.ReplacedKey = aside
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	r.Keys = 1
	return errors.Join(os.Rename(part, d.Key()), syncDir(d.String()))
}
