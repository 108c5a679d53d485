package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// lives reports whether a family of a customer is alive.
func lives(t testing.TB, db *store.DB, id core.CustomerID, f core.Family) bool {
	t.Helper()
	s := state(t, db, id, f)
	return !s.Family.Dead && f.Start > s.CutOff
}

// R3: yesterday's backup brings nothing back to life. With KeepSessions it does, and says so: what was revoked after
// the backup lives, what was revoked before does not.
func TestRestoreRevoked(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.Integer(7), "ada@example.com")
	until := int64(start/1000 + 7*24*3600)
	begin := func(bits uint64) core.Family {
		f := core.Family{Listed: true, Ours: true, Bits: bits, Start: clock.ms.Load()}
		must(t, db.Settle(bg, login(state(t, db, ada.ID, f), f.Start)))
		return f
	}
	revoke := func(f core.Family) {
		must(t, db.Settle(bg, revokeFamily(state(t, db, ada.ID, f), f.Key("", ada.ID), until)))
	}
	before, after, untouched := begin(1), begin(2), begin(3)
	revoke(before)
	b := backUp(t, db)
	clock.ms.Add(24 * 3600 * 1000)
	revoke(after)
	forgotten := begin(4)
	ahead := forgotten // began by a clock that was ahead, as far as the high-water mark
	ahead.Start += 60_000
	for _, keep := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "store.db")
		c := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
		r, err := restore(c, b, store.Restoring{KeepSessions: keep})
		must(t, err)
		if keep != r.CutOff.IsZero() || r.Replaced != "" {
			t.Errorf("KeepSessions %v: Restore = %+v", keep, r)
		}
		restored := open(t, c)
		for _, x := range []struct {
			name   string
			family core.Family
			want   bool
		}{
			{"revoked before", before, false}, {"revoked after", after, keep}, {"not revoked", untouched, keep},
			{"begun after", forgotten, false}, {"begun after, by a clock ahead", ahead, false},
		} {
			if got := lives(t, restored, ada.ID, x.family); got != x.want {
				t.Errorf("KeepSessions %v: a log-in %s lives: %v", keep, x.name, got)
			}
		}
		old, err := db.Node(bg)
		must(t, err)
		now, err := restored.Node(bg)
		must(t, err)
		if now.Epoch <= old.Epoch || now.Incarnation <= old.Incarnation || restored.ID() != db.ID() {
			t.Errorf("KeepSessions %v: the node is %+v, was %+v", keep, now, old)
		}
		// Log-ins begin again.
		s := state(t, restored, ada.ID, core.Family{})
		f := core.Family{Listed: true, Ours: true, Bits: 5, Start: max(clock.ms.Load(), s.CutOff+1)}
		must(t, restored.Settle(bg, login(s, f.Start)))
		if !lives(t, restored, ada.ID, f) {
			t.Errorf("KeepSessions %v: a new log-in is dead", keep)
		}
		if list := names(t, filepath.Dir(path)); !slices.Equal(list, []string{"store.db"}) {
			t.Errorf("KeepSessions %v: the directory has %v", keep, list)
		}
	}
}

// The cut-off is that of now, however old the backup: also where an operator must confirm the clock first.
func TestRestoreOldBackup(t *testing.T) {
	db, clock := fresh(t)
	add(t, db, core.Integer(7), "ada@example.com")
	b := backUp(t, db)
	clock.ms.Add(2 * 366 * 24 * 3600 * 1000)
	c := store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now, Elapsed: clock.elapsed}
	r, err := restore(c, b, store.Restoring{})
	must(t, err)
	if r.CutOff.Before(clock.now()) {
		t.Errorf("the cut-off is %v at %v", r.CutOff, clock.now())
	}
	restored := open(t, c)
	wantErr(t, "CheckClock", restored.CheckClock(), core.ErrClock)
	clock.ms.Store(0)
	c.Path = filepath.Join(t.TempDir(), "store.db")
	_, err = restore(c, b, store.Restoring{})
	wantErr(t, "Restore by a clock that cannot be right", err, core.ErrClock)
}

// asBackup is a backup of a store file.
func asBackup(t *testing.T, h backup.Header, store []byte) []byte {
	t.Helper()
	r, _, err := backup.Stream(h, nil, bytes.NewReader(store))
	must(t, err)
	b, err := io.ReadAll(r)
	must(t, err)
	return b
}

// A backup that is not whole, or whose store is not sound, makes no store and changes none.
func TestRestoreDamaged(t *testing.T) {
	db, _ := fresh(t)
	add(t, db, core.Integer(7), "ada@example.com")
	b := backUp(t, db)
	flipped, harmed := bytes.Clone(b), bytes.Clone(b)
	flipped[len(b)/2] ^= 1
	at := bytes.LastIndex(harmed, []byte("ada@example.com"))
	copy(harmed[at:], "eve@example.com")
	whole, err := backup.NewReader(bytes.NewReader(b))
	must(t, err)
	pages := harmed[60 : int64(60)+whole.Header.Store]
	unsound := asBackup(t, whole.Header, pages) // with a good checksum
	for _, c := range []struct {
		name   string
		backup []byte
		want   error
	}{
		{"cut short", b[:len(b)-1], backup.ErrDamaged},
		{"cut short in the store", b[:len(b)/2], backup.ErrDamaged},
		{"a bit flipped", flipped, backup.ErrDamaged},
		{"a byte follows", append(bytes.Clone(b), 0), backup.ErrDamaged},
		{"not sound", unsound, store.ErrUnsound},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "store.db")
		_, err := restore(store.Config{Path: path}, c.backup, store.Restoring{})
		wantErr(t, c.name+": Restore", err, c.want)
		if list := names(t, dir); len(list) > 0 {
			t.Errorf("%s: Restore leaves %v", c.name, list)
		}
		old := open(t, store.Config{Path: path})
		id := old.ID()
		must(t, old.Close())
		_, err = restore(store.Config{Path: path}, c.backup, store.Restoring{Replace: true})
		wantErr(t, c.name+": Restore over a store", err, c.want)
		if old = open(t, store.Config{Path: path}); old.ID() != id {
			t.Errorf("%s: another store took the place of the old one", c.name)
		}
		must(t, os.WriteFile(path+".backup", c.backup, 0o600))
		if r, err := store.Check(path + ".backup"); err != nil || r.Sound() || r.Bytes == 0 {
			t.Errorf("%s: Check = %v, %v", c.name, shown(r), err)
		}
	}
}

// A store that is there is replaced only on demand and while nobody has it open, and is kept.
func TestRestoreReplaces(t *testing.T) {
	db, _ := fresh(t)
	b := backUp(t, db)
	dir := t.TempDir()
	c := store.Config{Path: filepath.Join(dir, "store.db")}
	old := open(t, c)
	for _, replace := range []bool{false, true} {
		_, err := restore(c, b, store.Restoring{Replace: replace})
		wantErr(t, "Restore over a store in use", err, store.ErrLocked)
	}
	must(t, old.Close())
	_, err := restore(c, b, store.Restoring{})
	wantErr(t, "Restore over a store", err, os.ErrExist)
	r, err := restore(c, b, store.Restoring{Replace: true})
	must(t, err)
	for path, want := range map[string]string{c.Path: db.ID(), r.Replaced: old.ID()} {
		if report, err := store.Check(path); err != nil || !report.Sound() || report.ID != want {
			t.Errorf("%s: Check = %v, %v, want the store %s", path, shown(report), err, want)
		}
	}
	info, err := os.Stat(c.Path)
	must(t, err)
	if list := names(t, dir); len(list) != 2 || info.Mode().Perm() != 0o600 {
		t.Errorf("the directory has %v, and the mode is %v", list, info.Mode())
	}
}

// Of two calls of Restore at once the first fails, wherever it is.
func TestRestoreTwiceAtOnce(t *testing.T) {
	db, _ := fresh(t)
	b := backUp(t, db)
	for _, step := range []string{"extracted", "ended"} {
		c := store.Config{Path: filepath.Join(t.TempDir(), "store.db")}
		first, err := backup.NewReader(bytes.NewReader(b))
		must(t, err)
		_, err = store.RestoreHooked(c, first, store.Restoring{}, func(at string) {
			if at == step {
				_, err := restore(c, b, store.Restoring{})
				must(t, err)
			}
		})
		if err == nil {
			t.Errorf("%s: both have restored it", step)
		}
		must(t, open(t, c).Look())
	}
}

// A node that starts while a backup is being restored keeps the store that it has made.
func TestRestoreBesideAStart(t *testing.T) {
	db, _ := fresh(t)
	r, err := backup.NewReader(bytes.NewReader(backUp(t, db)))
	must(t, err)
	c := store.Config{Path: filepath.Join(t.TempDir(), "store.db")}
	var started *store.DB
	_, err = store.RestoreHooked(c, r, store.Restoring{}, func(step string) {
		if step == "ended" {
			started = open(t, c)
		}
	})
	wantErr(t, "Restore", err, os.ErrExist)
	must(t, started.Look())
}

// A backup of an earlier version is upgraded.
func TestRestoreOldSchema(t *testing.T) {
	first, err := os.ReadFile("testdata/schema1-integer.db")
	must(t, err)
	for i, c := range []struct {
		schema    uint32
		pages     []byte
		customers int
	}{{1, first, 5}, {5, unpacked(t, "schema5-integer.db.gz"), 4}} {
		b := asBackup(t, backup.Header{Schema: c.schema, Store: int64(len(c.pages))}, c.pages)
		config := store.Config{Path: filepath.Join(t.TempDir(), "store.db")}
		_, err = restore(config, b, store.Restoring{})
		must(t, err)
		if n, err := open(t, config).Count(bg); n != c.customers || err != nil {
			t.Errorf("backup %d: %d customers, %v, want %d", i, n, err, c.customers)
		}
	}
}

// dieRestoring restores the backup beside path over what is there, and dies after a step.
func dieRestoring(path, step string) {
	f, err := os.Open(path + ".backup")
	if err != nil {
		os.Exit(2)
	}
	r, err := backup.NewReader(f)
	if err != nil {
		os.Exit(2)
	}
	_, _ = store.RestoreHooked(store.Config{Path: path}, r, store.Restoring{Replace: true}, func(at string) {
		if at == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	os.Exit(2)
}

// R3, R9: a process that is killed while it restores leaves no store, or the old one, or the restored one with its
// cut-off. Then another Restore does it.
func TestKillRestoring(t *testing.T) {
	clock := newClock()
	clock.ms.Store(time.Now().Add(-time.Hour).UnixMilli())
	db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now, Elapsed: clock.elapsed})
	ada := add(t, db, core.Integer(7), "ada@example.com")
	f := core.Family{Listed: true, Ours: true, Bits: 5, Start: clock.ms.Load()}
	must(t, db.Settle(bg, login(state(t, db, ada.ID, f), f.Start)))
	b := backUp(t, db)
	for _, step := range []string{"extracted", "ended", "kept the old one", "named"} {
		for _, over := range []bool{false, true} {
			if step == "kept the old one" && !over {
				continue
			}
			path := filepath.Join(t.TempDir(), "store.db")
			must(t, os.WriteFile(path+".backup", b, 0o600))
			old := ""
			if over {
				db := open(t, store.Config{Path: path})
				old = db.ID()
				must(t, db.Close())
			}
			err := child(t, "restore="+strings.ReplaceAll(step, " ", "_"), path).Run()
			if err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("%s: the child: %v", step, err)
			}
			report, err := store.Check(path)
			switch {
			case step == "named":
				if report.ID != db.ID() || lives(t, open(t, store.Config{Path: path}), ada.ID, f) {
					t.Errorf("%s, over %v: Check = %v, %v", step, over, shown(report), err)
				}
				continue
			case over && report.ID != old, !over && !errors.Is(err, store.ErrPlace):
				t.Errorf("%s, over %v: Check = %v, %v", step, over, shown(report), err)
			}
			_, err = restore(store.Config{Path: path}, b, store.Restoring{Replace: over})
			must(t, err)
			if lives(t, open(t, store.Config{Path: path}), ada.ID, f) {
				t.Errorf("%s, over %v: the log-in lives", step, over)
			}
		}
	}
}

// No window goes on in a restored store.
func TestRestoreClosesWindows(t *testing.T) {
	a := newAdvancer(t)
	must(t, a.advance(t, 1))
	b := backUp(t, a.DB)
	must(t, a.Close())
	a.config.Path = filepath.Join(t.TempDir(), "store.db")
	_, err := restore(a.config, b, store.Restoring{KeepSessions: true})
	must(t, err)
	a.open(t, nil)
	defer a.Close()
	if s := a.state(t); s.Generation != 1 || s.Age < core.MaxGrace {
		t.Errorf("the family is %+v", s)
	}
}
