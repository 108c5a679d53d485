package datadir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"filippo.io/age"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// MinPassphrase is how many bytes a passphrase has at least: whoever gets hold of a backup may try any number of them.
const MinPassphrase = 12

// ErrPassphrase says that sealed keys open with another passphrase.
var ErrPassphrase = errors.New("the passphrase is wrong")

// scryptWork is the work factor of scrypt that age takes by default. A passphrase costs a second and 256 MiB to try.
const scryptWork = 18

// SealKey gives the signing key of the data directory, sealed by a passphrase as an age file (age-encryption.org/v1).
func (d Dir) SealKey(passphrase string) ([]byte, error) {
	if d.cfg.SigningKey.IsSet() {
		return nil, errors.New("the signing key is SIGNING_KEY of the configuration, which no backup has: keep the " +
			"configuration yourself, and leave --keys out")
	}
	ring, err := d.OldKey()
	if err != nil {
		return nil, err
	}
	key, err := ring.Encode()
	if err != nil {
		return nil, fmt.Errorf("seal the signing key: %w", err)
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("seal the signing key: %w", err)
	}
	to.SetWorkFactor(scryptWork)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(key)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("seal the signing key: %w", err)
	}
	return sealed.Bytes(), nil
}

// openSealed gives the signing key that SealKey sealed; ErrPassphrase if the passphrase is another one.
func openSealed(sealed []byte, passphrase string) (*keyring.Ring, error) {
	by, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("open the sealed keys: %w", err)
	}
	by.SetMaxWorkFactor(scryptWork) // a backup from elsewhere must not choose how much memory it takes
	r, err := age.Decrypt(bytes.NewReader(sealed), by)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return nil, fmt.Errorf("open the sealed keys: %w", ErrPassphrase)
	}
	var key []byte
	if err == nil {
		key, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, fmt.Errorf("open the sealed keys: %w", err)
	}
	return keyring.Parse(key)
}

// holdsKey reports whether the data directory has just this signing key. The error is fs.ErrExist if it has another.
func (d Dir) holdsKey(ring *keyring.Ring) (bool, error) {
	held, err := keyring.LoadTrusting(d.Key(), d.trustedAt(d.Key()))
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
