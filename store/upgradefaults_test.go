package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// older is a store of an earlier schema.
type older struct {
	name    string
	schema  int
	file    []byte
	highest int    // id
	said    []byte // before the upgrade; nil if no earlier version was asked
}

func olders(t *testing.T) (list []older) {
	t.Helper()
	for _, o := range []oldStore{{core.IntegerID, 1, 2}, {core.IntegerID, 30, 45}, {core.TextID, 30, 45},
		{core.IntegerID, 2001, 2005}} {
		list = append(list, older{fmt.Sprintf("schema 3, %s, %d", kindNames[o.kind], o.customers), 3, o.file(t, "db"),
			o.highest, o.first(t)})
	}
	half := oldStores[2]
	list = append(list, older{"schema 4, integer", 4, schema4(t, "integer"), 7, nil},
		older{"schema 5, integer", 5, unpacked(t, "schema5-integer.db.gz"), 7, unpacked(t, "schema5-integer.says.gz")},
		older{"schema 5, half upgraded", 5, unpacked(t, "schema5-half.db.gz"), half.highest, half.first(t)})
	for _, kind := range []core.IDKind{core.IntegerID, core.TextID} {
		for i, of := range []func(testing.TB, core.IDKind) (string, func(int) core.CustomerID){schema1, schema2} {
			path, _ := of(t, kind)
			b, err := os.ReadFile(path)
			must(t, err)
			list = append(list, older{fmt.Sprintf("schema %d, %s", i+1, kindNames[kind]), i + 1, b, 7, nil})
		}
	}
	return list
}

// put writes the store to a file of its own.
func (o older) put(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, o.file, 0o600))
	return path
}

// openOlder opens a store an hour later.
func openOlder(path string) (*store.DB, error) {
	clock := newClock()
	clock.ms.Add(3_600_000)
	return store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
}

// learn upgrades the store undisturbed, and returns what the disk is told to do. Where no earlier version was asked,
// what the upgraded store says counts: other tests check that for each schema.
func (o *older) learn(t *testing.T) (ops []faultdisk.Op) {
	t.Helper()
	path := o.put(t)
	faultdisk.Use(faultdisk.Before(func(op faultdisk.Op) error {
		ops = append(ops, op)
		return nil
	}))
	db, err := openOlder(path)
	faultdisk.Use(faultdisk.Sound)
	must(t, err)
	if o.said == nil {
		o.said = says(t, db, o.highest)
	}
	must(t, db.Close())
	return ops
}

// goesOn checks that a file whose upgrade was interrupted is whole, and that the next opening ends the upgrade and
// loses nothing. begun says that the first commit was made, which sets the schema.
func (o older) goesOn(t *testing.T, name, path string, begun bool) {
	t.Helper()
	schema := o.schema
	if begun {
		schema = store.Schema
	}
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != schema {
		t.Errorf("%s: Check = %+v, %v, want a sound store of schema %d", name, r, err, schema)
	}
	db, err := openOlder(path)
	must(t, err)
	differ(t, name, says(t, db, o.highest), o.said)
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older {
		t.Errorf("%s: Check at the end = %+v, %v", name, r, err)
	}
}

// steps are the operations that are to fail, counted from 1. If there are many, these are the first and the last write
// of each commit, each write of a header, each sync and truncation, and one in forty of the other writes.
func steps(ops []faultdisk.Op) (list []int) {
	for i, op := range ops {
		if len(ops) < 100 || op.Kind != faultdisk.Write || op.Meta() || i == 0 ||
			ops[i-1].Kind != faultdisk.Write || ops[i+1].Kind != faultdisk.Write || i%40 == 0 {
			list = append(list, i+1)
		}
	}
	return list
}

// begins is the operation that makes the first commit visible.
func begins(ops []faultdisk.Op) int { return 1 + slices.IndexFunc(ops, faultdisk.Op.Meta) }

// Whatever write or sync of an upgrade fails, Open says so and lets go of the file. Opening again ends the upgrade.
func everyWriteOfUpgradeFails(t *testing.T) {
	for _, o := range olders(t) {
		ops := o.learn(t)
		list, failed := steps(ops), map[faultdisk.Kind]int{}
		for _, n := range list {
			name := fmt.Sprintf("%s, failure of %s %d", o.name, ops[n-1].Kind, n)
			path, operations := o.put(t), 0
			faultdisk.Use(faultdisk.Before(func(op faultdisk.Op) error {
				if operations++; operations != n {
					return nil
				}
				failed[op.Kind]++
				return errNoFile
			}))
			db, err := openOlder(path)
			faultdisk.Use(faultdisk.Sound)
			if err == nil {
				t.Errorf("%s: Open succeeds", name)
				must(t, db.Close())
			} else if text := err.Error(); !strings.Contains(text, "store "+path+": ") ||
				!strings.HasSuffix(text, errNoFile.Error()) { // of growing the file, bbolt gives only the text
				t.Errorf("%s: Open = %v", name, err)
			}
			o.goesOn(t, name, path, n > begins(ops))
		}
		t.Logf("%s: of %d operations these failed: %v", o.name, len(ops), failed)
	}
}

// dieUpgrading opens a store and kills this process before the nth operation on the disk. If n is 0, it does so once
// the header of the first commit is written, and before it is synced.
func dieUpgrading(path, n string) {
	last, err := strconv.Atoi(n)
	operations, visible := 0, false
	faultdisk.Use(faultdisk.Before(func(op faultdisk.Op) error {
		if operations++; operations == last || last == 0 && visible {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		visible = visible || op.Meta()
		return nil
	}))
	if err == nil {
		_, err = openOlder(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

// killed runs a child, and reports whether it was killed rather than that it did all that it had to.
func killed(t *testing.T, role, path string) bool {
	t.Helper()
	cmd := child(t, role, path)
	err := cmd.Run()
	if err != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return err != nil
}

// A process is killed amid an upgrade: before each commit writes its pages, syncs them, writes its header and syncs
// that. Opening again ends the upgrade, even if each opening in turn is killed at its first commit.
func killWhileUpgrading(t *testing.T) {
	for _, o := range olders(t) {
		ops := o.learn(t)
		kills := 0
		for i, op := range ops {
			if i > 0 && op.Kind == faultdisk.Write && !op.Meta() && ops[i-1].Kind == faultdisk.Write {
				continue
			}
			path := o.put(t)
			if !killed(t, fmt.Sprintf("upgrade=%d", i+1), path) {
				t.Errorf("%s: the upgrade ended before operation %d", o.name, i+1)
			}
			o.goesOn(t, fmt.Sprintf("%s, killed before %s %d", o.name, op.Kind, i+1), path, i+1 > begins(ops))
			kills++
		}
		path, openings := o.put(t), 0
		for killed(t, "upgrade=0", path) {
			openings++
		}
		commits := len(slices.DeleteFunc(ops, func(op faultdisk.Op) bool { return !op.Meta() }))
		if openings != commits {
			t.Errorf("%s: %d openings were killed, want one for each of %d commits", o.name, openings, commits)
		}
		o.goesOn(t, o.name+", killed at each commit", path, true)
		t.Logf("%s: killed at %d operations, and in %d openings in turn", o.name, kills, openings)
	}
}

// cached is a disk behind a page cache, as Linux has it: what was written before a sync that fails is lost, and no
// later sync writes it, yet the file shows it.
type cached struct {
	disk   []byte // what a power cut leaves
	dirty  []faultdisk.Op
	fails  int          // number of the sync that fails
	synced func([]byte) // may be nil
	syncs  int
}

func (c *cached) WriteAt(f *os.File, b []byte, offset int64) (int, error) {
	c.dirty = append(c.dirty, faultdisk.Op{Kind: faultdisk.Write, Offset: offset, Bytes: slices.Clone(b)})
	return f.WriteAt(b, offset)
}

func (c *cached) Truncate(f *os.File, size int64) error {
	c.disk = append(c.disk, make([]byte, int(size)-len(c.disk))...)
	return f.Truncate(size)
}

func (c *cached) Sync(*os.File) error {
	dirty := c.dirty
	c.dirty = nil
	if c.syncs++; c.syncs == c.fails {
		return errNoFile
	}
	for _, op := range dirty {
		copy(c.disk[op.Offset:], op.Bytes)
	}
	if c.synced != nil {
		c.synced(c.disk)
	}
	return nil
}

// Where a sync of an upgrade fails, the next opening and what is written then build on nothing that the disk lost: a
// power cut at any later moment leaves a whole store.
func everySyncOfUpgradeLoses(t *testing.T) {
	o := olders(t)[1]
	defer faultdisk.Use(faultdisk.Sound)
	for n, failed := 1, true; failed; n++ {
		path, cut := o.put(t), filepath.Join(t.TempDir(), "cut.db")
		c := &cached{disk: slices.Clone(o.file), fails: n}
		faultdisk.Use(c)
		db, err := openOlder(path)
		if failed = err != nil; failed {
			c.synced = func(disk []byte) {
				must(t, os.WriteFile(cut, disk, 0o600))
				if r, err := store.Check(cut); err != nil || !r.Sound() {
					t.Errorf("sync %d failed: after sync %d, Check of what the disk has = %v, %v", n, c.syncs, shown(r),
						err)
				}
			}
			db, err = openOlder(path)
			must(t, err)
		}
		c.fails = 0
		for i := range 3 {
			add(t, db, core.CustomerID{}, fmt.Sprint("later", i))
		}
		must(t, db.Close())
	}
}
