package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// resealAs gives all private parts one ending.
func resealAs(db *store.DB, ending string) error {
	return db.Reseal(bg, func(id string, _ []byte) ([]byte, error) { return []byte(id + ending), nil })
}

// sealedStore is a store file whose private parts are sealed as old.
func sealedStore(t *testing.T) []byte {
	t.Helper()
	m := join(t, 1)
	u := store.KeyUpdate{Seal: map[string][]byte{}}
	for i := range 20 {
		id := fmt.Sprint("key ", i)
		u.Put, u.Seal[id] = append(u.Put, newKey(id)), []byte(id+", old")
	}
	must(t, update(m.DB, u))
	must(t, m.Close())
	file, err := os.ReadFile(m.config.Path)
	must(t, err)
	return file
}

// isSealed checks that all private parts have one ending, of these two, and returns it.
func isSealed(t *testing.T, name string, db *store.DB, endings ...string) (ending string) {
	t.Helper()
	counts := map[string]int{}
	for _, k := range keysOf(t, db) {
		counts[strings.TrimPrefix(sealedOf(t, db, k.ID), k.ID)]++
	}
	for _, e := range endings {
		if counts[e] == 20 {
			return e
		}
	}
	t.Errorf("%s: of 20 private parts, sealed are %v", name, counts)
	return ""
}

// sealsAnew checks that a store which was being resealed can be, and is sound then, with nothing old in its file.
func sealsAnew(t *testing.T, name string, db *store.DB, path string) {
	t.Helper()
	must(t, resealAs(db, ", newer"))
	isSealed(t, name, db, ", newer")
	must(t, db.Close())
	file, err := os.ReadFile(path)
	must(t, err)
	if bytes.Contains(file, []byte(", old")) || bytes.Count(file, []byte(", new")) !=
		bytes.Count(file, []byte(", newer")) {
		t.Errorf("%s: the file has old private parts", name)
	}
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("%s: Check = %v, %v", name, shown(r), err)
	}
}

// Whatever write or sync of Reseal fails, all private parts are the old ones or all the new ones.
func everyWriteOfResealFails(t *testing.T) {
	base := sealedStore(t)
	for n, failed := 1, true; failed; n++ {
		m, name := copyOf(t, base), fmt.Sprintf("failure of operation %d", n)
		failOperation(n, &failed)
		err := resealAs(m.DB, ", new")
		healthy(m.DB)
		faultdisk.Use(faultdisk.Sound)
		if (err != nil) != failed {
			t.Errorf("%s: Reseal = %v", name, err)
		}
		ending := isSealed(t, name, m.DB, ", old", ", new")
		if err == nil && ending != ", new" {
			t.Errorf("%s: Reseal = %v, and the private parts are those%s", name, err, ending)
		}
		m.restart(t, nil)
		if again := isSealed(t, name, m.DB, ", old", ", new"); again != ending {
			t.Errorf("%s: the private parts are those%s, and after a restart those%s", name, ending, again)
		}
		sealsAnew(t, name, m.DB, m.config.Path)
	}
}

// A process is killed before each operation of Reseal.
func killWhileResealing(t *testing.T) {
	base := sealedStore(t)
	for n := 1; ; n++ {
		path, name := filepath.Join(t.TempDir(), "store.db"), fmt.Sprintf("killed before operation %d", n)
		must(t, os.WriteFile(path, base, 0o600))
		again := killed(t, fmt.Sprintf("reseal=%d", n), path)
		db := open(t, store.Config{Path: path})
		isSealed(t, name, db, ", old", ", new")
		sealsAnew(t, name, db, path)
		if !again {
			break
		}
	}
}

// dieResealing reseals a store, and kills this process before the nth operation on the disk.
func dieResealing(path, n string) {
	last, err := strconv.Atoi(n)
	if err == nil {
		var db *store.DB
		if db, err = store.Open(store.Config{Path: path}); err == nil {
			operations := 0
			faultdisk.Use(faultdisk.Before(func(faultdisk.Op) error {
				if operations++; operations == last {
					syscall.Kill(os.Getpid(), syscall.SIGKILL)
					select {}
				}
				return nil
			}))
			err = resealAs(db, ", new")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}
