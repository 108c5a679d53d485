package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/edgetoken/edgetoken/core"
)

// ErrExposed says that others than the owner can read or change a key file.
var ErrExposed = errors.New("others can read or change it")

// maxKeyFile is the largest key file, in bytes. The largest RSA key takes a small part of that.
const maxKeyFile = 64 << 10

// Load reads signing.key, in which earlier releases had their one key. Its mode may be 0600 and have the trusted bits,
// such as 0o070 for a trusted group. Errors: fs.ErrNotExist, ErrExposed, ErrNotKey.
func Load(path string, trusted fs.FileMode) (*Ring, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for a writer
	if err != nil {
		return nil, fmt.Errorf("open signing key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open signing key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("signing key %s: %w: it is not a regular file", path, ErrNotKey)
	}
	if info.Mode().Perm()&0o077&^trusted != 0 {
		return nil, fmt.Errorf("signing key %s: %w: run chmod 600 %[1]s, "+
			"and replace the key if somebody may have read it", path, ErrExposed)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	ring, reason := parse(b)
	if reason != "" {
		return nil, fmt.Errorf("signing key %s: %w: %s; restore it from a backup, "+
			"or move it away for a new key, which ends every session", path, ErrNotKey, reason)
	}
	return ring, nil
}

// Parse reads the content of a key file. The error is ErrNotKey.
func Parse(b []byte) (*Ring, error) {
	ring, reason := parse(b)
	if reason != "" {
		return nil, fmt.Errorf("signing key: %w: %s", ErrNotKey, reason)
	}
	return ring, nil
}

// parse reads a JWK, or says why it is of no use.
func parse(b []byte) (*Ring, string) {
	if len(b) > maxKeyFile {
		return nil, "the file is too long for a key"
	}
	e := readJWK(b, "")
	switch {
	case errors.Is(e.err, errBadJWK):
		return nil, "the file is no JWK (RFC 7517)"
	case e.err != nil:
		return nil, e.err.Error()
	case e.id == "":
		return nil, "the JWK has no kid"
	case !e.key.CanSign():
		return nil, "the JWK is a public key, with which nothing can be signed"
	}
	info := core.KeyInfo{ID: e.id, Algorithm: e.key.Algorithm(), Default: true, NotAfter: e.key.NotAfter}
	ring, err := alone(e.key.Key, info)
	if err != nil {
		return nil, err.Error()
	}
	return ring, ""
}

// Encode is what signing.key holds for a ring of one key: a JWK and a line end. A backup of an earlier release is
// restored to that file.
func (r *Ring) Encode() ([]byte, error) {
	if len(r.keys) != 1 {
		return nil, fmt.Errorf("the ring has %d keys, and the file is for one", len(r.keys))
	}
	k, err := jwk.FromRaw(r.keys[0].raw())
	if err != nil {
		return nil, err
	}
	info := r.set.Keys[0]
	err = errors.Join(k.Set(jwk.KeyIDKey, info.ID), k.Set(jwk.AlgorithmKey, jwa.SignatureAlgorithm(info.Algorithm)))
	if err != nil {
		return nil, err
	}
	if info.NotAfter != 0 {
		if err := k.Set(expKey, info.NotAfter); err != nil {
			return nil, err
		}
	}
	b, err := json.Marshal(k)
	return append(b, '\n'), err
}
