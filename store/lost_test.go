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

// losses are ways in which a running node loses its file. saved is a copy of the file from before the last change.
var losses = map[string]func(t *testing.T, path, saved string){
	"removed":  func(t *testing.T, path, _ string) { must(t, os.Remove(path)) },
	"renamed":  func(t *testing.T, path, _ string) { must(t, os.Rename(path, path+".old")) },
	"replaced": func(t *testing.T, path, saved string) { must(t, os.Rename(saved, path)) },
	"replaced by another store": func(t *testing.T, path, _ string) {
		must(t, os.Rename(closedStore(t), path))
	},
	"replaced by a directory": func(t *testing.T, path, _ string) {
		must(t, os.Remove(path))
		must(t, os.Mkdir(path, 0o700))
	},
	"directory renamed": func(t *testing.T, path, _ string) {
		dir := filepath.Dir(path)
		must(t, os.Rename(dir, dir+".old"))
	},
	"directory replaced by a file": func(t *testing.T, path, saved string) {
		dir := filepath.Dir(path)
		must(t, os.Rename(dir, dir+".old"))
		must(t, os.Rename(saved, dir))
	},
	"copied over": func(t *testing.T, path, saved string) { // as cp does, which cuts the file short first
		b, err := os.ReadFile(saved)
		must(t, err)
		must(t, os.WriteFile(path, b, 0o600))
	},
	"written over": func(t *testing.T, path, saved string) {
		b, err := os.ReadFile(saved)
		must(t, err)
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt(b, 0)
		must(t, err)
		must(t, f.Close())
	},
}

// noticing are those who must notice, each first.
var noticing = map[string]func(*store.DB, store.Customer) error{
	"a change": func(db *store.DB, ada store.Customer) error { return db.SetActive(bg, ada.ID, true) },
	"Look":     func(db *store.DB, _ store.Customer) error { return db.Look() },
	"a change whose commit fails": func(db *store.DB, ada store.Customer) error {
		return db.RevokeAll(bg)
	},
}

// A file that was taken away under a running node: nothing more is acknowledged, and what lies there now is neither
// taken up nor written to.
func TestLost(t *testing.T) {
	for how, lose := range losses {
		for who, notice := range noticing {
			t.Run(how+"/"+who, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "data")
				must(t, os.Mkdir(dir, 0o700))
				path, saved := filepath.Join(dir, "store.db"), filepath.Join(t.TempDir(), "saved.db")
				var h handles
				db, err := store.OpenWith(store.Config{Path: path}, h.open)
				must(t, err)
				defer db.Close()
				ada := add(t, db, core.CustomerID{}, "ada")
				b, err := os.ReadFile(path)
				must(t, err)
				must(t, os.WriteFile(saved, b, 0o600))
				must(t, db.Revoke(bg, ada.ID))
				must(t, db.Look())
				lose(t, path, saved)
				if who == "a change whose commit fails" {
					must(t, h.last.Load().Close())
				}
				if (how == "written over" || how == "copied over") && who == "Look" {
					// The path is as it was; whoever reads notices.
					_, err := db.Get(bg, ada.ID)
					wantErr(t, "Get", err, store.ErrLost)
				}
				before, _ := os.ReadFile(path)
				err = notice(db, ada)
				wantErr(t, who, err, store.ErrUnavailable)
				for db.Health() != nil && !errors.Is(db.Health(), store.ErrLost) {
					runtime.Gosched() // after a commit that failed, the store looks by itself
				}
				wantErr(t, "Health", db.Health(), store.ErrLost)
				select {
				case <-db.Lost():
				default:
					t.Fatal("Lost is open")
				}
				_, _, err = db.Load(bg, store.Query{UserID: ada.ID, HasUser: true})
				wantErr(t, "Load", err, store.ErrLost)
				_, err = db.Add(bg, store.NewCustomer{Email: "bea"})
				wantErr(t, "Add", err, store.ErrUnavailable)
				_, err = db.Compact(bg, nil)
				wantErr(t, "Compact", err, store.ErrLost)
				if after, _ := os.ReadFile(path); string(after) != string(before) {
					t.Errorf("what lies at the path was written to")
				}
				if h.opened.Load() != 1 {
					t.Errorf("the file was opened %d times, want once", h.opened.Load())
				}
				if err := db.Close(); who != "a change whose commit fails" {
					must(t, err)
				}
				wantErr(t, "Health after Close", db.Health(), store.ErrClosed)
			})
		}
	}
}
