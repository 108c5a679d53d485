package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// revokeMany revokes families that nothing needs any more, and purges them.
func revokeMany(t *testing.T, db *store.DB, clock *clock, families int) {
	t.Helper()
	for done := 0; done < families; {
		var list []core.Effect
		for ; len(list) < 10_000 && done < families; done++ {
			list = append(list, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: uint64(done)},
				Until: start/1000 - 100})
		}
		must(t, db.Settle(bg, core.Effects{List: list}))
	}
	clock.ms.Add(2 * day) // so that no verifier must know of them any more
	for more := true; more; {
		p, err := db.Purge(bg, clock.now(), 1000)
		must(t, err)
		more = p.More
	}
}

// pagesOf is how many pages of a file one commit changes.
func pagesOf(t *testing.T, path string, commit func()) (n int) {
	t.Helper()
	read := func() []byte {
		b, err := os.ReadFile(path)
		must(t, err)
		return b
	}
	before := read()
	commit()
	after := read()
	for i := 0; i < len(after); i += os.Getpagesize() {
		end := min(i+os.Getpagesize(), len(after))
		if end > len(before) || !bytes.Equal(before[i:end], after[i:end]) {
			n++
		}
	}
	return n
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Size()
}

// After many records were purged the list of free pages makes each commit dear, and the file stays as long as it was.
// Compacted, it is as good as a new one with the same content.
func TestCompactAfterPurge(t *testing.T) {
	dir := t.TempDir()
	fill := func(name string) (*store.DB, *clock, string) {
		c := newClock()
		path := filepath.Join(dir, name)
		db := open(t, store.Config{Path: path, Now: c.now, Elapsed: c.elapsed})
		for i := range 50 {
			add(t, db, core.CustomerID{}, fmt.Sprint("customer ", i))
		}
		return db, c, path
	}
	old, clock, path := fill("old")
	fresh, _, freshPath := fill("new")
	revokeMany(t, old, clock, 100_000)
	write := func(db *store.DB, bits uint64) func() {
		return func() {
			must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
				Family: core.FamilyKey{Bits: bits}, Until: start/1000 + 5*day/1000}}}))
		}
	}
	wanted, wantedSize := pagesOf(t, freshPath, write(fresh, 1)), size(t, freshPath)
	n := 0
	for i := range uint64(8) { // what a commit writes may lie there already, from one before
		n = max(n, pagesOf(t, path, write(old, i)))
	}
	if n < 2*wanted {
		t.Fatalf("a commit changes %d pages after the purge and %d of a new file: nothing to compact", n, wanted)
	}

	done, err := old.Compact(bg, store.Space.Wasteful)
	if err != nil || done.Done {
		t.Errorf("Compact of %d free bytes where that pays = %+v, %v, want none for so little", done.Before.Free, done,
			err)
	}
	done, err = old.Compact(bg, nil)
	if err != nil || !done.Done || done.After.Bytes != size(t, path) || done.After.Bytes >= done.Before.Bytes {
		t.Errorf("Compact = %+v, %v; the file has %d bytes", done, err, size(t, path))
	}
	if got := size(t, path); got > wantedSize*3/2 {
		t.Errorf("the compacted file has %d bytes, a new one %d", got, wantedSize)
	}
	for i := range uint64(15) { // some more, and the file grows
		if n := pagesOf(t, path, write(old, 2+i)); n > wanted*3/2 {
			t.Errorf("commit %d after compacting changes %d pages, of a new file %d", i, n, wanted)
		}
	}
}

func TestSpace(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		bytes, free     int64
		wasteful, brief bool
	}{
		{424 * mib, 420 * mib, true, true},
		{64 * mib, 32 * mib, true, true},
		{64 * mib, 31 * mib, false, true},
		{500 * mib, 200 * mib, false, false},
		{500 * mib, 300 * mib, true, false},
		{1 * mib, 1 * mib, false, true},
	} {
		s := store.Space{Bytes: c.bytes, Free: c.free}
		if s.Wasteful() != c.wasteful || s.Brief() != c.brief {
			t.Errorf("%d of %d MiB free: wasteful %v, brief %v", c.free/mib, c.bytes/mib, s.Wasteful(), s.Brief())
		}
	}
}

// contents are all records of a file that nobody has open.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	all := map[string]string{}
	must(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				all[string(name)+"/"+string(k)] = string(v)
				return nil
			})
		})
	}))
	return all
}

// R9: while a store is compacted again and again, no read or write is refused, and nothing is lost.
func TestCompactAmidRequests(t *testing.T) {
	db, clock := fresh(t)
	revokeMany(t, db, clock, 5000)
	ada := add(t, db, core.CustomerID{}, "ada")
	stop := make(chan struct{})
	var clients sync.WaitGroup
	var revoked [4]uint64
	for i := range revoked {
		clients.Go(func() {
			for bits := uint64(i+1) << 32; ; bits++ {
				select {
				case <-stop:
					return
				default:
				}
				f := core.Family{Bits: bits, Listed: true}
				must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
					Family: f.Key("", ada.ID), Until: start/1000 + 5*day/1000}}}))
				revoked[i] = bits
				if s := state(t, db, ada.ID, f); !s.Family.Dead || !s.Customer.Active {
					t.Errorf("family %x is alive after its revocation was acknowledged, or its customer gone: %+v",
						bits, s)
					return
				}
			}
		})
	}
	for range 20 {
		if done, err := db.Compact(bg, nil); err != nil || !done.Done {
			t.Errorf("Compact = %+v, %v", done, err)
		}
	}
	close(stop)
	clients.Wait()
	for i, last := range revoked {
		for bits := uint64(i+1) << 32; bits <= last; bits++ {
			if s := state(t, db, ada.ID, core.Family{Bits: bits, Listed: true}); !s.Family.Dead {
				t.Fatalf("family %x is alive again", bits)
			}
		}
	}
	if s, err := db.Stats(bg); err != nil || s.Failures != 0 {
		t.Errorf("Stats = %+v, %v, want no failure", s, err)
	}
}

// A compaction that fails leaves the store as it was, in use, and no file behind.
func TestCompactFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	refuse := true
	db, err := store.OpenWith(store.Config{Path: path}, func(name string, flag int, mode os.FileMode) (*os.File,
		error) {
		if refuse && strings.HasSuffix(name, ".compact") {
			return nil, syscall.ENOSPC
		}
		return os.OpenFile(name, flag, mode)
	})
	must(t, err)
	add(t, db, core.CustomerID{}, "ada")
	_, err = db.Compact(bg, nil)
	wantErr(t, "Compact on a full disk", err, syscall.ENOSPC)
	refuse = false
	// What stands in its way and is no file of ours is an error, too.
	must(t, os.MkdirAll(filepath.Join(path+".compact", "x"), 0o700))
	if _, err = db.Compact(bg, nil); err == nil {
		t.Error("Compact over a directory succeeded")
	}
	must(t, os.RemoveAll(path+".compact"))
	add(t, db, core.CustomerID{}, "bea")
	must(t, db.Close())
	before := contents(t, path)

	// What a crash left is removed by Open, not taken for the store.
	must(t, os.WriteFile(path+".compact", []byte("half a copy"), 0o600))
	db = open(t, store.Config{Path: path})
	if _, err := os.Stat(path + ".compact"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file that an interrupted compaction left: %v", err)
	}
	done, err := db.Compact(bg, nil)
	if err != nil || !done.Done {
		t.Errorf("Compact = %+v, %v", done, err)
	}
	must(t, db.Close())
	if after := contents(t, path); !maps.Equal(before, after) {
		t.Errorf("%d records before, %d after, or they differ", len(before), len(after))
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files in the directory: %v, %v; want the store alone", files, err)
	}
	_, err = db.Compact(bg, nil)
	wantErr(t, "Compact of a closed store", err, store.ErrClosed)
}
