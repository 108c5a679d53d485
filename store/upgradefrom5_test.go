package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The files schema5-integer.db.gz and schema5-text.db.gz in testdata were made by the last version that wrote schema 5,
// with 2026-01-01T00:00:00Z and the second after it as its clock: five customers, one of whom was removed, with rights,
// a group, a log-in, a session, revoked families and cut-offs. Beside each, schema5-*.says.gz has what that version
// said of the store. schema5-half.db.gz is schema3-integer-30.db.gz after two commits of that version's upgrade.

// An upgrade from schema 5 changes nothing, and keys can be kept.
func TestUpgradeFrom5(t *testing.T) {
	for kind, name := range kindNames {
		b := unpacked(t, "schema5-"+name+".db.gz")
		path := filepath.Join(t.TempDir(), "store.db")
		must(t, os.WriteFile(path, b, 0o600))
		before, err := store.Check(path)
		if err != nil || !before.Sound() || before.Schema != 5 || !before.Older || before.Upgrading {
			t.Errorf("%s: Check before = %+v, %v", name, before, err)
		}
		db, path, _ := oldStore{kind: kind}.open(t, b)
		if from, to, done := db.Upgraded(); from != 5 || to != store.Schema || !done {
			t.Errorf("%s: upgraded from %d to %d: %v", name, from, to, done)
		}
		differ(t, name, says(t, db, 7), unpacked(t, "schema5-"+name+".says.gz"))
		if list := keysOf(t, db); len(list) != 0 {
			t.Errorf("%s: there are keys: %+v", name, list)
		}
		must(t, update(db, store.KeyUpdate{Put: []store.Key{newKey("a")}, Seal: map[string][]byte{"a": {1}}}))
		must(t, db.Close())
		if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older ||
			r.Customers != before.Customers {
			t.Errorf("%s: Check after = %+v, %v", name, r, err)
		}
	}
}

// An upgrade from schema 3 that the version before began goes on.
func TestUpgradeGoesOnFrom5(t *testing.T) {
	o := oldStore{core.IntegerID, 30, 45}
	db, path, _ := o.open(t, unpacked(t, "schema5-half.db.gz"))
	differ(t, "half", says(t, db, o.highest), o.first(t))
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older {
		t.Errorf("Check at the end = %+v, %v", r, err)
	}
}
