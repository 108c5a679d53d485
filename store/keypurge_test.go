package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/store"
)

// left says which keys a store has, and with ! which private parts.
func left(t testing.TB, db *store.DB) string {
	t.Helper()
	var list []string
	for _, k := range keysOf(t, db) {
		if k.Sealed {
			k.ID += "!"
		}
		list = append(list, k.ID)
	}
	return strings.Join(list, " ")
}

// A private part goes when its key is gone, and the key a year later. A key that another took over from stays as long
// as what follows it says when it ended.
func TestPurgeKeys(t *testing.T) {
	const now = start / 1000
	db, clock := fresh(t)
	u := store.KeyUpdate{Seal: map[string][]byte{}}
	for i, k := range []store.Key{
		{ID: "first", SignsFrom: now + 10, Longest: 50}, // until 60 s + 50 s after the second took over
		// It is retired before the first ends. The node has become the hub of a fleet.
		{ID: "second", SignsFrom: now + 20, Ends: now + 50, Node: 1},
		{ID: "never", SignsFrom: now + 25, Ends: now + 25},      // it takes over from nobody
		{ID: "third", SignsFrom: now + 20, Longest: 7},          // until 60 s + 7 s after "lasting" took over
		{ID: "other", SignsFrom: now + 20, Longest: 7, Node: 3}, // of another node
		{ID: "lasting", SignsFrom: now + 30},                    // nobody knows how long its tokens live
		{ID: "next", SignsFrom: now + 400*24*3600, Longest: 60},
		{ID: "idle"},
		{ID: "limited", Ends: now + 60},
	} {
		k.Algorithm, k.Origin, k.Added = "HS256", store.KeyGenerated, now+int64(i)
		u.Put, u.Seal[k.ID] = append(u.Put, k), []byte{1}
	}
	must(t, update(db, u))
	const year = 366 * 24 * 3600
	for _, c := range []struct {
		at   int64 // seconds after the start
		keys int   // that are purged, with private parts
		want string
	}{
		{24, 0, "first! second! never! third! other! lasting! next! idle! limited!"},
		{25, 1, "first! second! never third! other! lasting! next! idle! limited!"},
		{59, 1, "first! second never third! other! lasting! next! idle! limited!"},
		{60, 1, "first! second never third! other! lasting! next! idle! limited"},
		{96, 0, "first! second never third! other! lasting! next! idle! limited"},
		{97, 1, "first! second never third other! lasting! next! idle! limited"},
		{129, 0, "first! second never third other! lasting! next! idle! limited"},
		{130, 1, "first second never third other! lasting! next! idle! limited"},
		{year + 25, 0, "first second never third other! lasting! next! idle! limited"},
		{year + 26, 1, "first second third other! lasting! next! idle! limited"},
		{year + 129, 1, "first second third other! lasting! next! idle!"},
		{year + 131, 3, "other! lasting! next! idle!"},
		{2 * year, 0, "other! lasting! next! idle!"},
	} {
		purged := 0
		for clock.ms.Load() < start+c.at*1000 {
			clock.ms.Store(min(start+c.at*1000, clock.ms.Load()+20*day)) // the purge clock follows such steps
			done, err := db.Purge(bg, clock.now(), 0)
			must(t, err)
			purged += done.Keys
		}
		if list := left(t, db); purged != c.keys || list != c.want {
			t.Errorf("after %d s, %d purged: %v, want %d and %v", c.at, purged, list, c.keys, c.want)
		}
	}
}

// The record of a key that a signer may list still is kept: it would come back otherwise.
func TestPurgeKeepsKeysOfSigners(t *testing.T) {
	db, clock := fresh(t)
	here, outside := newKey("here"), newKey("outside")
	here.Ends, outside.Ends, outside.Origin = here.Added, here.Added, store.KeyFromSigner
	must(t, update(db, store.KeyUpdate{Put: []store.Key{here, outside}}))
	for range 40 {
		clock.ms.Add(20 * day)
		_, err := db.Purge(bg, clock.now(), 0)
		must(t, err)
	}
	if list := left(t, db); list != "outside" {
		t.Errorf("left are %q", list)
	}
}

// What is purged is bounded, and a wrong wall clock purges nothing.
func TestPurgeKeysIsBounded(t *testing.T) {
	db, clock := fresh(t)
	u := store.KeyUpdate{Seal: map[string][]byte{}}
	for i := range 5 {
		k := newKey(fmt.Sprint(i))
		k.Ends = start/1000 + 1
		u.Put, u.Seal[k.ID] = append(u.Put, k), []byte{1}
	}
	must(t, update(db, u))
	got, err := db.Purge(bg, clock.now().Add(time.Hour), 0)
	if err != nil || got != (store.Purged{}) {
		t.Errorf("by a wrong wall clock, Purge = %+v, %v", got, err)
	}
	clock.ms.Add(5000)
	for _, want := range []store.Purged{{Keys: 2, More: true}, {Keys: 2, More: true}, {Keys: 1}, {}} {
		if got, err := db.Purge(bg, clock.now(), 2); err != nil || got != want {
			t.Errorf("Purge = %+v, %v, want %+v", got, err, want)
		}
	}
	version := db.KeysVersion()
	clock.ms.Add(367 * day)
	for db.CheckClock() != nil {
		_, err := db.AcceptClock(bg)
		must(t, err)
	}
	purge(t, db, clock)
	if list := keysOf(t, db); len(list) != 0 || db.KeysVersion() == version {
		t.Errorf("a year later there are %+v", list)
	}
}

// Reseal replaces every private part or none, and leaves nothing of the old ones in the file.
func TestReseal(t *testing.T) {
	m := join(t, 1)
	u := store.KeyUpdate{Seal: map[string][]byte{}}
	for i := range 100 {
		id := fmt.Sprint("key ", i)
		u.Put, u.Seal[id] = append(u.Put, newKey(id)), fmt.Appendf(nil, "%s, %d", private, i)
	}
	must(t, update(m.DB, u))
	must(t, update(m.DB, store.KeyUpdate{Seal: map[string][]byte{"key 7": []byte(private + ", earlier")}}))
	must(t, update(m.DB, store.KeyUpdate{Unseal: []string{"key 8"}}))
	before := m.state(t)
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		again []byte
		err   error
		want  error
	}{"an error": {[]byte{1}, refused, refused}, "nothing": {nil, nil, store.ErrInvalid}} {
		n := 0
		err := m.Reseal(bg, func(string, []byte) ([]byte, error) {
			if n++; n < 50 {
				return []byte("new"), nil
			}
			return c.again, c.err
		})
		wantErr(t, name, err, c.want)
		if is := m.state(t); is != before {
			t.Errorf("%s: the store changed", name)
		}
	}
	seen := map[string]string{}
	version := m.KeysVersion()
	must(t, m.Reseal(bg, func(id string, sealed []byte) ([]byte, error) {
		seen[id] = string(sealed)
		return []byte("sealed anew: " + id), nil
	}))
	if len(seen) != 99 || seen["key 7"] != private+", earlier" || m.KeysVersion() == version {
		t.Errorf("Reseal saw %d private parts", len(seen))
	}
	for _, k := range keysOf(t, m.DB) {
		if got := sealedOf(t, m.DB, k.ID); k.Sealed != (got == "sealed anew: "+k.ID) || k.Sealed == (k.ID == "key 8") {
			t.Errorf("the private part of %s is %q", k.ID, got)
		}
	}
	file, err := os.ReadFile(m.config.Path)
	must(t, err)
	if n := bytes.Count(file, []byte(private)); n > 0 {
		t.Errorf("%d old private parts are in the file", n)
	}
	for _, f := range m.frames(t) {
		if bytes.Contains(f, []byte(private)) || bytes.Contains(f, []byte("sealed anew")) {
			t.Error("a private part is in a frame")
		}
	}
}
