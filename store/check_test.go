package store_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
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

// fullStore is the path of a store with records of all kinds that nobody has open. Its first customers have the ids 1 to 5.
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
	list[1].Attributes = []byte(`{"a":"` + strings.Repeat("x", 20_000) + `"}`) // more than a page
	_, err = db.AddAll(bg, list)
	must(t, err)
	s := state(t, db, id(1), core.Family{})
	e := login(s, start)
	e.List = append(e.List, core.Effect{Kind: core.RecordLogin, Customer: id(1), At: start * 1000})
	for i := range customers {
		e.List = append(e.List, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: id(1), Bits: uint64(i)}, Until: start/1000 + int64(i)})
	}
	e.List = append(e.List, core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Issuer: "other", Bits: 9}, Until: start / 1000})
	must(t, db.Settle(bg, e))
	must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: id(1), Bits: 0}, Until: start/1000 + 99}}}))
	must(t, db.Revoke(bg, id(2)))
	must(t, db.Remember(bg, 3600))
	for i := range customers / 4 {
		must(t, db.Remove(bg, id(customers-i), time.Duration(i)*time.Hour))
	}
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
				t.Errorf("Check of %d customers with %v = %v, %v, want nothing to be wrong", customers, kind, shown(r), err)
			}
			want := store.Report{ID: r.ID, IDs: kind, Bytes: int64(len(before)), Customers: customers * 3 / 4, Families: customers + 1, Tombstones: customers / 4,
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
	db, err = store.Open(store.Config{Path: path, Now: clock.now})
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
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Customers != 5 || r.Families != 0 || r.Tombstones != 0 {
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
	if want := "check store " + path + ": it is in use by another process: check a copy of it, or stop the node that runs on it"; err != nil && err.Error() != want {
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
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("\x01\x02\x00\x00\x00\x00\x00\x00\x00"))
	})
	short := closedStore(t)
	must(t, os.Truncate(short, 12288))
	for _, c := range []struct {
		name, path string
		err        error
		want       string // PATH stands for the path
	}{
		{"no file", filepath.Join(dir, "none"), store.ErrPlace, "check store PATH: cannot be opened: there is no such file"},
		{"a directory", dir, store.ErrPlace, "check store PATH: cannot be opened: it is no regular file"},
		{"an empty file", write("empty", ""), store.ErrForeign, "check store PATH: not a store of edgetoken: it is empty"},
		{"another kind of file", write("text", strings.Repeat("text", 4096)), store.ErrForeign,
			"check store PATH: not a store of edgetoken: it is another kind of file; name the right path"},
		{"a bbolt file of another program", foreign, store.ErrForeign,
			"check store PATH: not a store of edgetoken: another program wrote this bbolt file; name the right path"},
		{"a newer schema", newer, store.ErrNewerSchema,
			"check store PATH: written by a newer version: it has schema 2, this version knows 1; run the newer version, or restore a backup from before it"},
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

// What contradicts itself is named, each with its bucket and key.
func TestCheckNamesWhatIsWrong(t *testing.T) {
	integer := func(i int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)^1<<63) }
	family, _ := store.FamilyKey(core.FamilyKey{Customer: core.Integer(1), Bits: 3})
	foreign, _ := store.FamilyKey(core.FamilyKey{Customer: core.Text("ada"), Bits: 3})
	expiry := func(until int64, what string, key []byte) []byte {
		return append(append(integer(until), what...), key...)
	}
	number := func(v int64) []byte { return binary.LittleEndian.AppendUint64([]byte{1}, uint64(v)) }
	const unreadable = "the record is damaged or of a newer version"
	tomb, address := integer(20), store.EmailTombstoneKey("customer-20@example.com")
	edited := func(v []byte, at int, b byte) []byte {
		v = bytes.Clone(v)
		v[at] = b
		return v
	}
	for _, c := range []struct {
		name string
		do   func(tx *bbolt.Tx, in func(bucket string) *bbolt.Bucket) error
		want []string
	}{
		{"e-mail address not in the index", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("emails").Delete([]byte("customer-3@example.com"))
		}, []string{`bucket customers, key "3": the index of e-mail addresses does not have this customer's, so that nobody can log in with it`}},
		{"two e-mail addresses exchanged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("emails").Put([]byte("customer-3@example.com"), append([]byte{1}, integer(4)...)))
			return in("emails").Put([]byte("customer-4@example.com"), append([]byte{1}, integer(3)...))
		}, []string{
			`bucket customers, key "3": the index of e-mail addresses gives this customer's to another customer`,
			`bucket customers, key "4": the index of e-mail addresses gives this customer's to another customer`,
			`bucket emails, key "customer-3@example.com": it belongs to customer "4", who has another address`,
			`bucket emails, key "customer-4@example.com": it belongs to customer "3", who has another address`,
		}},
		{"e-mail address of nobody", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("emails").Put([]byte("\xff"), append([]byte{1}, integer(4)...)))
			must(t, in("emails").Put([]byte("a"), append([]byte{1}, integer(99)...)))
			must(t, in("emails").Put([]byte("b"), []byte("\x01text")))
			return in("emails").Put([]byte("c"), []byte{2})
		}, []string{
			`bucket emails, key "a": it belongs to customer "99", who does not exist`,
			`bucket emails, key "b": it belongs to no id: the store holds integers as ids`,
			`bucket emails, key "c": ` + unreadable,
			`bucket emails, key "entry 19": the key is no e-mail address`,
		}},
		{"customer is gone", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("customers").Delete(integer(1)) }, []string{
			`bucket emails, key "customer-1@example.com": it belongs to customer "1", who does not exist`,
			`bucket last_login, key "1": there is no such customer`,
			`bucket meta, key "tally": it counts 15 customers, but there are 14`,
		}},
		{"customer under another kind of id", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("customers").Put([]byte("ada"), in("customers").Get(integer(1)))
		}, []string{
			`bucket customers, key "entry 1": the key is no id: the store holds integers as ids`,
			`bucket meta, key "tally": it counts 15 customers, but there are 16`,
		}},
		{"customer of a newer version", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("customers").Put(integer(3), edited(in("customers").Get(integer(3)), 0, 2))
		}, []string{`bucket customers, key "3": ` + unreadable}},
		{"customer is cut short", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			v := in("customers").Get(integer(3))
			return in("customers").Put(integer(3), v[:len(v)-1])
		}, []string{`bucket customers, key "3": ` + unreadable}},
		{"customer's attributes", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			v := in("customers").Get(integer(3))
			return in("customers").Put(integer(3), edited(v, bytes.Index(v, []byte(`{"plan`)), '['))
		}, []string{`bucket customers, key "3": the attributes are no JSON object`}},
		{"customer's e-mail address altered", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			v := in("customers").Get(integer(3))
			return in("customers").Put(integer(3), edited(v, bytes.Index(v, []byte("@example")), 'x'))
		}, []string{
			`bucket customers, key "3": the index of e-mail addresses does not have this customer's, so that nobody can log in with it`,
			`bucket emails, key "customer-3@example.com": it belongs to customer "3", who has another address`,
		}},
		{"a version that was never given", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("families").Put(family, edited(in("families").Get(family), 3, 1)))
			return in("customers").Put(integer(3), edited(in("customers").Get(integer(3)), 3, 1))
		}, []string{
			`bucket customers, key "3": the version is 65539, but the last that was given is 42`,
			`bucket families, key "` + hex.EncodeToString(family) + `": the version is 65560, but the last that was given is 42`,
		}},
		{"log-in and cut-off of nobody", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("cutoffs").Put(integer(99), number(1)))
			must(t, in("cutoffs").Put(integer(3), number(1)[:8]))
			must(t, in("last_login").Put(integer(99), number(1)))
			return in("last_login").Put(integer(3), number(1<<62))
		}, []string{
			`bucket last_login, key "3": ` + unreadable,
			`bucket last_login, key "99": there is no such customer`,
			`bucket cutoffs, key "3": ` + unreadable,
			`bucket cutoffs, key "99": there is no such customer`,
		}},
		{"family is gone", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("families").Delete(family) }, []string{
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+3, "f", family)) + `": the bucket families does not have its record`,
			`bucket meta, key "tally": it counts 21 families, but there are 20`,
		}},
		{"family will never be purged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("expiry").Delete(expiry(start/1000+3, "f", family))
		}, []string{`bucket families, key "` + hex.EncodeToString(family) + `": the expiry index does not have it, so that it is never purged`}},
		{"family ends at another time", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("expiry").Put(expiry(start/1000+4, "f", family), []byte{1})
		}, []string{`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+4, "f", family)) + `": its record in the bucket families ends at another time`}},
		{"family of another kind of customer", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("expiry").Put(expiry(start/1000+3, "f", foreign), []byte{1}))
			must(t, in("families").Put(append(bytes.Clone(foreign), 0), in("families").Get(family)))
			return in("families").Put(foreign, in("families").Get(family))
		}, []string{
			`bucket families, key "` + hex.EncodeToString(foreign) + `": it is a family of a customer of another kind: the store holds integers as ids`,
			`bucket families, key "entry 22": the key is no family`,
			`bucket meta, key "tally": it counts 21 families, but there are 23`,
		}},
		{"tombstone is gone", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("tombstones").Delete(tomb) }, []string{
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", tomb)) + `": the bucket tombstones does not have its record`,
			`bucket meta, key "tally": it counts 5 tombstones, but there are 4`,
		}},
		{"tombstone of a customer", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("tombstones").Put(tomb, in("tombstones").Get(tomb)[:3]))
			must(t, in("expiry").Put(expiry(start/1000+1, "t", integer(3)), nil))
			return in("tombstones").Put(integer(3), in("tombstones").Get(integer(19)))
		}, []string{
			`bucket tombstones, key "3": there is a customer with this id, too`,
			`bucket tombstones, key "3": the expiry index does not have it, so that it is never purged`,
			`bucket tombstones, key "20": ` + unreadable,
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", integer(3))) + `": ` + unreadable,
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", integer(3))) + `": its record in the bucket tombstones ends at another time`,
			`bucket meta, key "tally": it counts 5 tombstones, but there are 6`,
		}},
		{"tombstone of an address is gone", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("tombstones").Delete(address) }, []string{
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", address)) + `": the bucket tombstones does not have its record`,
		}},
		{"tombstone of an address is damaged, and no such key", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("tombstones").Put(address[:33], in("tombstones").Get(address)))
			return in("tombstones").Put(address, in("tombstones").Get(address)[:3])
		}, []string{
			`bucket tombstones, key "entry 3": the key is no id: the store holds integers as ids`,
			`bucket tombstones, key "` + hex.EncodeToString(address) + `": ` + unreadable,
			`bucket meta, key "tally": it counts 5 tombstones, but there are 6`,
		}},
		{"tombstone of an address will never be purged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("expiry").Delete(expiry(start/1000+1, "t", address))
		}, []string{`bucket tombstones, key "` + hex.EncodeToString(address) + `": the expiry index does not have it, so that it is never purged`}},
		{"tombstone of a customer's address", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			key := store.EmailTombstoneKey("customer-3@example.com")
			must(t, in("expiry").Put(expiry(start/1000+1, "t", key), []byte{1}))
			return in("tombstones").Put(key, in("tombstones").Get(address))
		}, []string{`bucket customers, key "3": there is a tombstone of the e-mail address, too`}},
		{"longest life of a token", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("meta").Put([]byte("longest"), []byte{2})
		}, []string{`bucket meta, key "longest": ` + unreadable}},
		{"no key of the expiry index", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("expiry").Put(expiry(1, "f", tomb), []byte{1}))
			must(t, in("expiry").Put(expiry(1, "t", []byte("ada")), []byte{1}))
			return in("expiry").Put(expiry(1, "x", tomb), []byte{1})
		}, []string{
			`bucket expiry, key "entry 1": the key is none of the expiry index`,
			`bucket expiry, key "entry 2": the key is none of the expiry index`,
			`bucket expiry, key "entry 3": the key is none of the expiry index`,
		}},
		{"id above the highest", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			// After the version and three figures of 8 bytes, and the cut-off of the node.
			return in("meta").Put([]byte("tally"), edited(in("meta").Get([]byte("tally")), 33, 14))
		}, []string{`bucket customers, key "15": the id is above the highest that was ever given, 14`}},
		{"unknown record of the store itself", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("meta").Put([]byte("x"), []byte("y"))
		}, []string{`bucket meta, key "entry 5": no such record is known`}},
		{"no identity, and no tally", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("meta").Delete([]byte("identity")))
			return in("meta").Put([]byte("tally"), []byte{2})
		}, []string{`bucket meta, key "tally": ` + unreadable, `bucket meta, key "identity": it is missing`}},
		{"bucket is missing", func(tx *bbolt.Tx, _ func(string) *bbolt.Bucket) error { return tx.DeleteBucket([]byte("emails")) },
			[]string{"bucket emails: it is missing"}},
		{"bucket of another program", func(tx *bbolt.Tx, _ func(string) *bbolt.Bucket) error {
			_, err := tx.CreateBucket([]byte("raft"))
			return err
		}, []string{"1 buckets are none of this version's"}},
		{"bucket within a bucket", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			_, err := in("cutoffs").CreateBucket(integer(3))
			return err
		}, []string{"bucket cutoffs: it holds a bucket where a record should be"}},
	} {
		path := fullStore(t, core.IntegerID, 20)
		otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
			return c.do(tx, func(bucket string) *bbolt.Bucket { return tx.Bucket([]byte(bucket)) })
		})
		r, err := store.Check(path)
		if got := shown(r); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Check = %v,\n%s\nwant\n%s", c.name, err, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// TestCheckCountsWhatItDoesNotList says how many problems there are beyond those that are listed.
func TestCheckCountsWhatItDoesNotList(t *testing.T) {
	path := fullStore(t, core.IntegerID, 20)
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
		for i := range 1234 {
			if err := tx.Bucket([]byte("emails")).Put([]byte(fmt.Sprintf("nobody-%d", i)), []byte{2}); err != nil {
				return err
			}
		}
		return nil
	})
	if r, err := store.Check(path); err != nil || len(r.Problems) != 1000 || r.More != 234 {
		t.Errorf("Check lists %d problems and %d more, %v, want 1000 and 234", len(r.Problems), r.More, err)
	}
}

// checkDamaged checks a file with other bytes. Whatever they are, it ends, and shows no part of a password hash.
func checkDamaged(t *testing.T, path string, b []byte) (store.Report, error) {
	t.Helper()
	must(t, os.WriteFile(path, b, 0o600))
	r, err := store.Check(path)
	said := strings.Join(shown(r), "\n")
	if err != nil {
		said += err.Error()
	}
	for _, hidden := range []string{secret[:6], hex.EncodeToString([]byte(secret[:6])), "pbkdf2"} {
		if strings.Contains(said, hidden) {
			t.Fatalf("Check shows a part of a password hash: %s", said)
		}
	}
	return r, err
}

// Each page that is in use is missed; bytes that are wrong here and there do no harm.
func TestCheckDamagedPages(t *testing.T) {
	for _, customers := range []int{4, 300} {
		path := fullStore(t, core.IntegerID, customers)
		whole, err := os.ReadFile(path)
		must(t, err)
		page := os.Getpagesize()
		inUse := map[int]bool{}
		b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
		must(t, err)
		must(t, b.View(func(tx *bbolt.Tx) error {
			for i := 0; ; i++ {
				info, err := tx.Page(i)
				if err != nil || info == nil {
					return err
				}
				inUse[i] = info.Type != "free"
			}
		}))
		must(t, b.Close())
		whole = whole[:len(inUse)*page] // the rest is room for growth
		for i, used := range inUse {
			for _, fill := range []byte{0, 0xff} {
				damaged := bytes.Clone(whole)
				copy(damaged[i*page:], bytes.Repeat([]byte{fill}, page))
				r, err := checkDamaged(t, path, damaged)
				if ok := err == nil && r.Sound(); ok == used {
					t.Errorf("page %d of %d customers, in use: %v, full of %#x: Check = %v, %v", i, customers, used, fill, shown(r), err)
				}
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		noticed := 0
		for range 300 {
			damaged := bytes.Clone(whole)
			for range 1 + random.IntN(4) {
				damaged[random.IntN(len(whole))] ^= 1 << random.IntN(8)
			}
			if r, err := checkDamaged(t, path, damaged); err != nil || !r.Sound() {
				noticed++
			}
		}
		t.Logf("%d of 300 flips among %d pages were noticed", noticed, len(inUse))
	}
}

// believe gives both headers of a file the sum that they should have.
func believe(file []byte) {
	for _, header := range []int{0, 4096} {
		sum := fnv.New64a()
		sum.Write(file[header+16 : header+72])
		binary.NativeEndian.PutUint64(file[header+72:], sum.Sum64())
	}
}

// Headers that bbolt would believe though they contradict each other are refused, before it maps pages that do not exist.
func TestHeadersThatContradictEachOther(t *testing.T) {
	const size, pages = 16 + 8, 16 + 40 // where a header names the size of a page, and their number
	path := closedStore(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	for _, c := range []struct {
		name  string
		alter func(file []byte)
		want  string
	}{
		{"second names another size of pages, and more of them", func(b []byte) {
			binary.NativeEndian.PutUint32(b[4096+size:], 1024)
			binary.NativeEndian.PutUint64(b[4096+pages:], 1<<30)
		}, "damaged: its header contradicts itself; restore a backup"},
		{"pages of no bytes", func(b []byte) {
			binary.NativeEndian.PutUint32(b[size:], 0)
		}, "damaged: its header contradicts itself; restore a backup"},
		{"so many pages that their bytes overflow", func(b []byte) {
			for _, header := range []int{0, 4096} {
				binary.NativeEndian.PutUint64(b[header+pages:], 1<<52)
			}
		}, "damaged: its header contradicts itself; restore a backup"},
	} {
		b := bytes.Clone(whole)
		c.alter(b)
		believe(b)
		must(t, os.WriteFile(path, b, 0o600))
		_, err := store.Check(path)
		wantErr(t, c.name+": Check", err, store.ErrCorrupt)
		if err != nil && err.Error() != "check store "+path+": "+c.want {
			t.Errorf("%s: Check = %v, want %s", c.name, err, c.want)
		}
		db, err := store.Open(store.Config{Path: path})
		wantErr(t, c.name+": Open", err, store.ErrCorrupt)
		if err == nil {
			db.Close()
		}
	}
}

// FuzzCheck changes a store where the fuzzer says: patches are 4 bytes each of place, 1 of value. Headers are made good again, so
// that what they say is believed.
func FuzzCheck(f *testing.F) {
	path := fullStore(f, core.IntegerID, 40)
	whole, err := os.ReadFile(path)
	must(f, err)
	const pages = 16 + 40 // where a header says how many pages there are; the rest is room for growth
	whole = whole[:4096*max(binary.NativeEndian.Uint64(whole[pages:]), binary.NativeEndian.Uint64(whole[4096+pages:]))]
	f.Add([]byte{})
	for _, header := range []uint32{0, 4096} {
		for _, field := range []uint32{8, 9, 16, 32, 40, 44, 48} { // page size, root, list of free pages, pages, transaction
			for _, value := range []byte{0, 7, 0xff} {
				f.Add(append(binary.LittleEndian.AppendUint32(nil, header+16+field), value))
			}
		}
	}
	for place := 4096*2 + 8; place < len(whole) && whole[place] != 0; place += 4096 {
		for _, at := range []int{0, 2, 4, 8, 12, 16, 20} {
			f.Add(append(binary.LittleEndian.AppendUint32(nil, uint32(place+at)), 9))
		}
	}
	f.Fuzz(func(t *testing.T, patches []byte) {
		damaged := bytes.Clone(whole)
		for ; len(patches) >= 5; patches = patches[5:] {
			damaged[binary.LittleEndian.Uint32(patches)%uint32(len(damaged))] = patches[4]
		}
		believe(damaged)
		checkDamaged(t, filepath.Join(t.TempDir(), "damaged.db"), damaged)
	})
}
