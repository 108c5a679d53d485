package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// A backup has the keys and no private part, not even in free pages. Restore puts those there that it is given.
func TestBackupHasNoPrivateParts(t *testing.T) {
	db, _ := fresh(t)
	k := newKey("a")
	must(t, update(db, store.KeyUpdate{Put: []store.Key{k, newKey("b")}, Seal: map[string][]byte{"a": []byte(private),
		"b": []byte(private)}}))
	must(t, update(db, store.KeyUpdate{Unseal: []string{"b"}}))
	b := backUp(t, db)
	if bytes.Contains(b, []byte(private)) || !bytes.Contains(b, k.Public) {
		t.Error("a private part is in the backup, or a public key is not")
	}
	for name, c := range map[string]struct {
		sealed map[string][]byte
		a, b   string
		err    error
	}{
		"none":           {nil, "", "", nil},
		"one":            {map[string][]byte{"b": []byte("sealed anew")}, "", "sealed anew", nil},
		"of another key": {map[string][]byte{"a": {1}, "c": []byte(private)}, "", "", store.ErrInvalid},
	} {
		config := store.Config{Path: filepath.Join(t.TempDir(), "store.db")}
		_, err := restore(config, b, store.Restoring{Sealed: c.sealed, Ready: func() error { return nil }})
		if !errors.Is(err, c.err) || err != nil && bytes.Contains([]byte(err.Error()), []byte(private)) {
			t.Errorf("%s: Restore = %v", name, err)
		}
		if _, err := os.Stat(config.Path); c.err != nil {
			wantErr(t, name, err, os.ErrNotExist)
			continue
		}
		restored := open(t, config)
		if list := keysOf(t, restored); len(list) != 2 || sealedOf(t, restored, "a") != c.a ||
			sealedOf(t, restored, "b") != c.b {
			t.Errorf("%s: the keys are %+v, with the private parts %q and %q", name, list,
				sealedOf(t, restored, "a"), sealedOf(t, restored, "b"))
		}
	}
}

// A backup brings no key back that was retired since in the store that it replaces, also one that signed. Damage there
// keeps nobody from restoring.
func TestRestoreKeepsRetired(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		c := newClock()
		config := store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now, Elapsed: c.elapsed}
		db := open(t, config)
		sealed := map[string][]byte{"a": {1}, "b": {2}}
		a, b := newKey("a"), newKey("b")
		a.SignsFrom, b.SignsFrom = a.Added, a.Added+9
		must(t, update(db, store.KeyUpdate{Put: []store.Key{a, b}, Seal: sealed}))
		made := backUp(t, db)
		b.Ends, b.Retired = b.Added+99, true
		must(t, update(db, store.KeyUpdate{Put: []store.Key{b}, Unseal: []string{"b"}}))
		must(t, db.Close())
		if damaged {
			f, err := os.OpenFile(config.Path, os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt(make([]byte, 1<<16), int64(os.Getpagesize()))
			must(t, errors.Join(err, f.Close()))
		}
		r, err := restore(config, made, store.Restoring{Sealed: sealed, Replace: true})
		must(t, err)
		restored := open(t, config)
		want := map[bool]string{false: "[b] \x01 ", true: "[] \x01 \x02"}[damaged]
		if got := fmt.Sprint(r.Retired, " ", sealedOf(t, restored, "a"), " ", sealedOf(t, restored, "b")); got != want {
			t.Errorf("damaged %v: retired and the private parts: %q, want %q", damaged, got, want)
		}
		if list := keysOf(t, restored); !damaged && (!list[1].Retired || list[1].Ends != b.Ends ||
			list[1].SignsFrom != 0 || list[0].Retired) {
			t.Errorf("the keys are %+v", list)
		}
	}
}

// A backup has no free pages: what was removed takes no room in it.
func TestBackupIsCompact(t *testing.T) {
	db, _ := fresh(t)
	small := len(backUp(t, db))
	for i := range 30 {
		id := fmt.Sprint("key ", i)
		must(t, update(db, store.KeyUpdate{Put: []store.Key{newKey(id)},
			Seal: map[string][]byte{id: make([]byte, 60_000)}}))
	}
	s, err := db.Stats(bg)
	must(t, err)
	if n := len(backUp(t, db)); n > small+16<<10 || s.Bytes < 1<<20 {
		t.Errorf("a backup of a store of %d bytes has %d bytes, that of an empty one %d", s.Bytes, n, small)
	}
}

// A store with a damaged page is not backed up, and goes on.
func TestBackupOfADamagedStore(t *testing.T) {
	m := join(t, 1)
	for i := range 40 {
		must(t, m.AddGroup(bg, fmt.Sprint("group ", i), nil))
	}
	path := m.config.Path
	whole, err := os.ReadFile(path)
	must(t, err)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	harmed := bytes.Clone(whole)
	for at := 2 * os.Getpagesize(); at < len(harmed); at += os.Getpagesize() {
		if bytes.Contains(harmed[at:at+os.Getpagesize()], []byte("group 7")) {
			copy(harmed[at:], bytes.Repeat([]byte{0xff}, 64))
		}
	}
	_, err = f.WriteAt(harmed, 0)
	must(t, err)
	_, err = m.Backup(bg, nil)
	wantErr(t, "Backup", err, store.ErrCorrupt)
	_, err = f.WriteAt(whole, 0)
	must(t, err)
	if b := backUp(t, m.DB); len(b) == 0 {
		t.Error("there is no backup")
	}
	must(t, m.AddGroup(bg, "after", nil))
}

// Whatever write of a backup fails, there is no backup, the store goes on, and the next one is sound.
func everyWriteOfBackupFails(t *testing.T) {
	m := copyOf(t, sealedStore(t))
	for n, failed := 1, true; failed; n++ {
		failOperation(n, &failed)
		_, err := m.Backup(bg, nil)
		faultdisk.Use(faultdisk.Sound)
		if (err != nil) != failed || m.Health() != nil {
			t.Errorf("failure of operation %d: Backup = %v, Health = %v", n, err, m.Health())
		}
	}
	path := filepath.Join(t.TempDir(), "backup")
	must(t, os.WriteFile(path, backUp(t, m.DB), 0o600))
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
	if list := names(t, filepath.Dir(m.config.Path)); len(list) != 1 {
		t.Errorf("beside the store are %v", list)
	}
	must(t, m.Close())
}
