package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// secret is in each password hash of the stores that are checked here, and must be in no report.
const secret = "SECRETSECRETSECRET"

// fullStore is the path of a store with records of all kinds that nobody has open. Its first customers have the ids 1
// to 5.
func fullStore(t testing.TB, kind core.IDKind, customers int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path, IDs: kind, Now: newClock().now})
	must(t, err)
	id := func(i int) core.CustomerID {
		if kind == core.TextID {
			return core.Text(fmt.Sprint(i))
		}
		return core.Integer(int64(i))
	}
	list := make([]store.NewCustomer, customers)
	for i := range list {
		list[i] = store.NewCustomer{ID: id(i + 1), Email: fmt.Sprintf("customer-%d@example.com", i+1), IsActive: true,
			PasswordHash: fmt.Sprintf("pbkdf2_sha256$1$%s$%d", secret, i), Attributes: []byte(`{"plan":"gold"}`)}
	}
	list[1].Email = "Customer-2@Example.com"
	list[1].Attributes = []byte(`{"a":"` + strings.Repeat("x", 18_000) + `"}`) // more than a page
	_, err = db.AddAll(bg, list)
	must(t, err)
	s := state(t, db, id(1), core.Family{})
	e := login(s, start)
	e.List = append(e.List, core.Effect{Kind: core.RecordLogin, Customer: id(1), At: start * 1000})
	for i := range customers {
		e.List = append(e.List, core.Effect{Kind: core.RevokeFamily,
			Family: core.FamilyKey{Customer: id(1), Bits: uint64(i)}, Until: start/1000 + int64(i)})
	}
	e.List = append(e.List, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Issuer: "other", Bits: 9},
		Until: start / 1000})
	must(t, db.Settle(bg, e))
	must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
		Family: core.FamilyKey{Customer: id(1), Bits: 0}, Until: start/1000 + 99}}}))
	must(t, db.Revoke(bg, id(2)))
	for i := range customers / 4 {
		must(t, db.Remove(bg, id(customers-i), time.Duration(i)*time.Hour))
	}
	must(t, db.RaiseLifetimes(bg, core.Lifetimes{Access: 3600, Refresh: 3600}))
	must(t, db.PutGroup(bg, "editors", []string{"customers.change_customer", "customers.view_customer"}))
	must(t, db.ChangeRights(bg, id(2), store.RightsChange{Grant: []string{"customers.add_customer"},
		Join: []string{"editors"}}))
	second, err := db.Get(bg, id(2))
	must(t, err)
	for i := range 2 {
		must(t, db.StartSession(bg, store.NewSession{ID: store.SessionID{1, byte(i)}, Customer: second,
			Expires: time.UnixMilli(start + 3_600_000), Listed: i == 1, Client: curl}))
	}
	listLogin(t, db, id(3), 5, start, curl)
	must(t, db.Close())
	return path
}

// shown is what a report shows to a reader.
func shown(r store.Report) (lines []string) {
	for _, p := range r.Problems {
		lines = append(lines, p.String())
	}
	return lines
}

func TestCheckSound(t *testing.T) {
	for _, kind := range []core.IDKind{core.IntegerID, core.TextID} {
		for _, customers := range []int{4, 400} {
			path := fullStore(t, kind, customers)
			must(t, os.Chmod(path, 0o400))
			before, err := os.ReadFile(path)
			must(t, err)
			r, err := store.Check(path)
			if err != nil || !r.Sound() {
				t.Errorf("Check of %d customers with %v = %v, %v, want nothing to be wrong", customers, kind, shown(r),
					err)
			}
			want := store.Report{ID: r.ID, IDs: kind, Schema: store.Schema, Groups: 1, Sessions: 2, Logins: 1,
				Bytes: int64(len(before)), Customers: customers * 3 / 4, Families: customers + 1,
				Revoked: customers + 1, Tombstones: customers / 4,
				LastCommit: time.UnixMilli(start).UTC()}
			if !reflect.DeepEqual(r, want) || len(r.ID) != 32 {
				t.Errorf("Check = %+v, want %+v", r, want)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("Check changed the file: %v", err)
			}
		}
	}
	// A store as it is made, and one that had much and was purged.
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check of a new store = %v, %v, want nothing to be wrong", shown(r), err)
	}
	path = fullStore(t, core.IntegerID, 100)
	clock := newClock()
	db, err = store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	for c, err := range db.Each(bg) {
		must(t, err)
		if c.ID.Int > 5 {
			must(t, db.Remove(bg, c.ID, 0))
		}
	}
	clock.ms.Add(100 * 3_600_000)
	must(t, db.RevokeAll(bg))
	for more := true; more; {
		done, err := db.Purge(bg, clock.now(), 0)
		must(t, err)
		more = done.More
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Customers != 5 || r.Families != 0 ||
		r.Tombstones != 0 {
		t.Errorf("Check of a store that was purged = %+v, %v, want 5 customers and nothing to be wrong", r, err)
	}
}

// A file that a node has open cannot be checked; a copy of it can.
func TestCheckBesideANode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, store.Config{Path: path})
	add(t, db, core.CustomerID{}, "ada")
	_, err := store.Check(path)
	wantErr(t, "Check of an open store", err, store.ErrLocked)
	if want := "check store " + path +
		": it is in use by another process: stop the node that runs on it, or check a backup"; err != nil &&
		err.Error() != want {
		t.Errorf("Check of an open store = %v, want %s", err, want)
	}
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".copy", b, 0o600))
	if r, err := store.Check(path + ".copy"); err != nil || !r.Sound() || r.Customers != 1 || r.ID != db.ID() {
		t.Errorf("Check of a copy = %+v, %v, want 1 customer and nothing to be wrong", r, err)
	}
	// The lock of the original is still the node's, and it writes on.
	add(t, db, core.CustomerID{}, "bea")
	_, err = store.Check(path)
	wantErr(t, "Check of an open store, again", err, store.ErrLocked)
}

func TestCheckRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	foreign := filepath.Join(dir, "foreign")
	otherBolt(t, foreign, bbolt.Options{}, func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("raft"))
		return err
	})
	newer := closedStore(t)
	otherBolt(t, newer, bbolt.Options{}, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("\x01\x0b\x00\x00\x00\x00\x00\x00\x00"))
	})
	short := closedStore(t)
	must(t, os.Truncate(short, 12288))
	for _, c := range []struct {
		name, path string
		err        error
		want       string // PATH stands for the path
	}{
		{"no file", filepath.Join(dir, "none"), store.ErrPlace,
			"check store PATH: cannot be opened: there is no such file"},
		{"a directory", dir, store.ErrPlace, "check store PATH: cannot be opened: it is no regular file"},
		{"an empty file", write("empty", ""), store.ErrForeign,
			"check store PATH: not a store of edgetoken: it is empty"},
		{"another kind of file", write("text", strings.Repeat("text", 4096)), store.ErrForeign,
			"check store PATH: not a store of edgetoken: it is another kind of file; name the right path"},
		{"a bbolt file of another program", foreign, store.ErrForeign,
			"check store PATH: not a store of edgetoken: another program wrote this bbolt file; name the right path"},
		{"a newer schema", newer, store.ErrNewerSchema,
			"check store PATH: written by a newer version: it has schema 11, this version knows 10; run the newer " +
				"version, or restore a backup from before it"},
		{"cut short", short, store.ErrCorrupt, ""},
	} {
		r, err := store.Check(c.path)
		wantErr(t, c.name+": Check", err, c.err)
		if err != nil && c.want != "" && strings.ReplaceAll(err.Error(), c.path, "PATH") != c.want {
			t.Errorf("%s: Check = %v, want %s", c.name, err, c.want)
		}
		if !reflect.DeepEqual(r, store.Report{}) {
			t.Errorf("%s: Check = %+v, want no report", c.name, r)
		}
	}
}
