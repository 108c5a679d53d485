package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/datadir"
)

// backupPassphrase gets the passphrase if there are keys to seal by it.
func backupPassphrase(c *cobra.Command, keys bool) (string, error) {
	if keys {
		return readPassphrase(c, true)
	}
	if c.Flags().Changed("passphrase-file") {
		return "", misusef("--passphrase-file is for --keys")
	}
	return "", nil
}

// sealedKeys gets all private keys, and seals them by a passphrase.
func sealedKeys(
	c *cobra.Command, client *admin.Client, passphrase string,
) (set admin.KeySet, sealed []byte, err error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return set, nil, err
	}
	if cfg.SigningKey.IsSet() {
		return set, nil, errors.New("the signing key is SIGNING_KEY of the configuration, which no backup has: keep " +
			"the configuration yourself, and leave --keys out")
	}
	if set, err = admin.PrivateKeys.Call(c.Context(), client, admin.None{}, admin.None{}); err != nil {
		return set, nil, err
	}
	if len(set.Keys) == 0 {
		return set, nil, errors.New("there are no private keys here: leave --keys out")
	}
	text, err := json.Marshal(set)
	if err == nil {
		sealed, err = datadir.SealKeys(text, passphrase, sealWork)
	}
	return set, sealed, err
}

// sealWork is what a passphrase costs to try. With the race detector it would cost a minute, so tests lower it.
var sealWork = datadir.SealWork

// checkKeys refuses a backup if keys changed while these were sealed: it may have a key without its private part.
func checkKeys(c *cobra.Command, client *admin.Client, set admin.KeySet) error {
	now, err := admin.PrivateKeys.Call(c.Context(), client, admin.None{}, admin.None{})
	if err != nil {
		return err
	}
	same := func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }
	if !slices.EqualFunc(set.Keys, now.Keys, same) {
		return errors.New("keys changed during the backup, so that it may not have them all: start it again")
	}
	return nil
}
