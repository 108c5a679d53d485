package store_test

import (
	"bytes"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// What contradicts itself in keys is named, and nothing of a private part is shown.
func TestCheckNamesWhatIsWrongWithKeys(t *testing.T) {
	at := fact.Stamp{Epoch: 1, Time: start * 1000}
	late := fact.Stamp{Epoch: 1, Time: start*1000 + day*1000}
	record := func(retired int64, f fact.Key) []byte {
		f.Algorithm, f.Origin = "HS256", "generated"
		return fact.Append(codec.I64([]byte{1}, retired), f)
	}
	sound := record(0, fact.Key{ID: "sound", Made: at, Stamp: at})
	namesWrong(t, []wrong{
		{"keys", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			keys := in("keys")
			must(t, keys.Put([]byte("sound"), sound))
			must(t, keys.Put([]byte("cut"), sound[:len(sound)-1]))
			must(t, keys.Put([]byte("longer"), append(bytes.Clone(sound), 0)))
			must(t, keys.Put([]byte("newer"), append([]byte{2}, sound[1:]...)))
			must(t, keys.Put([]byte("other"), sound))
			must(t, keys.Put([]byte("late"), record(0, fact.Key{ID: "late", Made: at, Stamp: late})))
			must(t, keys.Put([]byte("retired"), record(late.Time/1_000_000,
				fact.Key{ID: "retired", Made: at, Stamp: at})))
			must(t, keys.Put([]byte("sealed"), fact.Append(make([]byte, 9), fact.UnsealKey{ID: "sealed"})))
			return keys.Put(bytes.Repeat([]byte("x"), 256), sound)
		}, []string{
			`bucket keys, key "cut": ` + unreadable,
			`bucket keys, key "late": it was made above the high-water mark`,
			`bucket keys, key "longer": ` + unreadable,
			`bucket keys, key "newer": ` + unreadable,
			`bucket keys, key "other": ` + unreadable,
			`bucket keys, key "retired": it was retired above the high-water mark`,
			`bucket keys, key "sealed": ` + unreadable,
			`bucket keys, key "entry 9": it is no id of a key`,
		}},
		{"private parts", func(_ *bbolt.Tx, in func(string) *bbolt.Bucket) error {
			sealed := in("sealed")
			must(t, in("keys").Put([]byte("sound"), sound))
			must(t, in("keys").Put([]byte("newer"), record(0, fact.Key{ID: "newer", Made: at, Stamp: at})))
			must(t, sealed.Put([]byte("sound"), append([]byte{1}, private...)))
			must(t, sealed.Put([]byte("newer"), append([]byte{2}, private...)))
			must(t, sealed.Put([]byte("nobody's"), append([]byte{1}, private...)))
			must(t, sealed.Put([]byte("empty"), []byte{1}))
			return sealed.Put([]byte{0}, append([]byte{1}, private...))
		}, []string{
			`bucket sealed, key "entry 1": it is no id of a key`,
			`bucket sealed, key "empty": ` + unreadable,
			`bucket sealed, key "empty": it is the private part of a key that does not exist`,
			`bucket sealed, key "newer": ` + unreadable,
			`bucket sealed, key "nobody's": it is the private part of a key that does not exist`,
		}},
	})
}

// A damaged private part or key is an error that shows nothing of it.
func TestDamagedKeysAreNotShown(t *testing.T) {
	m := join(t, 1)
	m.restart(t, func(tx *bbolt.Tx) error {
		must(t, tx.Bucket([]byte("sealed")).Put([]byte("a"), append([]byte{9}, private...)))
		return tx.Bucket([]byte("keys")).Put([]byte("b"), append([]byte{9}, private...))
	})
	_, sealed := m.SealedKey(bg, "a")
	_, list := m.Keys(bg)
	reseal := m.Reseal(bg, func(_ string, b []byte) ([]byte, error) { return b, nil })
	for name, err := range map[string]error{"SealedKey": sealed, "Keys": list, "Reseal": reseal} {
		wantErr(t, name, err, store.ErrCorrupt)
		if err != nil && bytes.Contains([]byte(err.Error()), []byte(private)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m.restart(t, func(tx *bbolt.Tx) error {
		must(t, tx.Bucket([]byte("sealed")).Delete([]byte("a")))
		return tx.Bucket([]byte("keys")).Delete([]byte("b"))
	})
}
