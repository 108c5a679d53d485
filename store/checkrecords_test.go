package store_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// wrong is a change to the store of fullStore that makes it wrong, and what Check says then.
type wrong struct {
	name string
	do   func(tx *bbolt.Tx, in func(bucket string) *bbolt.Bucket) error
	want []string
}

func namesWrong(t *testing.T, cases []wrong) {
	t.Helper()
	for _, c := range cases {
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

const unreadable = "the record is damaged or of a newer version"

// What contradicts itself is named, each with its bucket and key.
func TestCheckNamesWhatIsWrong(t *testing.T) {
	integer := func(i int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)^1<<63) }
	family, _ := store.FamilyKey(core.FamilyKey{Customer: core.Integer(1), Bits: 3})
	started, _ := store.FamilyKey(core.FamilyKey{Customer: core.Integer(1), Bits: 3, Start: start})
	foreign, _ := store.FamilyKey(core.FamilyKey{Customer: core.Text("ada"), Bits: 3})
	expiry := func(until int64, what string, key []byte) []byte {
		return append(append(integer(until), what...), key...)
	}
	number := func(v int64) []byte { return binary.LittleEndian.AppendUint64([]byte{1}, uint64(v)) }
	tomb, address := integer(20), store.AddressKey("customer-20@example.com")
	edited := func(v []byte, at int, b byte) []byte {
		v = bytes.Clone(v)
		v[at] = b
		return v
	}
	namesWrong(t, []wrong{
		{"e-mail address not in the index", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("emails").Delete([]byte("customer-3@example.com"))
		},
			[]string{`bucket customers, key "3": the index of e-mail addresses does not have this customer's, so that nobody can log in with it`}},
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
		{"customer is gone",
			func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("customers").Delete(integer(1)) },
			[]string{
				`bucket emails, key "customer-1@example.com": it belongs to customer "1", who does not exist`,
				`bucket meta, key "tally": it counts 15 customers, but there are 14`,
			}},
		{"customer under another kind of id", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("customers").Put([]byte("ada"), in("customers").Get(integer(1)))
		}, []string{
			`bucket customers, key "entry 1": the key is no id: the store holds integers as ids`,
			`bucket meta, key "tally": it counts 15 customers, but there are 16`,
		}},
		{"customer of a newer version", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("customers").Put(integer(3), edited(in("customers").Get(integer(3)), 0, 3))
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
			`bucket customers, key "3": the version is 65539, but the last that was given is 43`,
			`bucket families, key "` + hex.EncodeToString(family) +
				`": the version is 65560, but the last that was given is 43`,
		}},
		{"log-in and cut-off are damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("cutoffs").Put(integer(3), number(1)[:8]))
			must(t, in("cutoffs").Put([]byte("ada"), number(1)))
			must(t, in("last_login").Put([]byte("ada"), number(1)))
			return in("last_login").Put(integer(3), number(1<<62))
		}, []string{
			`bucket last_login, key "entry 1": the key is no id: the store holds integers as ids`,
			`bucket last_login, key "3": ` + unreadable,
			`bucket cutoffs, key "entry 6": the key is no id: the store holds integers as ids`,
			`bucket cutoffs, key "3": ` + unreadable,
		}},
		{"family under another start", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("families").Put(started, in("families").Get(family)))
			return in("expiry").Put(expiry(start/1000+3, "f", started), []byte{1})
		}, []string{
			`bucket families, key "` + hex.EncodeToString(started) + `": it began at another time than its key says`,
			`bucket meta, key "tally": it counts 21 families, but there are 22`,
		}},
		{"family is gone",
			func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("families").Delete(family) }, []string{
				`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+3, "f", family)) +
					`": the bucket families does not have its record`,
				`bucket meta, key "tally": it counts 21 families, but there are 20`,
			}},
		{"family will never be purged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("expiry").Delete(expiry(start/1000+3, "f", family))
		}, []string{`bucket families, key "` + hex.EncodeToString(family) +
			`": the expiry index does not have it, so that it is never purged`}},
		{"family ends at another time", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("expiry").Put(expiry(start/1000+4, "f", family), []byte{1})
		}, []string{`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+4, "f", family)) +
			`": its record in the bucket families ends at another time`}},
		{"family of another kind of customer", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("expiry").Put(expiry(start/1000+3, "f", foreign), []byte{1}))
			must(t, in("families").Put(append(bytes.Clone(foreign), 0), in("families").Get(family)))
			return in("families").Put(foreign, in("families").Get(family))
		}, []string{
			`bucket families, key "` + hex.EncodeToString(foreign) +
				`": it is a family of a customer of another kind: the store holds integers as ids`,
			`bucket families, key "entry 22": the key is no family`,
			`bucket meta, key "tally": it counts 21 families, but there are 23`,
		}},
		{"tombstone is gone",
			func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("tombstones").Delete(tomb) }, []string{
				`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", tomb)) +
					`": the bucket tombstones does not have its record`,
				`bucket meta, key "tally": it counts 5 tombstones, but there are 4`,
			}},
		{"tombstone of a customer, who was made before", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("tombstones").Put(tomb, in("tombstones").Get(tomb)[:3]))
			must(t, in("expiry").Put(expiry(start/1000+1, "t", integer(3)), nil))
			return in("tombstones").Put(integer(3), in("tombstones").Get(integer(19)))
		}, []string{
			`bucket customers, key "3": it was made before the id was removed`,
			`bucket tombstones, key "3": the expiry index does not have it, so that it is never purged`,
			`bucket tombstones, key "20": ` + unreadable,
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", integer(3))) + `": ` + unreadable,
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "t", integer(3))) +
				`": its record in the bucket tombstones ends at another time`,
			`bucket meta, key "tally": it counts 5 tombstones, but there are 6`,
		}},
		{"cut-off of an address is gone", func(_ *bbolt.Tx,
			in func(string) *bbolt.Bucket) error {
			return in("cutoffs").Delete(address)
		}, []string{
			`bucket expiry, key "` + hex.EncodeToString(expiry(start/1000+1, "c", address)) +
				`": the bucket cutoffs does not have its record`,
		}},
		{"cut-off of an address is damaged, and no such key", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("cutoffs").Put(address[:33], in("cutoffs").Get(address)))
			return in("cutoffs").Put(address, in("cutoffs").Get(address)[:3])
		}, []string{
			`bucket cutoffs, key "entry 3": the key is no id: the store holds integers as ids`,
			`bucket cutoffs, key "` + hex.EncodeToString(address) + `": ` + unreadable,
		}},
		{"cut-off of an address will never be purged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("expiry").Delete(expiry(start/1000+1, "c", address))
		}, []string{`bucket cutoffs, key "` + hex.EncodeToString(address) +
			`": the expiry index does not have it, so that it is never purged`}},
		{"old records in a store of this schema", func(tx *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			_, err := tx.CreateBucket([]byte("rights"))
			must(t, err)
			must(t, in("customers").Put(integer(3), edited(in("customers").Get(integer(3)), 0, 1)))
			must(t, in("expiry").Put(expiry(start/1000+1, "t", address), []byte{1}))
			return in("tombstones").Put(address, append([]byte{1}, make([]byte, 16)...))
		}, []string{
			"1 buckets are none of this version's",
			`bucket customers, key "3": ` + unreadable,
			`bucket tombstones, key "entry 1": the key is no id: the store holds integers as ids`,
			`bucket expiry, key "entry 5": the key is none of the expiry index`,
			`bucket meta, key "tally": it counts 5 tombstones, but there are 6`,
		}},
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
		}, []string{`bucket meta, key "entry 12": no such record is known`}},
		{"no identity, and no tally", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("meta").Delete([]byte("identity")))
			return in("meta").Put([]byte("tally"), []byte{2})
		}, []string{`bucket meta, key "tally": ` + unreadable, `bucket meta, key "identity": it is missing`}},
		{"bucket is missing",
			func(tx *bbolt.Tx, _ func(string) *bbolt.Bucket) error { return tx.DeleteBucket([]byte("emails")) },
			[]string{"bucket emails: it is missing"}},
		{"bucket of another program", func(tx *bbolt.Tx, _ func(string) *bbolt.Bucket) error {
			_, err := tx.CreateBucket([]byte("raft"))
			return err
		}, []string{"1 buckets are none of this version's"}},
		{"bucket within a bucket", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			_, err := in("cutoffs").CreateBucket(integer(3))
			return err
		}, []string{"bucket cutoffs: it holds a bucket where a record should be"}},
	})
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
