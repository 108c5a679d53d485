package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// R9: a process that makes a store may be killed at any time. The next one opens or makes it.
func TestMakingIsInterrupted(t *testing.T) {
	if faultdisk.Rerun(t) {
		return
	}
	dir, copies := t.TempDir(), []string{}
	faultdisk.Use(faultdisk.Before(func(faultdisk.Op) error {
		left := t.TempDir()
		copies = append(copies, left)
		return os.CopyFS(left, os.DirFS(dir))
	}))
	path := filepath.Join(dir, "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	add(t, db, core.CustomerID{}, "ada")
	must(t, db.Close())
	faultdisk.Use(faultdisk.Sound)
	if len(copies) < 4 {
		t.Fatalf("the store was made and written to in %d operations", len(copies))
	}
	for i, left := range copies {
		db, err := store.Open(store.Config{Path: filepath.Join(left, "store.db")})
		if err != nil {
			t.Errorf("Open after a kill before operation %d = %v", i, err)
			continue
		}
		add(t, db, core.CustomerID{}, "bea")
		must(t, db.Close())
		onlyStore(t, left)
	}
}

// What lies where a new store is made does not matter, as long as it is no store yet.
func TestMakingOverWhatIsLeft(t *testing.T) {
	for name, left := range map[string]func(string) error{
		"nothing":         func(string) error { return nil },
		"an empty file":   func(part string) error { return os.WriteFile(part, nil, 0o600) },
		"half a store":    func(part string) error { return os.WriteFile(part, make([]byte, 5000), 0o600) },
		"another's mode":  func(part string) error { return os.WriteFile(part, []byte("x"), 0o644) },
		"another's store": func(part string) error { return os.Rename(closedStore(t), part) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "store.db")
		must(t, left(path+".new"))
		db, err := store.Open(store.Config{Path: path})
		if err != nil {
			t.Errorf("%s: Open = %v", name, err)
			continue
		}
		if n, err := db.Count(bg); n != 0 || err != nil {
			t.Errorf("%s: a new store has %d customers, %v", name, n, err)
		}
		must(t, db.Close())
		onlyStore(t, dir)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the store has mode %v, %v", name, info.Mode(), err)
		}
	}
	// A link leads out of the directory, which alone is known to be the owner's.
	path, elsewhere := filepath.Join(t.TempDir(), "store.db"), filepath.Join(t.TempDir(), "precious")
	must(t, os.WriteFile(elsewhere, []byte("precious"), 0o600))
	must(t, os.Symlink(elsewhere, path+".new"))
	_, err := store.Open(store.Config{Path: path})
	wantErr(t, "Open over a link", err, store.ErrPlace)
	if b, err := os.ReadFile(elsewhere); string(b) != "precious" {
		t.Errorf("what the link leads to has %d bytes, %v", len(b), err)
	}
}

// onlyStore reports files beside a store.
func onlyStore(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	must(t, err)
	if len(files) != 1 || fmt.Sprint(files[0]) != "- store.db" {
		t.Errorf("files in the directory: %v", files)
	}
}
