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
// "refresh". Processes may share it. Its directory is made if it is missing (0700). A change is written to PATH.new,
// synced and renamed, so that a reader sees the one or the other; that no two write at once is by a lock on a file
// beside it, PATH.lock, which stays. A file that others may read, or that is another user's, or none of ours, is an
// error that says so. Windows goes by the access rights of the directory instead.
func File(path string) Storage { return file(path) }

type file string

const (
	lockPoll    = 5 * time.Millisecond // from one try for the lock to the next
	maxFileSize = 1 << 20
)

func (f file) Load(ctx context.Context) (Tokens, error) {
	t, err := f.load(ctx)
	if err != nil {
		return Tokens{}, fmt.Errorf("stored tokens: %w", err)
	}
	return t, nil
}

// load reads. On Windows nobody can replace a file that somebody reads, so that they take turns.
func (f file) load(ctx context.Context) (t Tokens, err error) {
	if runtime.GOOS != "windows" {
		return f.read()
	}
	err = f.locked(ctx, func() error {
		t, err = f.read()
		return err
	})
	return t, err
}

func (f file) Replace(ctx context.Context, old, next Tokens) (bool, error) {
	replaced, err := f.replace(ctx, old, next)
	if err != nil {
		return false, fmt.Errorf("stored tokens: %w", err)
	}
	return replaced, nil
}

func (f file) read() (t Tokens, err error) {
	opened, err := os.OpenFile(string(f), os.O_RDONLY|nonblock, 0)
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
	case !owned(info):
		return Tokens{}, fmt.Errorf("%s belongs to another user", f)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return Tokens{}, fmt.Errorf("others may read %s: run chmod 600 %s, and log out, since somebody may have", f, f)
	}
	text, err := io.ReadAll(io.LimitReader(opened, maxFileSize))
	if err != nil {
		return Tokens{}, err
	}
	if json.Unmarshal(text, &t) != nil || t.Refresh == "" { // its error may quote a token
		return Tokens{}, fmt.Errorf("%s is not a file of this program; move it away and log in again", f)
	}
	return t, nil
}

func (f file) replace(ctx context.Context, old, next Tokens) (replaced bool, err error) {
	err = f.locked(ctx, func() error {
		held, err := f.read()
		if err != nil || held != old {
			return err
		}
		if err := f.put(next); err != nil {
			return err
		}
		replaced = true
		return syncDirectory(filepath.Dir(string(f)))
	})
	return replaced && err == nil, err
}

// locked does something while nobody else does.
func (f file) locked(ctx context.Context, work func() error) (err error) {
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return err
	}
	lock := flock.New(string(f)+".lock", flock.SetPermissions(0o600), flock.SetFlag(lockFlags))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return work()
}

// put writes tokens, or removes the file where there are none.
func (f file) put(t Tokens) error {
	if !t.LoggedIn() {
		return removed(string(f))
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	path := string(f) + ".new"
	if err := removed(path); err != nil { // of a program that was killed
		return err
	}
	beside, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = beside.Write(append(text, '\n'))
	if err = errors.Join(err, beside.Sync(), beside.Close()); err == nil {
		err = os.Rename(path, string(f))
	}
	if err != nil {
		return errors.Join(err, removed(path))
	}
	return nil
}

// removed removes a file, if there is one.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
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
