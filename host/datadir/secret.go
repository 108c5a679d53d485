package datadir

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// credential is the name of the node secret among the credentials of systemd.
const credential = "edgetoken.keys.secret"

// maxSecret is the longest node secret, in bytes.
const maxSecret = 64 << 10

// ErrNoSecret says that there is no node secret.
var ErrNoSecret = errors.New("there is no node secret")

// Secret is the path of the node's own secret.
func (d Dir) Secret() string { return filepath.Join(d.String(), "keys.secret") }

func (d Dir) nextSecret() string { return d.Secret() + ".new" }

// ownSecret reports whether the node secret is the file of the data directory, and not configured or a credential.
func (d Dir) ownSecret() bool {
	if d.cfg.KeysSecret.IsSet() || d.cfg.Credentials == "" {
		return !d.cfg.KeysSecret.IsSet()
	}
	_, err := os.Lstat(d.credential())
	return errors.Is(err, fs.ErrNotExist)
}

// credential is where systemd puts the node secret.
func (d Dir) credential() string { return filepath.Join(d.cfg.Credentials, credential) }

// SecretSource says where NodeSecret takes the secret from, as messages name it.
func (d Dir) SecretSource() string {
	switch {
	case d.cfg.KeysSecret.File() != "":
		return "keys.secret_FILE (" + Absolute(d.cfg.KeysSecret.File()) + ")"
	case d.cfg.KeysSecret.IsSet():
		return "keys.secret of the configuration"
	case d.ownSecret():
		return d.Secret()
	}
	return d.credential()
}

// NodeSecret gives the secret that seals the private keys in the store: keys.secret of the configuration, else the
// credential of systemd, else that of the data directory. With mayMake it makes the last one if it is missing, and
// notes that. The store must then have no sealed keys: a new secret opens none. The error is ErrNoSecret if there is
// none and it may not be made.
func (d Dir) NodeSecret(mayMake bool) (secret []byte, notes []string, err error) {
	switch {
	case d.cfg.KeysSecret.IsSet():
		return d.cfg.KeysSecret.Reveal(), nil, nil
	case !d.ownSecret():
		// systemd gives the user of a service access by an ACL, whose mask stands where the group's bits are.
		secret, err = readSecret(d.credential(), 0o027)
		return secret, nil, err
	}
	secret, err = readSecret(d.Secret(), 0o077&^d.trustedAt(d.Secret()))
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return secret, nil, err
	case !mayMake:
		return nil, nil, fmt.Errorf("%w, which opens the keys in %s: put %s back from where you keep it, or configure "+
			"the secret that they were sealed under, as keys.secret_FILE or as systemd's credential %s", ErrNoSecret,
			d.Store(), d.Secret(), credential)
	}
	if secret, err = d.PrepareSecret(); err == nil {
		err = d.CommitSecret()
	}
	if err != nil {
		return nil, nil, err
	}
	return secret, []string{"made the node secret " + d.Secret() + ", which seals the keys in the store: it " +
		"protects a copy of the store alone"}, nil
}

// A new secret takes two steps, with the store between them: PrepareSecret, sealing all keys anew in one commit,
// CommitSecret. After a crash in the middle SettleSecret takes the secret that opens the keys of the store.

// PrepareSecret makes a new secret, and keeps it durably beside the one in use.
func (d Dir) PrepareSecret() ([]byte, error) {
	random := make([]byte, keyring.MinNodeSecret)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("make a node secret: %w", err)
	}
	secret := []byte(base64.RawURLEncoding.EncodeToString(random))
	err := os.Remove(d.nextSecret())
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = writeSecret(d.nextSecret(), secret)
	}
	if err != nil {
		return nil, fmt.Errorf("make a node secret: %w", err)
	}
	return secret, nil
}

// CommitSecret puts the secret that PrepareSecret made in the place of the one before, durably.
func (d Dir) CommitSecret() error {
	err := os.Rename(d.nextSecret(), d.Secret())
	if err == nil {
		err = syncDir(d.String())
	}
	if err != nil {
		return fmt.Errorf("put the new node secret in place: %w", err)
	}
	return nil
}

// SettleSecret ends a change of the secret that a crash cut off. opens reports whether a secret opens the keys of the
// store; nil: it has none. It returns what it did. Where neither secret opens them it leaves both.
func (d Dir) SettleSecret(opens func(secret []byte) bool) (notes []string, err error) {
	if !d.ownSecret() {
		return nil, nil
	}
	next, err := readSecret(d.nextSecret(), 0o077&^d.trustedAt(d.nextSecret()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && opens != nil && opens(next) {
		if err := d.CommitSecret(); err != nil {
			return nil, err
		}
		return []string{"the keys were sealed anew before the last stop: took the new node secret in use"}, nil
	}
	if opens != nil {
		if old, err := readSecret(d.Secret(), 0o077&^d.trustedAt(d.Secret())); err != nil || !opens(old) {
			return nil, nil
		}
	}
	if err := os.Remove(d.nextSecret()); err != nil {
		return nil, fmt.Errorf("remove a node secret that is not in use: %w", err)
	}
	return []string{"removed " + d.nextSecret() + ", a node secret that was not in use yet"}, nil
}

// SecretFrom reads a node secret from a file, and makes sure that the file is durable: keys may be sealed under it
// next.
func (d Dir) SecretFrom(path string) ([]byte, error) {
	secret, err := readSecret(path, 0o077&^d.trustedAt(path))
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the node secret: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("read the node secret: %w", err)
	}
	return secret, nil
}

// readSecret reads a node secret from a file whose mode may have none of the bits. One line end at the end of the file
// is not part of it.
func readSecret(path string, bits fs.FileMode) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for a writer
	if err != nil {
		return nil, fmt.Errorf("open the node secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open the node secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("node secret %s is not a regular file", path)
	}
	if info.Mode().Perm()&bits != 0 {
		return nil, fmt.Errorf("node secret %s: %w: %s", path, keyring.ErrExposed, exposedSecret(path))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return nil, fmt.Errorf("read the node secret: %w", err)
	}
	b = bytes.TrimSuffix(b, []byte("\n"))
	b = bytes.TrimSuffix(b, []byte("\r"))
	if len(b) > maxSecret {
		return nil, fmt.Errorf("node secret %s is longer than %d bytes, and no secret", path, maxSecret)
	}
	if _, err := keyring.NewSealer(b); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// exposedSecret says what to do about a secret that others may have read.
func exposedSecret(path string) string {
	return "run chmod 600 " + path + ", and edgetoken keys reseal if somebody may have read it"
}

// writeSecret writes a new file with mode 0600, durably.
func writeSecret(path string, secret []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(bytes.Clone(secret), '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
