package datadir

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// MinPassphrase is how many bytes a passphrase has at least: whoever gets hold of a backup may try any number of them.
const MinPassphrase = 12

// ErrPassphrase says that sealed keys open with another passphrase.
var ErrPassphrase = errors.New("the passphrase is wrong")

// SealWork is the work factor of scrypt that age takes by default. A passphrase costs a second and 256 MiB to try.
const SealWork = 18

// SealKeys seals a JWK Set of private keys by a passphrase as an age file (age-encryption.org/v1), for a backup. work
// is the work factor of scrypt: SealWork, or less in tests.
func SealKeys(set []byte, passphrase string, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("seal the keys: %w", err)
	}
	to.SetWorkFactor(work)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(set)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("seal the keys: %w", err)
	}
	return sealed.Bytes(), nil
}

// openSealed gives what SealKeys sealed; ErrPassphrase if the passphrase is another one.
func openSealed(sealed []byte, passphrase string) ([]byte, error) {
	by, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("open the sealed keys: %w", err)
	}
	by.SetMaxWorkFactor(SealWork) // a backup from elsewhere must not choose how much memory it takes
	r, err := age.Decrypt(bytes.NewReader(sealed), by)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return nil, fmt.Errorf("open the sealed keys: %w", ErrPassphrase)
	}
	var set []byte
	if err == nil {
		set, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, fmt.Errorf("open the sealed keys: %w", err)
	}
	return set, nil
}
