package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// TestDamagedUnderTheNode: where somebody damages the file of a running node the store says so, and never that
// another process has it open, which would be the node itself.
func TestDamagedUnderTheNode(t *testing.T) {
	zero := func(n int) func(path string) error {
		return func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt(make([]byte, n), 0)
			return errors.Join(err, f.Close())
		}
	}
	for name, damage := range map[string]func(path string) error{
		"cut to nothing":  func(path string) error { return os.Truncate(path, 0) },
		"cut to one page": func(path string) error { return os.Truncate(path, 4096) },
		"its head zeroed": zero(8 << 10),
		"zeroed":          zero(1 << 20),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			var h handles
			db, err := store.OpenWith(store.Config{Path: path}, h.open)
			must(t, err)
			ada := add(t, db, core.CustomerID{}, "ada")
			must(t, damage(path))
			if err := db.SetActive(bg, ada.ID, true); err == nil {
				t.Fatal("a change is acknowledged")
			}
			for h.opened.Load() < 4 && !errors.Is(db.Health(), store.ErrLost) {
				runtime.Gosched() // it tries to open the file anew by itself
			}
			if err := db.Health(); err == nil || errors.Is(err, store.ErrLocked) {
				t.Errorf("Health = %v", err)
			}
			_ = db.Close()
		})
	}
}
