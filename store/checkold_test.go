package store_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store"
)

// What contradicts itself in a file of an older schema is named as its version would have.
func TestCheckNamesWhatIsWrongWithOldRecords(t *testing.T) {
	key := func(i int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)^1<<63) }
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, oldStores[2].file(t, "db"), 0o600))
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
		in := func(name string) *bbolt.Bucket { return tx.Bucket([]byte(name)) }
		must(t, in("rights").Put(key(2), []byte("\x01\x02\x00\x01\x00b\x01\x00a\x00\x00")))
		must(t, in("rights").Put(key(3),
			[]byte("\x01\x01\x00\x01\x00a\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00")))
		must(t, in("rights").Put(key(99), []byte("\x01\x00\x00\x00\x00")))
		must(t, in("customers").Put(key(6), append([]byte{2}, in("customers").Get(key(6))[1:]...)))
		must(t, in("groups").Put([]byte("editors"), []byte{1}))
		return in("tombstones").Put(key(7), in("tombstones").Get(key(40)))
	})
	want := []string{
		`bucket customers, key "6": ` + unreadable,
		`bucket customers, key "7": it was made before the id was removed`,
		`bucket tombstones, key "7": the expiry index does not have it, so that it is never purged`,
		`bucket groups, key "editors": ` + unreadable,
		`bucket rights, key "2": ` + unreadable,
		`bucket rights, key "3": it has what is no permission`,
		`bucket rights, key "3": it has a membership of what is no group`,
		`bucket rights, key "99": there is no such customer`,
		`bucket meta, key "tally": it counts 14 tombstones, but there are 15`,
	}
	r, err := store.Check(path)
	if got := shown(r); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Check = %v,\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
