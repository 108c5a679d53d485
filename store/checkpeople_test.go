package store_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What contradicts itself in groups, rights, sessions and the index without regard to case is named.
func TestCheckNamesWhatIsWrongWithPeople(t *testing.T) {
	integer := func(i int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)^1<<63) }
	mixed := []byte("customer-2@example.com\x00Customer-2@Example.com")
	session := slices.Concat([]byte{1, 0}, make([]byte, 30)) // the first of two of customer 2
	other := slices.Concat([]byte{1, 1}, make([]byte, 30))
	byCustomer := func(id, session []byte) []byte { return slices.Concat([]byte{0, 8}, id, integer(start+1), session) }
	byExpiry := func(session []byte) []byte { return append(integer((start+3_600_000)*1000), session...) }
	hexed := func(b []byte) string { return hex.EncodeToString(b) }
	namesWrong(t, []wrong{
		{"address not in the index without regard to case", func(_ *bbolt.Tx,
			in func(string) *bbolt.Bucket) error {
			return in("folded").Delete(mixed)
		},
			[]string{`bucket customers, key "2": the index without regard to case does not have this customer's e-mail address`}},
		{"what does not belong there", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("folded").Put([]byte("a\x00B"), []byte{1}))
			must(t, in("folded").Put([]byte("a\x00a"), []byte{1}))
			must(t, in("folded").Put([]byte("ab"), []byte{1}))
			must(t, in("folded").Put([]byte("c\x00C"), []byte{1}))
			return in("folded").Put(mixed, []byte{2})
		}, []string{
			`bucket folded, key "entry 1": the key is none of the index without regard to case`,
			`bucket folded, key "entry 2": the key is none of the index without regard to case`,
			`bucket folded, key "entry 3": the key is none of the index without regard to case`,
			`bucket folded, key "C": nobody has this e-mail address`,
			`bucket folded, key "Customer-2@Example.com": ` + unreadable,
		}},
		{"folds of the store are damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("meta").Put([]byte("folds"), []byte{1})
		},
			[]string{`bucket meta, key "folds": ` + unreadable}},
		{"group is damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("groups").Put(bytes.Repeat([]byte("x"), 151), in("groups").Get([]byte("editors"))))
			editors := in("groups").Get([]byte("editors"))
			odd, late := bytes.Replace(editors, []byte("s.c"), []byte("s-c"), 1), bytes.Clone(editors)
			late[14] = 9 // of the stamp, after the version, a count and the epoch: 72 years ahead, or so
			must(t, in("groups").Put([]byte("odd"), odd))
			must(t, in("groups").Put([]byte("late"), late))
			return in("groups").Put([]byte("editors"), []byte{1})
		}, []string{
			`bucket groups, key "editors": ` + unreadable,
			`bucket groups, key "late": it was made above the high-water mark`,
			`bucket groups, key "odd": it has what is no permission`,
			`bucket groups, key "entry 4": the key is no name of a group`,
		}},
		{"rights are damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			v := in("customers").Get(integer(2))
			return in("customers").Put(integer(2), bytes.Replace(v, []byte("s.add_"), []byte("s-add_"), 1))
		}, []string{`bucket customers, key "2": it has what is no permission`}},
		{"session is gone",
			func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("sessions").Delete(session) }, []string{
				`bucket customer_sessions, key "` + hexed(byCustomer(integer(2), session)) +
					`": there is no such session`,
				`bucket session_expiry, key "` + hexed(byExpiry(session)) + `": there is no such session`,
				`bucket meta, key "sessions": it counts 2 sessions, but there are 1`,
			}},
		{"session is not in the indices", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("customer_sessions").Delete(byCustomer(integer(2), session)))
			return in("session_expiry").Delete(byExpiry(session))
		}, []string{
			`bucket sessions, key "` + hexed(session) +
				`": the index of sessions by customer does not have it, so that it would outlive him`,
			`bucket sessions, key "` + hexed(session) +
				`": the index of sessions by expiry does not have it, so that it is never purged`,
		}},
		{"sessions are damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("sessions").Put(session[:31], in("sessions").Get(session)))
			must(t, in("sessions").Put(session, []byte{1}))
			must(t, in("customer_sessions").Put(byCustomer(integer(2), session[:31]), []byte{1}))
			must(t, in("customer_sessions").Put(byCustomer(integer(3), other), []byte{1}))
			must(t, in("session_expiry").Put(byExpiry(session), []byte{2}))
			return in("session_expiry").Put(byExpiry(session[:31]), []byte{1})
		}, []string{
			`bucket sessions, key "entry 1": the key is no session`,
			`bucket sessions, key "` + hexed(session) + `": ` + unreadable,
			`bucket customer_sessions, key "entry 1": the key is none of the index of sessions by customer`,
			`bucket customer_sessions, key "` + hexed(byCustomer(integer(3), other)) + `": its session says otherwise`,
			`bucket session_expiry, key "entry 1": the key is none of the index of sessions by expiry`,
			`bucket session_expiry, key "` + hexed(byExpiry(session)) + `": ` + unreadable,
			`bucket meta, key "sessions": it counts 2 sessions, but there are 3`,
		}},
		{"session of nobody, and of the future", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			v := bytes.Clone(in("sessions").Get(session))
			v[8] = 1 // of the start, the highest byte
			copy(v[17:], integer(99))
			return in("sessions").Put(session, v)
		}, []string{
			`bucket sessions, key "` + hexed(session) + `": it began above the high-water mark`,
			`bucket sessions, key "` + hexed(session) + `": it belongs to customer "99", who does not exist`,
			`bucket sessions, key "` + hexed(session) +
				`": the index of sessions by customer does not have it, so that it would outlive him`,
			`bucket customer_sessions, key "` + hexed(byCustomer(integer(2), session)) +
				`": its session says otherwise`,
		}},
	})
}

// A store whose sessions and rights are whole is sound whatever was done with them.
func TestCheckAfterChangesOfPeople(t *testing.T) {
	path := fullStore(t, core.IntegerID, 20)
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed, MaxSessions: 5})
	must(t, err)
	page, err := db.List(bg, core.CustomerID{}, 100)
	must(t, err)
	for i, c := range page {
		begin(t, db, clock, c, sid(500+i))
		if i%3 == 0 {
			must(t, db.ChangeRights(bg, c.ID, store.RightsChange{Grant: []string{"a.b"}, Join: []string{"editors"}}))
		}
		if i%4 == 0 {
			must(t, db.SetPassword(bg, c.ID, "new"))
		}
		if i%5 == 0 {
			must(t, db.Remove(bg, c.ID, 0))
		}
	}
	must(t, db.RemoveGroup(bg, "editors"))
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v, want nothing to be wrong", shown(r), err)
	}
}
