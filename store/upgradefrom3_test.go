package store_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The files schema3-*.db.gz in testdata were made by the last version that wrote schema 3, with 2026-01-01T00:00:00Z
// and the seconds after it as its clock. The number in a name says how many customers there are, but for a few that
// were added again; above the ids of these are those of customers who were removed. There is all that the schema
// knows: a cut-off of the node; rights, groups, one that was removed, and one that was made again; log-ins, sessions,
// families with and without a start, and foreign ones; changes of passwords, addresses and flags; an address that has
// another owner. Beside each, schema3-*.says.gz has what that version said of the store: at once and, where it is
// small, after it had purged a day and 200 days later.
type oldStore struct {
	kind      core.IDKind
	customers int
	highest   int // id
}

var oldStores = []oldStore{{core.IntegerID, 0, 0}, {core.IntegerID, 1, 2}, {core.IntegerID, 30, 45},
	{core.TextID, 30, 45}, {core.IntegerID, 2000, 3000}, {core.IntegerID, 2001, 2005}, {core.IntegerID, 5000, 6001}}

var kindNames = map[core.IDKind]string{core.IntegerID: "integer", core.TextID: "text"}

func (o oldStore) file(t testing.TB, what string) []byte {
	t.Helper()
	return unpacked(t, fmt.Sprintf("schema3-%s-%d.%s.gz", kindNames[o.kind], o.customers, what))
}

// unpacked is a file of testdata.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	b, err := io.ReadAll(z)
	must(t, err)
	return b
}

// open writes the store to a file of its own, or other bytes, and opens that an hour later.
func (o oldStore) open(t *testing.T, b []byte) (db *store.DB, path string, clock *clock) {
	t.Helper()
	clock = newClock()
	clock.ms.Add(3_600_000)
	path = filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, b, 0o600))
	return open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}), path, clock
}

// differ reports the first line in which two texts differ.
func differ(t *testing.T, name string, got, want []byte) {
	t.Helper()
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(gotLines), len(wantLines)) {
		if !bytes.Equal(gotLines[i], wantLines[i]) {
			t.Errorf("%s: line %d is\n%s\nwant\n%s", name, i, gotLines[i], wantLines[i])
			return
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("%s: %d lines, want %d", name, len(gotLines), len(wantLines))
	}
}

// first is what the store said at once.
func (o oldStore) first(t *testing.T) []byte {
	said := o.file(t, "says")
	if i := bytes.Index(said, []byte("}\n{\"Customers\"")); i >= 0 {
		return said[:i+1]
	}
	return bytes.TrimSuffix(said, []byte("\n"))
}

// An upgraded store says what it said before, and its records end when they would have.
func TestUpgradeFrom3(t *testing.T) {
	for _, o := range oldStores {
		name := fmt.Sprintf("%d customers with %v", o.customers, o.kind)
		b := o.file(t, "db")
		path := filepath.Join(t.TempDir(), "store.db")
		must(t, os.WriteFile(path, b, 0o600))
		before, err := store.Check(path)
		if err != nil || !before.Sound() || before.Schema != 3 || !before.Older || before.Upgrading {
			t.Errorf("%s: Check before = %+v, %v", name, before, err)
		}
		db, path, clock := o.open(t, b)
		got := append(says(t, db, o.highest), '\n')
		want := o.file(t, "says")
		if bytes.Contains(want, []byte("}\n{\"Customers\"")) {
			for _, days := range []int64{1, 200} {
				clock.ms.Store(start + days*day)
				purge(t, db, clock)
				got = append(append(got, says(t, db, o.highest)...), '\n')
			}
		}
		differ(t, name, got, want)
		must(t, db.Close())
		after, err := store.Check(path)
		if err != nil || !after.Sound() || after.Schema != store.Schema || after.Older ||
			after.Customers != before.Customers || after.Groups != before.Groups {
			t.Errorf("%s: Check after = %+v, %v", name, after, err)
		}
	}
}

// What is done to an upgraded store counts more than what it brought along.
func TestChangesAfterUpgrade(t *testing.T) {
	o := oldStores[2]
	db, path, _ := o.open(t, o.file(t, "db"))
	ids := func(group string) (list []string) {
		for c, err := range db.Each(bg) {
			must(t, err)
			for _, name := range c.Groups {
				if name == group {
					list = append(list, c.ID.String())
				}
			}
		}
		return list
	}
	if len(ids("editors")) != 10 || len(ids("again")) != 2 {
		t.Errorf("members of editors are %v, and of again %v, want 10 and 2", ids("editors"), ids("again"))
	}
	must(t, db.RemoveGroup(bg, "editors"))
	for _, name := range []string{"editors", "gone"} {
		must(t, db.AddGroup(bg, name, []string{"x.y"}))
		if list := ids(name); list != nil {
			t.Errorf("%s, which was made anew, has its former members %v", name, list)
		}
	}
	must(t, db.ChangeRights(bg, core.Integer(1), store.RightsChange{Withdraw: []string{"customers.add_customer"},
		Join: []string{"editors"}}))
	for _, i := range []int{1, 31, 33} { // one who is there, one who was added again, and one who is removed
		id := core.Integer(int64(i))
		cutOff := state(t, db, id, core.Family{}).CutOff
		if i != 33 {
			must(t, db.Remove(bg, id, 0))
		}
		_, err := db.Add(bg, store.NewCustomer{ID: id, Email: addressOf(i), IsActive: true})
		must(t, err)
		c, err := db.Get(bg, id)
		if err != nil || c.Permissions != nil || c.Groups != nil || !c.LastLogin.IsZero() || c.Email != addressOf(i) {
			t.Errorf("customer %d, added again, is %+v, %v", i, c, err)
		}
		if now := state(t, db, id, core.Family{}).CutOff; now < cutOff || cutOff == 0 {
			t.Errorf("cut-off of customer %d is %d after it was %d", i, now, cutOff)
		}
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// stages upgrades a store, and returns its file as it was before each commit, and at the end.
func stages(t *testing.T, b []byte) (files [][]byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, b, 0o600))
	read := func() {
		b, err := os.ReadFile(path)
		must(t, err)
		files = append(files, b)
	}
	db, err := store.OpenSlow(store.Config{Path: path, Now: newClock().now}, read)
	must(t, err)
	must(t, db.Close())
	read()
	return files
}

// R9: an upgrade goes on wherever it was interrupted. Before each commit, and where only some of its pages reached the
// disk, the file is whole; the next opening ends the upgrade, and nothing is lost.
func TestUpgradeGoesOn(t *testing.T) {
	for _, o := range []oldStore{oldStores[1], oldStores[3], oldStores[4]} {
		files := stages(t, o.file(t, "db"))
		want := map[int]int{1: 7, 30: 7, 2000: 11}[o.customers] // commits; behind a full batch there may be more
		if len(files) != want+1 {
			t.Errorf("%d customers: %d commits, want %d", o.customers, len(files)-1, want)
		}
		random := rand.New(rand.NewPCG(1, uint64(o.customers)))
		for i, b := range files[:len(files)-1] {
			for _, torn := range []bool{false, true} {
				if o.customers == 2000 && !torn {
					continue
				}
				name := fmt.Sprintf("%d customers, commit %d, torn: %v", o.customers, i, torn)
				if torn {
					b = tear(b, files[i+1], random)
				}
				checkHalf(t, name, b, i > 0)
				db, path, _ := o.open(t, b)
				differ(t, name, says(t, db, o.highest), o.first(t))
				must(t, db.Close())
				if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older {
					t.Errorf("%s: Check at the end = %+v, %v", name, r, err)
				}
			}
		}
	}
}

// An upgrade that cannot write or sync fails, and goes on at the next opening.
func TestUpgradeFails(t *testing.T) {
	o := oldStores[2]
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, o.file(t, "db"), 0o600))
	config := store.Config{Path: path, Now: newClock().now}
	for failing := 1; ; failing++ {
		var h handles
		commits := 0
		db, err := store.OpenHooked(config, h.open, func() {
			if commits++; commits == 2 { // the first of each opening succeeds
				h.last.Load().Close()
			}
		})
		if err == nil {
			if failing != 7 { // of seven commits, six were the second of an opening
				t.Errorf("the upgrade ended at opening %d, want the seventh", failing)
			}
			differ(t, "at the end", says(t, db, o.highest), o.first(t))
			must(t, db.Close())
			return
		}
		wantErr(t, fmt.Sprintf("opening %d", failing), err, os.ErrClosed)
		b, err := os.ReadFile(path)
		must(t, err)
		checkHalf(t, fmt.Sprintf("after opening %d", failing), b, true)
	}
}

// tear is a file of which a commit has written some pages, but neither header.
func tear(before, after []byte, random *rand.Rand) []byte {
	page := os.Getpagesize()
	torn := append(bytes.Clone(before), make([]byte, max(0, len(after)-len(before)))...)
	for at := 2 * page; at < len(after); at += page {
		if random.IntN(2) == 0 {
			copy(torn[at:at+page], after[at:])
		}
	}
	return torn
}

// checkHalf checks a file whose upgrade was interrupted. Older versions refuse it: it has the present schema
// already.
func checkHalf(t *testing.T, name string, b []byte, begun bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "half.db")
	must(t, os.WriteFile(path, b, 0o600))
	r, err := store.Check(path)
	if err != nil || !r.Sound() || r.Schema != map[bool]int{false: 3, true: store.Schema}[begun] || !r.Older ||
		r.Upgrading != begun {
		t.Errorf("%s: Check = %+v, %v, want a sound store", name, r, err)
	}
}
