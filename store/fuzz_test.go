package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// indices are the buckets whose keys alone say something, with the kinds of these.
var indices = map[string]string{"expiry": "expiry key", "customer_sessions": "key of a customer's session",
	"session_expiry": "session expiry key", "revoked": "expiry key", "login_expiry": "log-in expiry key"}

// kinds are the kinds of the records of a bucket.
var kinds = map[string]string{"customers": "customer", "families": "family", "tombstones": "removal", "emails": "owner",
	"last_login": "last login", "cutoffs": "cut-off", "groups": "group", "sessions": "session", "parked": "customer",
	"heads": "head", "quarantine": "quarantine", "keys": "key", "sealed": "private part",
	"members": "member", "leases": "lease", "invitations": "invitation", "logins": "login"}

// oldKinds are the kinds of the records of a bucket of schemas 1 to 3.
var oldKinds = map[string]string{"customers": "old customer", "tombstones": "old tombstone", "groups": "old group",
	"rights": "old rights"}

// records are the values of small stores, with their kinds.
func records(tb testing.TB) map[string][][]byte {
	tb.Helper()
	found := map[string][][]byte{"upgrade": {[]byte("\x01\x00ada")},
		"pending": {[]byte("\x01\x02\x00\x02\x00\x03\x00")},
		"gap":     {[]byte("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00")}}
	gather := func(path string, kinds map[string]string) {
		for bucket, records := range all(tb, path) {
			for k, v := range records {
				kind := kinds[bucket]
				if bucket == "meta" {
					kind = k
				}
				if index, ok := indices[bucket]; ok {
					kind, v = index, k
				}
				if older := kind == "tally" && v[0] == 1; kind != "" && !older {
					found[kind] = append(found[kind], []byte(v))
				}
			}
		}
	}
	gather(smallStore(tb), kinds)
	gather(fleetStore(tb), kinds)
	gather(hubStore(tb), kinds)
	path := filepath.Join(tb.TempDir(), "store.db")
	must(tb, os.WriteFile(path, oldStores[2].file(tb, "db"), 0o600))
	gather(path, oldKinds)
	return found
}

// smallStore is the path of a store that nobody has open.
func smallStore(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path, Now: newClock().now})
	must(tb, err)
	_, err = db.Add(bg, store.NewCustomer{Email: "ada@example.com", LastName: "ünï", IsStaff: true,
		LastLogin: time.Unix(1, 0), PasswordHash: "!",
		Attributes: []byte(`{"plan":"gold"}`)})
	must(tb, err)
	_, err = db.Add(bg, store.NewCustomer{Email: "bea@example.com"})
	must(tb, err)
	must(tb, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 1},
		Until: start / 1000},
		{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 2}, Until: start / 1000, At: start}}}))
	must(tb, db.Settle(bg, login(state(tb, db, core.Integer(1), core.Family{}), start)))
	must(tb, db.Revoke(bg, core.Integer(1)))
	must(tb, db.Remove(bg, core.Integer(2), time.Hour))
	must(tb, db.RaiseLifetimes(bg, core.Lifetimes{Access: 3600, Foreign: 86400}))
	must(tb, db.PutGroup(bg, "editors", []string{"customers.view_customer", "ünï.x"}))
	must(tb, db.ChangeRights(bg, core.Integer(1), store.RightsChange{Grant: []string{"a.b", "a.c"},
		Join: []string{"editors"}}))
	must(tb, db.SetActive(bg, core.Integer(1), true))
	ada, err := db.Get(bg, core.Integer(1))
	must(tb, err)
	k := newKey("ünï")
	k.Ends = start / 1000
	must(tb, update(db, store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{k.ID: {1, 2}}}))
	must(tb, db.ReserveEpochs(bg, start))
	must(tb, db.UpdateRoots(bg, func(store.Roots) (store.KeyUpdate, []string, error) {
		return store.KeyUpdate{}, []string{"a.b.c", "ünï"}, nil
	}))
	must(tb, db.StartSession(bg, store.NewSession{ID: store.SessionID{1}, Customer: ada,
		Expires: time.UnixMilli(start + 1000)}))
	must(tb, db.StartSession(bg, store.NewSession{ID: store.SessionID{2}, Customer: ada,
		Expires: time.UnixMilli(start + 1000), Listed: true, Client: curl}))
	listLogin(tb, db, ada.ID, 5, start+2000, curl)
	must(tb, db.Close())
	return path
}

// withStamps are the kinds of records that have a table of stamps. That may be in another order than the store writes
// it, or have stamps that nothing names.
var withStamps = map[string]bool{"customer": true, "group": true}

// What is accepted must be written again byte for byte, but for a table of stamps and records of an earlier version: no
// unknown field is lost.
func FuzzRecord(f *testing.F) {
	all := records(f)
	if len(all) != 45 {
		f.Fatalf("%d kinds of records, want 45", len(all))
	}
	for kind, values := range all {
		for _, v := range values {
			f.Add(kind, v)
			f.Add(kind, append(slices.Clone(v), 0))
			f.Add(kind, v[:len(v)-1])
		}
	}
	const stamp, other, tail = "\x01\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x01\x00\x03\x00a.b\x01\x00\x00\xff\xff"
	for _, table := range []string{stamp + stamp + "\x00\x00", stamp + other + "\x00\x00", stamp + other + "\x01\x00"} {
		f.Add("group", []byte("\x02\x02\x00"+table+tail))
	}
	f.Fuzz(func(t *testing.T, kind string, value []byte) {
		again, err := store.Reencode(kind, value)
		if err != nil || bytes.Equal(again, value) {
			return
		}
		third, err := store.Reencode(kind, again)
		fits := withStamps[kind] && len(again) <= len(value) || value[0] < again[0]
		if !fits || err != nil || !bytes.Equal(third, again) {
			t.Errorf("%s %x is written again as %x, and then as %x, %v", kind, value, again, third, err)
		}
	})
}

// Every record as it is is accepted, and none that is longer, shorter, of another version, or with an unknown flag.
func TestRecordsAreStrict(t *testing.T) {
	for kind, values := range records(t) {
		if strings.Contains(kind, "key") {
			continue
		}
		for _, v := range values {
			if again, err := store.Reencode(kind, v); err != nil || !bytes.Equal(again, v) {
				t.Errorf("%s %x is written again as %x, %v", kind, v, again, err)
			}
			bad := map[string][]byte{"of version 9": slices.Concat([]byte{9}, v[1:]), "empty": nil}
			if kind != "owner" && kind != "session" && kind != "followed" && kind != "upgrade" &&
				kind != "private part" { // it ends in any bytes
				bad["longer"], bad["shorter"] = append(slices.Clone(v), 0), v[:len(v)-1]
			}
			if kind == "family" { // one has a start, one none, and one an advance with a home
				bad["of another version"] = slices.Concat([]byte{v[0]%4 + 1}, v[1:])
			}
			if kind == "customer" {
				bad["with flag 16"] = slices.Clone(v)
				bad["with flag 16"][9] |= 16
			}
			for name, b := range bad {
				_, err := store.Reencode(kind, b)
				wantErr(t, kind+" "+name, err, store.ErrCorrupt)
			}
		}
	}
}

// The header of any file is looked at without a panic.
func FuzzHeader(f *testing.F) {
	whole, err := os.ReadFile(closedStore(f))
	must(f, err)
	f.Add(whole[:8192])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if store.CheckHeader(bytes.NewReader(b), int64(len(b))) == nil && len(b) < 2048 {
			t.Errorf("a file of %d bytes is accepted", len(b))
		}
	})
}

// What is read as the key of a family is written again byte for byte.
func FuzzReadFamilyKey(f *testing.F) {
	for _, k := range []core.FamilyKey{{}, {Bits: 5}, {Customer: core.Integer(-7), Bits: 5},
		{Customer: core.Integer(-7), Bits: 5, Start: start}, {Issuer: "other", Customer: core.Text("ada")}} {
		key, _ := store.FamilyKey(k)
		f.Add(key)
		f.Add(key[:len(key)-1])
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		k, ok := store.ReadFamilyKey(key)
		if !ok {
			return
		}
		if again, ok := store.FamilyKey(k); !ok || !bytes.Equal(again, key) || k.Customer.Kind > core.TextID {
			t.Errorf("key %x is read as %+v, which has the key %x", key, k, again)
		}
	})
}

// Keys of different families differ, and are read as what they were made of.
func FuzzFamilyKey(f *testing.F) {
	f.Add("", uint8(1), int64(7), "", uint64(5), int64(0), "", uint8(2), int64(0), "7", uint64(5), int64(0))
	f.Add("a", uint8(2), int64(0), "b", uint64(5), int64(0), "ab", uint8(2), int64(0), "", uint64(5), int64(0))
	f.Add("", uint8(1), int64(7), "", uint64(5), int64(start), "", uint8(1), int64(7), "", uint64(5), int64(0))
	f.Fuzz(func(t *testing.T, issuer1 string, kind1 uint8, int1 int64, text1 string, bits1 uint64,
		start1 int64, issuer2 string, kind2 uint8, int2 int64, text2 string, bits2 uint64, start2 int64) {
		id := func(kind uint8, i int64, s string) core.CustomerID {
			switch kind % 3 {
			case 1:
				return core.Integer(i)
			case 2:
				return core.Text(s)
			}
			return core.CustomerID{}
		}
		a := core.FamilyKey{Issuer: issuer1, Customer: id(kind1, int1, text1), Bits: bits1, Start: start1}
		b := core.FamilyKey{Issuer: issuer2, Customer: id(kind2, int2, text2), Bits: bits2, Start: start2}
		keyA, okA := store.FamilyKey(a)
		keyB, okB := store.FamilyKey(b)
		if okA && okB && bytes.Equal(keyA, keyB) != (a == b) {
			t.Errorf("keys of %+v and %+v are %x and %x", a, b, keyA, keyB)
		}
		if got, ok := store.ReadFamilyKey(keyA); ok != okA || ok && got != a {
			t.Errorf("key %x of %+v is read as %+v, %v", keyA, a, got, ok)
		}
	})
}
