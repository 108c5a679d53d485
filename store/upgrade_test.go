package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The files schema1-*.db in testdata were made by the first version of this package, with 2026-01-01T00:00:00Z and
// the seconds after it as its clock: six customers, one of whom was removed; a family of our own and one of another
// issuer's that were revoked; a password change, a customer who was disabled, and a cut-off of the node four seconds
// later; and the longest life of a token.
func schema1(t testing.TB, kind core.IDKind) (path string, id func(int) core.CustomerID) {
	t.Helper()
	name, id := "schema1-integer.db", func(i int) core.CustomerID { return core.Integer(int64(i)) }
	if kind == core.TextID {
		name, id = "schema1-text.db", func(i int) core.CustomerID { return core.Text(fmt.Sprintf("customer-%d", i)) }
	}
	b, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	path = filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, b, 0o600))
	return path, id
}

// Opening a store of schema 1 upgrades it and keeps all that is in it.
func TestUpgradeLosesNothing(t *testing.T) {
	for _, kind := range []core.IDKind{core.IntegerID, core.TextID} {
		path, id := schema1(t, kind)
		r, err := store.Check(path)
		if err != nil || !r.Sound() || r.Schema != 1 || !r.Older || r.Customers != 5 || r.Families != 2 ||
			r.Tombstones != 1 {
			t.Errorf("Check before = %+v, %v, want schema 1 with 5 customers, 2 families, 1 tombstone and nothing "+
				"wrong", r, err)
		}
		clock := newClock()
		clock.ms.Add(10_000)
		for _, opening := range []string{"first", "second"} {
			db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
			must(t, err)
			if db.ID() != r.ID || db.IDs() != kind {
				t.Errorf("%s opening: store %s with ids %v, want %s with %v", opening, db.ID(), db.IDs(), r.ID, kind)
			}
			checkUpgraded(t, db, id)
			must(t, db.Close())
			after, err := store.Check(path)
			if err != nil || !after.Sound() || after.Schema != store.Schema || after.Older || after.Customers != 5 ||
				after.Families != 2 || after.Tombstones != 1 || !after.LastCommit.Equal(r.LastCommit) {
				t.Errorf("Check after the %s opening = %+v, %v, want the present schema with the same", opening, after,
					err)
			}
		}
	}
}

func checkUpgraded(t *testing.T, db *store.DB, id func(int) core.CustomerID) {
	t.Helper()
	at := func(s int64) time.Time { return time.Unix(start/1000+s, 0).UTC() }
	want := []store.Customer{
		{ID: id(1), Email: "ana@example.com", FirstName: "Ana", LastName: "Ruiz", IsActive: true, LastLogin: at(0),
			DateJoined: at(-86400),
			Attributes: []byte(`{"plan":"gold"}`), PasswordHash: "hash of ana"},
		{ID: id(2), Email: "Mixed.Case@Example.com", IsActive: true, IsStaff: true, DateJoined: at(0),
			PasswordHash: "new hash of mixed"},
		{ID: id(3), Email: "ünï@example.com", IsActive: true, IsSuperuser: true, DateJoined: at(0), PasswordHash: "!"},
		{ID: id(4), Email: "inactive@example.com", DateJoined: at(0), PasswordHash: "hash of inactive"},
		{ID: id(6), Email: "ÜNÏ@example.com", IsActive: true, DateJoined: at(0), PasswordHash: "hash of another"},
	}
	var got []store.Customer
	for c, err := range db.Each(bg) {
		must(t, err)
		if c.Version == 0 || len(c.RevokeClaim) != 32 {
			t.Errorf("customer %v has version %d and revoke claim %q", c.ID, c.Version, c.RevokeClaim)
		}
		c.Version, c.RevokeClaim = 0, ""
		got = append(got, c)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("customers are\n%+v\nwant\n%+v", got, want)
	}
	const node = start + 4000 // its cut-off
	for i, cutOff := range map[int]int64{1: node, 2: node, 3: node, 4: node, 5: node, 6: node} {
		if s := state(t, db, id(i), core.Family{}); s.CutOff != cutOff || s.Longest.Access != 7200 ||
			s.HighWater != start+60_000 {
			t.Errorf("state of customer %d = %+v, want cut-off %d, longest 7200, high-water mark %d", i, s, cutOff,
				start+60_000)
		}
	}
	for bits, dead := range map[uint64]bool{5: true, 6: false} {
		f := core.Family{Listed: true, Ours: true, Bits: bits}
		if s := state(t, db, id(1), f); s.Family.Dead != dead || (s.Family.Version != 0) != dead {
			t.Errorf("family %d = %+v, want dead: %v", bits, s.Family, dead)
		}
	}
	foreign, _, err := db.Load(bg, store.Query{Family: core.Family{Listed: true, Bits: 6},
		Issuer: "https://other.example.com", HasFamily: true})
	if err != nil || !foreign.Family.Dead {
		t.Errorf("family of another issuer = %+v, %v, want dead", foreign.Family, err)
	}
	if s, err := db.Stats(bg); err != nil || s.CutOff != node || s.Customers != 5 || s.Families != 2 ||
		s.Tombstones != 1 || s.Sessions != 0 {
		t.Errorf("Stats = %+v, %v", s, err)
	}
	// What is new works on what is old.
	if _, c, err := db.Load(bg, store.Query{Login: "mixed.case@EXAMPLE.com", HasLogin: true, Fold: true}); err != nil ||
		c.ID != id(2) {
		t.Errorf("Load without regard to case = %v, %v, want customer 2", c.ID, err)
	}
	if pairs, err := db.Collisions(bg, 9); err != nil || !reflect.DeepEqual(pairs,
		[]store.Collision{{"ünï@example.com", "ÜNÏ@example.com"}}) {
		t.Errorf("Collisions = %v, %v, want one pair", pairs, err)
	}
}

// The files schema2-*.db in testdata were made by the last version that wrote schema 2, with 2026-01-01T00:00:00Z and
// the seconds after it as its clock: four customers, one of whom was removed, with rights, a session, a family of a
// customer and a foreign one that were revoked, a high-water mark, and the longest lives of tokens.
func schema2(t testing.TB, kind core.IDKind) (path string, id func(int) core.CustomerID) {
	t.Helper()
	name, id := "schema2-integer.db", func(i int) core.CustomerID { return core.Integer(int64(i)) }
	if kind == core.TextID {
		name, id = "schema2-text.db", func(i int) core.CustomerID { return core.Text(fmt.Sprintf("customer-%d", i)) }
	}
	b, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	path = filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, b, 0o600))
	return path, id
}

// unchanged are the buckets whose records schemas 1 to 4 have in the same form.
var unchanged = []string{"emails", "last_login", "families", "folded", "sessions", "customer_sessions",
	"session_expiry"}

// A store of schema 2 gets a purge clock, which stands where the last commit left the clock.
func TestUpgradeFrom2(t *testing.T) {
	for _, kind := range []core.IDKind{core.IntegerID, core.TextID} {
		path, id := schema2(t, kind)
		before := all(t, path)
		r, err := store.Check(path)
		if err != nil || !r.Sound() || r.Schema != 2 || !r.Older || r.Customers != 3 || r.Families != 2 ||
			r.Tombstones != 1 || r.Sessions != 1 {
			t.Errorf("Check before = %+v, %v", r, err)
		}
		clock := newClock()
		clock.ms.Add(6000)
		config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
		for range 2 {
			db, err := store.Open(config)
			must(t, err)
			must(t, db.Close())
		}
		after := all(t, path)
		for _, bucket := range unchanged {
			if !reflect.DeepEqual(after[bucket], before[bucket]) {
				t.Errorf("bucket %s has\n%q\nafter the upgrade, want\n%q", bucket, after[bucket], before[bucket])
			}
		}
		want := before["meta"]
		want["schema"] = "\x01\x0a\x00\x00\x00\x00\x00\x00\x00"
		want["logins"] = "\x01" + strings.Repeat("\x00", 8)
		want["purge_clock"] = "\x01" + want["tally"][1:9] // the last commit
		// It was not open yet, as far as anybody knows.
		want["tally"] = "\x02" + want["tally"][1:] + strings.Repeat("\x00", 8)
		want["issued"] = "\x01" // the high-water mark says so
		want["node"] = after["meta"]["node"]
		if !reflect.DeepEqual(after["meta"], want) {
			t.Errorf("bucket meta has\n%q\nafter the upgrade, want\n%q", after["meta"], want)
		}
		db := open(t, config)
		ana := id(1)
		f := core.Family{Listed: true, Ours: true, Bits: 5}
		if !state(t, db, ana, f).Family.Dead {
			t.Error("the revoked family is alive")
		}
		if c, err := db.Get(bg, ana); err != nil || !alive(t, db, sid(1), c) {
			t.Errorf("the session of customer %v is gone, %v", c.ID, err)
		}
		// A family whose start is not known folds into nothing, not even once a family of its name is revoked whose
		// start is known: another one may have begun later.
		blacklist(t, db, core.Family{Listed: true, Ours: true, Bits: 8, Start: start}, ana, 1)
		if s := state(t, db, ana, f); !s.Family.Dead || s.CutOff != 0 {
			t.Errorf("state = %+v, want the family dead and no cut-off", s)
		}
		f.Start = start - 1
		blacklist(t, db, f, ana, 1)
		if s := state(t, db, ana, f); !s.Family.Dead || s.CutOff != 0 {
			t.Errorf("state = %+v, want the family dead and no cut-off", s)
		}
		// The records of before go as those of today do.
		clock.ms.Add(5 * day)
		purge(t, db, clock)
		if s, err := db.Stats(bg); err != nil || s.Families != 0 || s.Tombstones != 0 || s.Sessions != 0 {
			t.Errorf("Stats after a purge = %+v, %v", s, err)
		}
	}
}

// A clock that was never set, or was not plausible, left its times in a store of schema 2. They do no harm.
func TestUpgradeFrom2AfterAWrongClock(t *testing.T) {
	for name, committed := range map[string]int64{"1970": 5, "2094": (core.LastStart + 10*day) * 1000} {
		path, id := schema2(t, core.IntegerID)
		number := func(at int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(at)) }
		otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("meta"))
			tally := bytes.Clone(b.Get([]byte("tally")))
			copy(tally[1:], number(committed))
			copy(tally[17:], number(core.LastStart+9*day)) // the high-water mark
			return errors.Join(b.Put([]byte("tally"), tally),
				tx.Bucket([]byte("cutoffs")).Put(binary.BigEndian.AppendUint64(nil, 1^1<<63),
					append([]byte{1}, number(core.LastStart+8*day)...)))
		})
		clock := newClock()
		clock.ms.Add(minute)
		db := open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
		wantErr(t, name+": CheckClock", db.CheckClock(), nil)
		for range 3 {
			s := state(t, db, id(1), core.Family{})
			if s.CutOff >= core.LastStart {
				t.Fatalf("%s: cut-off %d, beyond which no start lies", name, s.CutOff)
			}
			must(t, db.Settle(bg, core.Effects{Reads: core.Reads{Customer: id(1), CustomerVersion: s.Customer.Version,
				CutOff: s.CutOff, Start: s.CutOff + 1}}))
			must(t, db.Revoke(bg, id(1)))
			if now := state(t, db, id(1), core.Family{}).CutOff; now <= s.CutOff {
				t.Errorf("%s: cut-off %d is not after the log-in at %d", name, now, s.CutOff+1)
			}
		}
	}
}

// The cut-offs of customers and of the removed one are there beside the node's, which hides them above.
func TestUpgradeKeepsCutOffs(t *testing.T) {
	path, _ := schema1(t, core.IntegerID)
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	must(t, db.Close())
	before, _ := schema1(t, core.IntegerID)
	old, got := all(t, before), all(t, path)
	want := maps.Clone(old["cutoffs"])
	for key, tombstone := range old["tombstones"] {
		want[key] = "\x02" + tombstone[1:] // both are a cut-off and an end
	}
	if len(want) != 4 || !reflect.DeepEqual(got["cutoffs"], want) {
		t.Errorf("the cut-offs are\n%q\nafter the upgrade, want\n%q", got["cutoffs"], want)
	}
	if len(got["tombstones"]) != 1 || len(got["expiry"]) != len(old["expiry"])+1 {
		t.Errorf("%d removals and %d ends were upgraded, want that of the id, and one end more", len(got["tombstones"]),
			len(got["expiry"]))
	}
}

// backTo makes a store one of a schema from 6 to 9, which has not the named buckets either.
func backTo(tx *bbolt.Tx, version byte, buckets ...string) error {
	for _, name := range append(buckets, "logins", "login_expiry") {
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
	}
	meta := tx.Bucket([]byte("meta"))
	return errors.Join(meta.Delete([]byte("logins")),
		meta.Put([]byte("schema"), []byte{1, version, 0, 0, 0, 0, 0, 0, 0}))
}

// all are the records of a file by bucket and key.
func all(t testing.TB, path string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer b.Close()
	must(t, b.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			records := map[string]string{}
			found[string(name)] = records
			return b.ForEach(func(k, v []byte) error {
				records[string(k)] = string(v)
				return nil
			})
		})
	}))
	return found
}

// upgradeWithoutRoom opens a store while no file may grow, and says what comes of it.
func upgradeWithoutRoom(path string) {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)
	if err == nil {
		limit.Cur = 8 << 10 // the headers
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	}
	if err == nil {
		_, err = store.Open(store.Config{Path: path})
	}
	fmt.Println(err)
	os.Exit(0)
}

// A store with no room for the upgrade stays as it was, and the error says what to do.
func TestUpgradeWithoutRoom(t *testing.T) {
	path, id := schema1(t, core.IntegerID)
	before := all(t, path)
	out, err := child(t, "upgradeful", path).Output()
	want := "open store PATH: no room for the file: free some, or raise the quota or the limit of file sizes " +
		"(write PATH: file too large)"
	if got := strings.ReplaceAll(strings.TrimSpace(string(out)), path, "PATH"); err != nil || got != want {
		t.Errorf("child says %q, %v, want %q", got, err, want)
	}
	if after := all(t, path); !reflect.DeepEqual(after, before) {
		t.Errorf("the failed upgrade left\n%q\nwant\n%q", after, before)
	}
	checkUpgraded(t, open(t, store.Config{Path: path, Now: newClock().now}), id)
}

// Check says of what schema a file is and leaves it alone.
func TestCheckDoesNotUpgrade(t *testing.T) {
	path, _ := schema1(t, core.IntegerID)
	before, err := os.ReadFile(path)
	must(t, err)
	if r, err := store.Check(path); err != nil || !r.Sound() || !r.Older {
		t.Errorf("Check = %+v, %v, want a sound store of an older schema", r, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("Check changed the file: %v", err)
	}
	// Check reports a record that the older schema does not know, and a bucket that it must have and that is missing.
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket([]byte("cutoffs")); err != nil {
			return err
		}
		return tx.Bucket([]byte("meta")).Put([]byte("sessions"), []byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00"))
	})
	want := []string{"bucket cutoffs: it is missing", `bucket meta, key "entry 4": no such record is known`}
	if r, err := store.Check(path); err != nil || !reflect.DeepEqual(shown(r), want) {
		t.Errorf("Check = %q, %v, want %q", shown(r), err, want)
	}
}

// An index that was made by the case folding of another Unicode is made anew.
func TestOpenFoldsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	ada := add(t, db, core.CustomerID{}, "Ada")
	must(t, db.Close())
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte("folded")).Delete([]byte("ada\x00Ada")); err != nil {
			return err
		}
		if err := tx.Bucket([]byte("folded")).Put([]byte("\u0130\x00Ada"), []byte{1}); err != nil {
			return err
		}
		return tx.Bucket([]byte("meta")).Put([]byte("folds"), []byte("\x01\x05\x009.0.0"))
	})
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check of an index of another Unicode = %v, %v, want nothing to be wrong", shown(r), err)
	}
	db = open(t, store.Config{Path: path})
	if _, c, err := db.Load(bg, store.Query{Login: "ADA", HasLogin: true, Fold: true}); err != nil || c.ID != ada.ID {
		t.Errorf("Load without regard to case = %v, %v, want customer %v", c.ID, err, ada.ID)
	}
}
