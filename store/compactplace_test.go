package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What somebody puts at the path of the store while it is compacted, such as a backup, is not replaced by the copy.
func TestCompactReplacesNoOtherFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	restored := func() error { return nil }
	db, err := store.OpenWith(store.Config{Path: path}, func(name string, flag int, mode os.FileMode) (*os.File,
		error) {
		if strings.HasSuffix(name, ".compact") {
			if err := restored(); err != nil {
				return nil, err
			}
		}
		return os.OpenFile(name, flag, mode)
	})
	must(t, err)
	add(t, db, core.CustomerID{}, "ada")
	restored = func() error {
		backup := filepath.Join(dir, "backup")
		if err := os.WriteFile(backup, []byte("a backup"), 0o600); err != nil {
			return err
		}
		return os.Rename(backup, path)
	}
	done, err := db.Compact(bg, nil)
	wantErr(t, "Compact", err, store.ErrLost)
	wantErr(t, "Health", db.Health(), store.ErrLost)
	if b, err := os.ReadFile(path); err != nil || string(b) != "a backup" || done.Done {
		t.Errorf("the file that was put there has %d bytes, %v; Compact = %+v", len(b), err, done)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files in the directory: %v, %v; want the one that was put there", files, err)
	}
	must(t, db.Close())
}

// A store that the path names by a link is compacted where it lies, and the link stays.
func TestCompactBehindALink(t *testing.T) {
	place, path := filepath.Join(t.TempDir(), "real.db"), filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(place+".compact", []byte("half a copy"), 0o600))
	db, err := store.Open(store.Config{Path: place})
	must(t, err)
	add(t, db, core.CustomerID{}, "ada")
	must(t, db.Close())
	must(t, os.Symlink(place, path))
	must(t, os.WriteFile(place+".compact", []byte("half a copy"), 0o600))
	db = open(t, store.Config{Path: path})
	if _, err := os.Stat(place + ".compact"); err == nil {
		t.Error("the file that an interrupted compaction left is still there")
	}
	done, err := db.Compact(bg, nil)
	if err != nil || !done.Done {
		t.Fatalf("Compact = %+v, %v", done, err)
	}
	add(t, db, core.CustomerID{}, "bea")
	must(t, db.Look())
	if to, err := os.Readlink(path); err != nil || to != place {
		t.Errorf("the link leads to %q, %v, want %q", to, err, place)
	}
	must(t, db.Close())
	for _, p := range []string{place, path} {
		if r, err := store.Check(p); err != nil || r.Customers != 2 {
			t.Errorf("Check of %s = %d customers, %v, want 2", p, r.Customers, err)
		}
	}
}

// Behind a link the directory of the file counts as well: who can write there can put another store in its place.
func TestOpenBehindALinkToAnExposedDirectory(t *testing.T) {
	place, path := closedStore(t), filepath.Join(t.TempDir(), "store.db")
	must(t, os.Symlink(place, path))
	must(t, os.Chmod(filepath.Dir(place), 0o777))
	_, err := store.Open(store.Config{Path: path})
	wantErr(t, "Open", err, store.ErrExposed)
	must(t, os.Chmod(filepath.Dir(place), 0o755))
	open(t, store.Config{Path: path})
}

// The compacted file keeps the owner and the permissions of the old one, since root may compact the store of another
// user.
func TestCompactKeepsOwnerAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, store.Config{Path: path})
	must(t, os.Chmod(path, 0o640))
	want := uint32(os.Getuid())
	if want == 0 {
		want = 12345
		must(t, os.Chown(path, int(want), int(want)))
	}
	done, err := db.Compact(bg, nil)
	if err != nil || !done.Done {
		t.Fatalf("Compact = %+v, %v", done, err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if got := info.Sys().(*syscall.Stat_t); got.Uid != want || info.Mode().Perm() != 0o640 {
		t.Errorf("the compacted file is %d's, mode %o, want %d and 640", got.Uid, info.Mode().Perm(), want)
	}
}
