package store_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// What contradicts itself in the records of lists of log-ins is named.
func TestCheckNamesWhatIsWrongWithLogins(t *testing.T) {
	integer := func(i int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)^1<<63) }
	key := func(customer int64) []byte { // of its log-in of fullStore
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(
			slices.Concat([]byte{0, 8}, integer(customer)), start), 5)
	}
	login := key(3)
	byEnd := func(until int64, key []byte) []byte { return append(integer(until), key...) }
	const end = start/1000 + 86400
	hexed := func(b []byte) string { return hex.EncodeToString(b) }
	const unpurged = `": the index of log-ins by their end does not have it, so that it is never purged`
	namesWrong(t, []wrong{
		{"log-in is gone",
			func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error { return in("logins").Delete(login) }, []string{
				`bucket login_expiry, key "` + hexed(byEnd(end, login)) + `": there is no such log-in`,
				`bucket meta, key "logins": it counts 1 log-ins, but there are 0`,
			}},
		{"log-in is not in the index", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("login_expiry").Delete(byEnd(end, login))
		}, []string{`bucket logins, key "` + hexed(login) + unpurged}},
		{"log-in ends at another time", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("login_expiry").Delete(byEnd(end, login)))
			return in("login_expiry").Put(byEnd(end+1, login), []byte{1})
		}, []string{
			`bucket logins, key "` + hexed(login) + unpurged,
			`bucket login_expiry, key "` + hexed(byEnd(end+1, login)) + `": its log-in says otherwise`,
		}},
		{"log-in of nobody", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			must(t, in("login_expiry").Put(byEnd(end, key(99)), []byte{1}))
			return in("logins").Put(key(99), in("logins").Get(login))
		}, []string{
			`bucket logins, key "` + hexed(key(99)) + `": it belongs to customer "99", who does not exist`,
			`bucket meta, key "logins": it counts 1 log-ins, but there are 2`,
		}},
		{"log-ins are damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			v := bytes.Clone(in("logins").Get(login))
			must(t, in("logins").Put(login, v[:len(v)-1]))
			must(t, in("logins").Put(login[:len(login)-1], v))
			must(t, in("login_expiry").Put([]byte("short"), []byte{1}))
			return in("login_expiry").Put(byEnd(end, login), []byte{2})
		}, []string{
			`bucket logins, key "entry 1": the key is no log-in`,
			`bucket logins, key "` + hexed(login) + `": ` + unreadable,
			`bucket login_expiry, key "entry 1": the key is none of the index of log-ins by their end`,
			`bucket login_expiry, key "` + hexed(byEnd(end, login)) + `": ` + unreadable,
			`bucket meta, key "logins": it counts 1 log-ins, but there are 2`,
		}},
		{"count is damaged", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			return in("meta").Put([]byte("logins"), []byte{2})
		}, []string{`bucket meta, key "logins": ` + unreadable}},
	})
}
