package datadir_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/keyring"
)

const longSecret = "a-secret-of-more-than-thirty-two-bytes"

// at is the data directory path under a configuration of these variables.
func at(t *testing.T, path string, environ ...string) datadir.Dir {
	t.Helper()
	cfg, err := config.Load(config.Sources{Environ: append(environ, "EDGETOKEN_DATA="+path)})
	if err != nil {
		t.Fatal(err)
	}
	return datadir.Of(cfg)
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

// TestNodeSecret: the configuration goes before systemd, and that before the data directory, which gets a secret if
// one may be made.
func TestNodeSecret(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := at(t, dir).NodeSecret(false); !errors.Is(err, datadir.ErrNoSecret) {
		t.Errorf("without a secret: %v, want ErrNoSecret", err)
	}
	made, notes, err := at(t, dir).NodeSecret(true)
	if err != nil || len(made) != 43 || len(notes) != 1 || !strings.Contains(notes[0], dir) {
		t.Fatalf("NodeSecret = %d bytes, %q, %v, want a new one of 43 and a note", len(made), notes, err)
	}
	info, err := os.Stat(filepath.Join(dir, "keys.secret"))
	if err != nil || info.Mode() != 0o600 || info.Size() != 44 {
		t.Errorf("keys.secret is %v, %v, want mode 600 and 44 bytes", info, err)
	}
	for _, mayMake := range []bool{false, true} {
		if again, notes, err := at(t, dir).NodeSecret(mayMake); !bytes.Equal(again, made) || notes != nil {
			t.Errorf("NodeSecret(%v) = %q, %q, %v, want the same again", mayMake, again, notes, err)
		}
	}

	credentials := "CREDENTIALS_DIRECTORY=" + dir
	if got, _, err := at(t, dir, credentials).NodeSecret(false); !bytes.Equal(got, made) {
		t.Errorf("without a credential: %q, %v, want that of the data directory", got, err)
	}
	credential := filepath.Join(dir, "edgetoken.keys.secret")
	write(t, credential, longSecret+"-credential\n", 0o440)
	d := at(t, dir, credentials)
	if got, _, err := d.NodeSecret(true); string(got) != longSecret+"-credential" || d.SecretSource() != credential {
		t.Errorf("with a credential: %q of %s, %v", got, d.SecretSource(), err)
	}
	d = at(t, dir, credentials, "EDGETOKEN_KEYS_SECRET="+longSecret)
	if got, _, err := d.NodeSecret(true); string(got) != longSecret ||
		d.SecretSource() != "keys.secret of the configuration" {
		t.Errorf("configured: %q of %s, %v", got, d.SecretSource(), err)
	}
	d = at(t, dir, "EDGETOKEN_KEYS_SECRET_FILE="+credential)
	if got, _, err := d.NodeSecret(true); string(got) != longSecret+"-credential" ||
		d.SecretSource() != "keys.secret_FILE ("+credential+")" {
		t.Errorf("configured by a file: %q of %s, %v", got, d.SecretSource(), err)
	}
}

// TestNodeSecretRefused: a secret that others can read, or that is none, is an error and stays as it is.
func TestNodeSecretRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"readable": {longSecret, 0o640, "others can read or change it: run chmod 600"},
		"writable": {longSecret, 0o602, "others can read or change it: run chmod 600"},
		"empty":    {"\n", 0o600, "the node secret has 0 bytes and needs at least 32"},
		"long":     {strings.Repeat("x", 70_000), 0o600, "is longer than 65536 bytes"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "keys.secret")
		write(t, path, c.text, c.mode)
		_, _, err := at(t, dir).NodeSecret(true)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), longSecret) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != c.text {
			t.Errorf("%s: the file is %d bytes now, %v", name, len(b), err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := at(t, dir).Check(true); (err != nil) != errors.Is(err, keyring.ErrExposed) ||
			(err != nil) != (c.mode != 0o600) {
			t.Errorf("%s: Check = %v", name, err)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "edgetoken.keys.secret"), longSecret, 0o444)
	if _, _, err := at(t, dir, "CREDENTIALS_DIRECTORY="+dir).NodeSecret(true); !errors.Is(err, keyring.ErrExposed) {
		t.Errorf("a credential that anybody can read: %v, want ErrExposed", err)
	}
	dir = t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "keys.secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := at(t, dir).NodeSecret(true); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a pipe that nobody writes to: %v", err)
	}
}

// TestSecretChanges: wherever a crash cuts off a change of the secret, the next start takes the one that the keys were
// sealed under last.
func TestSecretChanges(t *testing.T) {
	for name, c := range map[string]struct {
		crash func(t *testing.T, d datadir.Dir, reseal func([]byte)) // where the change ends
		notes int
	}{
		"while the new one is written": {func(t *testing.T, d datadir.Dir, _ func([]byte)) {
			write(t, d.Secret()+".new", "half", 0o600)
		}, 1},
		"before the store": {func(t *testing.T, d datadir.Dir, _ func([]byte)) {
			if _, err := d.PrepareSecret(); err != nil {
				t.Fatal(err)
			}
		}, 1},
		"after the store": {func(t *testing.T, d datadir.Dir, reseal func([]byte)) {
			next, err := d.PrepareSecret()
			if err != nil {
				t.Fatal(err)
			}
			reseal(next)
		}, 1},
		"after a change that was cut off": {func(t *testing.T, d datadir.Dir, reseal func([]byte)) {
			_, first := d.PrepareSecret()
			next, err := d.PrepareSecret()
			if err := errors.Join(first, err); err != nil {
				t.Fatal(err)
			}
			reseal(next)
		}, 1},
		"at the end": {func(t *testing.T, d datadir.Dir, reseal func([]byte)) {
			next, err := d.PrepareSecret()
			if err != nil {
				t.Fatal(err)
			}
			reseal(next)
			if err := d.CommitSecret(); err != nil {
				t.Fatal(err)
			}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := at(t, t.TempDir())
			first, _, err := d.NodeSecret(true)
			if err != nil {
				t.Fatal(err)
			}
			sealed := seal(t, first)
			c.crash(t, d, func(secret []byte) { sealed = seal(t, secret) })

			opens := func(secret []byte) bool {
				s, err := keyring.NewSealer(secret)
				if err != nil {
					return false
				}
				_, err = s.Open("kid", "HS256", nil, sealed)
				return err == nil
			}
			if notes, err := d.SettleSecret(opens); err != nil || len(notes) != c.notes {
				t.Errorf("SettleSecret = %q, %v, want %d notes", notes, err, c.notes)
			}
			secret, _, err := d.NodeSecret(false)
			if err != nil || !opens(secret) {
				t.Errorf("NodeSecret = %v, and it opens the key: %v", err, opens(secret))
			}
			if _, err := os.Lstat(d.Secret() + ".new"); err == nil {
				t.Error("keys.secret.new is still there")
			}
			if notes, err := d.SettleSecret(opens); err != nil || notes != nil {
				t.Errorf("once more SettleSecret = %q, %v, want nothing", notes, err)
			}
		})
	}
}

// TestSecretOfAnotherStore: where neither secret opens the keys both are left, for the operator to find.
func TestSecretOfAnotherStore(t *testing.T) {
	d := at(t, t.TempDir())
	_, _, first := d.NodeSecret(true)
	_, second := d.PrepareSecret()
	notes, err := d.SettleSecret(func([]byte) bool { return false })
	if err := errors.Join(first, second, err); err != nil || notes != nil {
		t.Errorf("SettleSecret = %q, %v, want nothing", notes, err)
	}
	for _, path := range []string{d.Secret(), d.Secret() + ".new"} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
	if notes, err := d.SettleSecret(nil); err != nil || len(notes) != 1 {
		t.Errorf("without keys SettleSecret = %q, %v, want the new one removed", notes, err)
	}
}

func seal(t *testing.T, secret []byte) []byte {
	t.Helper()
	s, err := keyring.NewSealer(secret)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal("kid", "HS256", nil, []byte("private"))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
