package store_test

import (
	"io"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// R9: a commit whose sync failed is in the page cache, but perhaps on no disk. If it is not yet taken back, Close takes
// it back. Otherwise the next process would answer by it.
func TestCloseTakesBackAFailedCommit(t *testing.T) {
	if faultdisk.Rerun(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "store.db")
	var h handles
	db, err := store.OpenWith(store.Config{Path: path}, h.open)
	must(t, err)
	ada := add(t, db, core.CustomerID{}, "ada")

	// The second sync of a commit, after which it can be seen, fails, and from then on the file cannot be written to.
	fd := int(h.last.Load().Fd())
	whole, err := syscall.Dup(fd)
	must(t, err)
	readOnly, err := syscall.Open(path, syscall.O_RDONLY, 0)
	must(t, err)
	syncs := 0
	faultdisk.Use(faultdisk.Before(func(op faultdisk.Op) error {
		if op.Kind != faultdisk.Sync {
			return nil
		}
		if syncs++; syncs < 2 {
			return nil
		}
		if err := syscall.Dup3(readOnly, fd, 0); err != nil {
			t.Error(err)
		}
		return io.ErrUnexpectedEOF
	}))
	wantErr(t, "SetActive", db.SetActive(bg, ada.ID, false), store.ErrUnavailable)
	faultdisk.Use(faultdisk.Sound)
	must(t, syscall.Dup3(whole, fd, 0))
	must(t, db.Close())
	must(t, syscall.Close(whole))
	must(t, syscall.Close(readOnly))

	db = open(t, store.Config{Path: path})
	if c, err := db.Get(bg, ada.ID); err != nil || !c.IsActive {
		t.Errorf("a commit that failed is what the next process found: active %v, %v", c.IsActive, err)
	}
}
