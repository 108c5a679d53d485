package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// Reseal seals the private keys of a store on which no node runs under another node secret: that of a file, or where
// file is empty, a new one in the data directory. It returns how many keys it sealed. No ciphertext of before is left
// in the store. Wherever a crash cuts it off, one of the two secrets opens all keys, and both are there.
func Reseal(ctx context.Context, cfg *config.Config, file string) (sealed int, notes []string, err error) {
	dir := datadir.Of(cfg)
	db, notes, err := openStopped(dir, false)
	if err != nil {
		return 0, notes, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if m := db.Membership(); m.Role != store.Alone {
		return 0, notes, ErrMember(m.Fleet)
	}
	opens, settled, err := settleSecret(ctx, dir, db)
	if err != nil {
		return 0, notes, err
	}
	notes = append(notes, settled...)
	if file != "" {
		sealed, err = resealFrom(ctx, dir, db, opens, file)
	} else {
		sealed, err = resealNew(ctx, dir, db, opens)
	}
	return sealed, notes, err
}

// ErrMember refuses to seal the keys of a node of a fleet under another secret.
func ErrMember(fleet string) error {
	return fmt.Errorf("this node is in the fleet %s, whose nodes know it by a key that comes from the node secret: "+
		"with another one it would be a stranger. See docs/fleet.md for a secret that leaked", fleet)
}

// resealFrom seals the keys under the secret of a file.
func resealFrom(
	ctx context.Context, dir datadir.Dir, db *store.DB, opens func([]byte) bool, file string,
) (int, error) {
	next, err := dir.SecretFrom(file)
	if err != nil {
		return 0, err
	}
	if opens != nil && opens(next) {
		// An earlier call sealed them so, and may have been cut off before the old ciphertext was gone.
		return resealed(ctx, db, next, next)
	}
	present, err := presentSecret(dir, opens)
	if err != nil {
		return 0, err
	}
	return resealed(ctx, db, present, next)
}

// resealNew seals the keys under a new secret of the data directory.
func resealNew(ctx context.Context, dir datadir.Dir, db *store.DB, opens func([]byte) bool) (int, error) {
	present, err := presentSecret(dir, opens)
	if err != nil {
		return 0, err
	}
	next, err := dir.PrepareSecret()
	if err != nil {
		return 0, err
	}
	if dir.SecretSource() != dir.Secret() {
		// The present one is elsewhere, so the new one can have its name before the keys are sealed under it.
		if err := dir.CommitSecret(); err != nil {
			return 0, err
		}
		return resealed(ctx, db, present, next)
	}
	sealed, err := resealed(ctx, db, present, next)
	if err != nil {
		return 0, err
	}
	return sealed, dir.CommitSecret()
}

// presentSecret is the secret that opens the keys of the store; nil where it has none.
func presentSecret(dir datadir.Dir, opens func([]byte) bool) ([]byte, error) {
	if opens == nil {
		return nil, nil
	}
	secret, _, err := dir.NodeSecret(false)
	if err != nil {
		return nil, err
	}
	if opens(secret) {
		return secret, nil
	}
	own, err := dir.SecretFrom(dir.Secret())
	if err == nil && !bytes.Equal(own, secret) && opens(own) {
		return nil, fmt.Errorf("the keys in %s are sealed under %s already: take the node secret out of the "+
			"configuration (now: %s)", dir.Store(), dir.Secret(), dir.SecretSource())
	}
	return nil, fmt.Errorf("the node secret of %s does not open the keys in %s: %w: configure the one that they were "+
		"sealed under, as keys.secret_FILE", dir.SecretSource(), dir.Store(), keyring.ErrNodeSecret)
}

// resealed seals all keys of the store anew, and returns how many those are.
func resealed(ctx context.Context, db *store.DB, present, next []byte) (int, error) {
	list, err := db.SealedKeys(ctx)
	if err != nil {
		return 0, err
	}
	public := map[string]store.Key{}
	for _, k := range list {
		public[k.ID] = k
	}
	if len(public) == 0 {
		return 0, nil
	}
	from, err := keyring.NewSealer(present)
	if err != nil {
		return 0, err
	}
	to, err := keyring.NewSealer(next)
	if err != nil {
		return 0, err
	}
	return len(public), db.Reseal(ctx, func(id string, sealed []byte) ([]byte, error) {
		k := public[id]
		private, err := from.Open(k.ID, k.Algorithm, k.Public, sealed)
		if err != nil {
			return nil, err
		}
		return to.Seal(k.ID, k.Algorithm, k.Public, private)
	})
}
