package store_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/store"
)

// A root of trust bundles is kept and sealed as other keys are, and is none of them.
func TestRoots(t *testing.T) {
	db, clock := fresh(t)
	root := newKey("root")
	root.Origin = store.KeyBundleRoot
	must(t, update(db, store.KeyUpdate{Put: []store.Key{newKey("a")}, Seal: map[string][]byte{"a": []byte(private)}}))
	must(t, db.UpdateRoots(bg, func(have store.Roots) (store.KeyUpdate, []string, error) {
		if len(have.Keys)+len(have.Chain) != 0 {
			t.Errorf("there are roots: %+v", have)
		}
		return store.KeyUpdate{Put: []store.Key{root}, Seal: map[string][]byte{"root": []byte(private)}},
			[]string{"x"}, nil
	}))
	check := func(db *store.DB, sealed ...string) {
		t.Helper()
		r, err := db.Roots(bg)
		if err != nil || len(r.Keys) != 1 || r.Keys[0].ID != "root" || !slices.Equal(r.Chain, []string{"x"}) {
			t.Errorf("Roots() = %+v, %v", r, err)
		}
		if list := keysOf(t, db); len(list) != 1 || list[0].ID != "a" {
			t.Errorf("Keys() = %+v, want no root", list)
		}
		must(t, db.UpdateKeys(bg, func(have []store.Key) (u store.KeyUpdate, err error) {
			if len(have) != 1 {
				t.Errorf("UpdateKeys gives %+v", have)
			}
			return u, nil
		}))
		list, err := db.SealedKeys(bg)
		must(t, err)
		var ids []string
		for _, k := range list {
			ids = append(ids, k.ID)
		}
		if slices.Sort(ids); !slices.Equal(ids, sealed) {
			t.Errorf("SealedKeys() = %q, want %q", ids, sealed)
		}
	}
	check(db, "a", "root")
	resealed := 0
	must(t, db.Reseal(bg, func(_ string, sealed []byte) ([]byte, error) { resealed++; return sealed, nil }))
	if resealed != 2 {
		t.Errorf("%d private parts are sealed anew, want 2", resealed)
	}
	clock.ms.Add(1000 * day)
	purge(t, db, clock)
	check(db, "a", "root")
	for _, sealed := range []map[string][]byte{nil, {"root": []byte(private)}} {
		config := store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now, Elapsed: clock.elapsed}
		_, err := restore(config, backUp(t, db), store.Restoring{Sealed: sealed})
		must(t, err)
		restored := open(t, config)
		if sealed == nil {
			check(restored)
		} else {
			check(restored, "root")
		}
	}
}
