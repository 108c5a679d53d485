package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The files schema4-integer.db.gz and schema4-text.db.gz in testdata were made by the last version that wrote schema 4,
// with 2026-01-01T00:00:00Z and the seconds after it as its clock: three customers, a log-in that reserved starts for a
// minute, and the families of oldFamilies. schema4-half.db.gz is schema3-integer-30.db.gz after two commits of that
// version's upgrade.
func schema4(t testing.TB, name string) []byte {
	t.Helper()
	return unpacked(t, "schema4-"+name+".db.gz")
}

// oldFamilies are the families of those files by their bits, as a token of customer 1 finds them. Each began as many
// milliseconds after the start of the clock.
var oldFamilies = []struct {
	name       string
	dead       bool
	generation uint32
	foreign    bool // a foreign token finds it too
}{
	0: {name: "unknown"},
	1: {name: "revoked", dead: true},
	2: {name: "advanced twice", generation: 2},
	3: {name: "advanced and revoked", dead: true, generation: 1},
	4: {name: "revoked by its name alone", dead: true, foreign: true},
	5: {name: "foreign, revoked", dead: true, foreign: true},
	6: {name: "foreign, spent; what came from it is advanced", generation: 2, foreign: true},
	7: {name: "foreign, spent; what came from it is revoked", dead: true, generation: 1, foreign: true},
}

// An upgrade brings no revoked family back, and none is advanced twice: records of before are about every start.
func TestUpgradeFrom4(t *testing.T) {
	for kind, name := range kindNames {
		path := filepath.Join(t.TempDir(), "store.db")
		must(t, os.WriteFile(path, schema4(t, name), 0o600))
		before, err := store.Check(path)
		if err != nil || !before.Sound() || before.Schema != 4 || !before.Older || before.Upgrading {
			t.Errorf("%s: Check before = %+v, %v", name, before, err)
		}
		clock := newClock()
		clock.ms.Add(60_000)
		config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
		for range 2 {
			db, err := store.Open(config)
			must(t, err)
			checkOldFamilies(t, db, numbered(kind, 1))
			node, err := db.Node(bg)
			if err != nil || node.Homes != start+60_000 {
				t.Errorf("%s: Node = %+v, %v, want the high-water mark %d for homes", name, node, err, start+60_000)
			}
			must(t, db.Close())
		}
		after, err := store.Check(path)
		if err != nil || !after.Sound() || after.Schema != store.Schema || after.Older ||
			after.Families != before.Families {
			t.Errorf("%s: Check after = %+v, %v", name, after, err)
		}
		db := open(t, config)
		ada := numbered(kind, 1)
		f := core.Family{Listed: true, Ours: true, Bits: 2, Start: start + 2}
		blacklist(t, db, f, ada, 0)
		if s, err := db.Stats(bg); !state(t, db, ada, f).Family.Dead || err != nil || s.Families != after.Families {
			t.Errorf("%s: revoking an old family does not change its record: %+v, %v", name, s, err)
		}
		clock.ms.Add(40 * day)
		purge(t, db, clock)
		if s, err := db.Stats(bg); err != nil || s.Families != 0 {
			t.Errorf("%s: %d families are left after they ended, %v", name, s.Families, err)
		}
	}
}

func checkOldFamilies(t *testing.T, db *store.DB, customer core.CustomerID) {
	t.Helper()
	for bits, want := range oldFamilies {
		f := core.Family{Listed: true, Bits: uint64(bits), Start: start + int64(bits)}
		if want.foreign {
			if s := state(t, db, customer, f).Family; s.Dead != want.dead || s.Generation != want.generation {
				t.Errorf("by a foreign token, the family %q is %+v", want.name, s)
			}
		}
		for _, later := range []int64{0, 1, 1e9} {
			f.Ours, f.Start = true, start+int64(bits)+later
			s := state(t, db, customer, f).Family
			if s.Dead != want.dead || s.Generation != want.generation || s.AnyStart != (bits > 0) {
				t.Errorf("by a token that began %d ms after it, the family %q is %+v", later, want.name, s)
			}
		}
	}
	s, _, err := db.Load(bg, store.Query{Family: core.Family{Listed: true, Bits: 8}, HasFamily: true,
		Issuer: "https://other.example.com"})
	if err != nil || !s.Family.Dead {
		t.Errorf("the revoked family of another issuer is %+v, %v", s.Family, err)
	}
}

// Families revoked since the upgrade fold into a cut-off. The records from before stay: they are about every start.
func TestOldFamiliesDoNotFold(t *testing.T) {
	db, path, _ := oldStore{}.open(t, schema4(t, "integer"))
	ada := core.Integer(1)
	before := stats(t, &member{DB: db}).Families
	var recent []core.Family
	for i := range int64(3) {
		recent = append(recent, core.Family{Listed: true, Ours: true, Bits: 9, Start: start + 100 + i})
		blacklist(t, db, recent[i], ada, 0)
	}
	must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.FoldFamilies, Customer: ada, At: 1}}}))
	s, cutOff := stats(t, &member{DB: db}), state(t, db, ada, core.Family{}).CutOff
	if cutOff != recent[1].Start || s.Families != before+1 {
		t.Errorf("the cut-off is %d, with %d records, want %d and %d", cutOff, s.Families, recent[1].Start, before+1)
	}
	for _, f := range recent {
		if s := state(t, db, ada, f); !s.Family.Dead && f.Start > s.CutOff {
			t.Errorf("a family that was revoked after the upgrade is alive: %+v", s)
		}
	}
	for bits, old := range oldFamilies {
		f := core.Family{Listed: true, Ours: true, Bits: uint64(bits), Start: start + 1e9}
		if s := state(t, db, ada, f); s.Family.Dead != old.dead {
			t.Errorf("by a token that began later, the family %q is %+v", old.name, s.Family)
		}
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// An upgrade from schema 3 that the version before began goes on.
func TestUpgradeGoesOnFrom4(t *testing.T) {
	o := oldStores[2]
	b := schema4(t, "half")
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, b, 0o600))
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != 4 || !r.Older || !r.Upgrading {
		t.Errorf("Check before = %+v, %v", r, err)
	}
	db, path, _ := o.open(t, b)
	differ(t, "half", says(t, db, o.highest), o.first(t))
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older {
		t.Errorf("Check at the end = %+v, %v", r, err)
	}
}
