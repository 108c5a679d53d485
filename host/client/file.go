package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// File keeps tokens in a file that its owner alone may read (mode 0600), as JSON with the members "access" and
// "refresh". Processes may share it. Its directory is made if it is missing (0700). A change is written beside it,
// synced and renamed, so that a reader sees the one or the other; that no two write at once is by a lock on a file
// beside it, PATH.lock, which stays. A file that others may read, or that is none of ours, is an error that says so.
func File(path string) Storage { return file(path) }

type file string

const (
	lockPoll    = 5 * time.Millisecond // from one try for the lock to the next
	maxFileSize = 1 << 20
)

func (f file) Load(context.Context) (Tokens, error) {
	t, err := f.read()
	if err != nil {
		return Tokens{}, fmt.Errorf("stored tokens: %w", err)
	}
	return t, nil
}

func (f file) Replace(ctx context.Context, old, next Tokens) (bool, error) {
	replaced, err := f.replace(ctx, old, next)
	if err != nil {
		return false, fmt.Errorf("stored tokens: %w", err)
	}
	return replaced, nil
}

func (f file) read() (t Tokens, err error) {
	opened, err := os.Open(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return Tokens{}, nil
	}
	if err != nil {
		return Tokens{}, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	switch {
	case err != nil:
		return Tokens{}, err
	case !info.Mode().IsRegular():
		return Tokens{}, fmt.Errorf("%s is no regular file", f)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return Tokens{}, fmt.Errorf("others may read %s: log out, since somebody may have, or run chmod 600 %s", f, f)
	}
	text, err := io.ReadAll(io.LimitReader(opened, maxFileSize))
	if err != nil {
		return Tokens{}, err
	}
	if json.Unmarshal(text, &t) != nil { // its error may quote a token
		return Tokens{}, fmt.Errorf("%s is not a file of this program; move it away and log in again", f)
	}
	return t, nil
}

func (f file) replace(ctx context.Context, old, next Tokens) (replaced bool, err error) {
	directory := filepath.Dir(string(f))
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return false, err
	}
	lock := flock.New(string(f)+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return false, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	switch held, err := f.read(); {
	case err != nil || held != old:
		return false, err
	case !next.LoggedIn():
		if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	default:
		if err := f.write(directory, next); err != nil {
			return false, err
		}
	}
	return true, syncDirectory(directory)
}

func (f file) write(directory string, t Tokens) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(directory, filepath.Base(string(f))+".*.new") // mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), string(f))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// syncDirectory makes a renamed or removed file last. Windows has no such call.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
