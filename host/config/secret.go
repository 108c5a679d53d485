package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
)

// Secret is a value that is never shown: every way of printing it gives the mask. The zero value is no secret.
type Secret struct {
	// reveal is a function, since fmt calls no Format of unexported fields. Of a function it prints only the address.
	reveal func() []byte
	// file is the path of the file that it was read from; empty: it was given itself.
	file string
	// exposed are the bits of that file's mode that let others than the owner read or change it, and ours whether its
	// group is one of this process's.
	exposed fs.FileMode
	ours    bool
	// inline says that the secret is in the configuration file itself.
	inline bool
}

func secretOf(b []byte) Secret { return Secret{reveal: func() []byte { return b }} }

// File is the path of the file that the secret was read from, as it was given; empty where the secret was given itself.
func (s Secret) File() string { return s.file }

const mask = "********"

// Reveal gives the secret itself.
func (s Secret) Reveal() []byte {
	if s.reveal == nil {
		return nil
	}
	return s.reveal()
}

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return len(s.Reveal()) > 0 }

// String is the mask, or empty where there is no secret.
func (s Secret) String() string {
	if s.IsSet() {
		return mask
	}
	return ""
}

func (s Secret) GoString() string             { return s.String() }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, s.String()) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(s.String()) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// errEmptySecret tells of YAML's trap: a plain value that begins with # is a comment, and the key is null.
var errEmptySecret = errors.New("is empty: give the secret, or leave the key out for a key of the node's own; " +
	"a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment")

// readSecret reads a secret that must not be empty.
func readSecret(v value) (Secret, error) {
	switch {
	case v.kind == null || v.kind == text && v.text == "":
		return Secret{}, errEmptySecret
	case v.kind != text:
		return Secret{}, errors.New("must be text: put it in quotes")
	case v.cut:
		return Secret{}, errors.New("is cut off by a comment: put the whole secret in quotes, else it ends " +
			"before the #")
	}
	s := secretOf([]byte(v.text))
	s.inline = v.origin.File != ""
	return s, nil
}

// maxSecretFile bounds the file of a secret, in bytes: the largest RSA key in PEM fits many times.
const maxSecretFile = 64 << 10

// readSecretFile reads a secret from the file that v names. One line end at the end of the file is not part of the
// secret.
func readSecretFile(v value) (Secret, error) {
	path, err := readText(v)
	if err != nil {
		return Secret{}, err
	}
	if path == "" {
		return Secret{}, errors.New("is empty: give the path of the file that holds the secret")
	}
	f, err := os.Open(path)
	if err != nil {
		return Secret{}, cannotOpen(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Secret{}, fmt.Errorf("cannot be read: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return Secret{}, fmt.Errorf("cannot be read: %w", err)
	}
	if len(b) > maxSecretFile {
		return Secret{}, fmt.Errorf("%s is longer than %d bytes, and no secret: name the file that holds "+
			"the secret", path, maxSecretFile)
	}
	b = bytes.TrimSuffix(b, []byte("\n"))
	b = bytes.TrimSuffix(b, []byte("\r"))
	if len(b) == 0 {
		return Secret{}, fmt.Errorf("%s is empty: write the secret into it", path)
	}
	s := secretOf(b)
	s.file, s.exposed = path, info.Mode().Perm()&0o077
	_, s.ours = OwnGroup(info)
	return s, nil
}

// MayShow reports whether an error may show the path that a setting names: only if a file is there. If not, the text
// may be the secret itself, given instead of its file.
func MayShow(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// cannotOpen says why the file of a secret cannot be opened.
func cannotOpen(path string, err error) error {
	reason := err
	if inner := errors.Unwrap(err); inner != nil {
		reason = inner
	}
	if !MayShow(path) {
		return fmt.Errorf("cannot be read: %w: give the path of a file; the key without _FILE takes the "+
			"secret itself", reason)
	}
	return fmt.Errorf("cannot be read: %s: %w", path, reason)
}

// readHidden reads a value that may be empty and is not shown.
func readHidden(v value) (Secret, error) {
	if v.kind == null {
		return Secret{}, nil
	}
	if v.kind != text {
		return Secret{}, errors.New("must be text: put it in quotes")
	}
	return secretOf([]byte(v.text)), nil
}
