package store_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// private is what no error, frame or listing may show.
const private = "the private part of a key"

// newKey is a key that is added now.
func newKey(id string) store.Key {
	return store.Key{ID: id, Algorithm: "ES256", Public: []byte("public " + id), Origin: store.KeyGenerated,
		Added: start / 1000}
}

// update makes an update that does not look at what there is.
func update(db *store.DB, u store.KeyUpdate) error {
	return db.UpdateKeys(bg, func([]store.Key) (store.KeyUpdate, error) { return u, nil })
}

func keysOf(t testing.TB, db *store.DB) []store.Key {
	t.Helper()
	list, err := db.Keys(bg)
	must(t, err)
	return list
}

func sealedOf(t testing.TB, db *store.DB, id string) string {
	t.Helper()
	sealed, err := db.SealedKey(bg, id)
	must(t, err)
	return string(sealed)
}

// Keys are what was put, in the order of their adding, and outlive a restart.
func TestKeys(t *testing.T) {
	m := join(t, 1)
	first, second := newKey("b"), newKey("a")
	first.Longest, second.SignsFrom, second.NoKID = 60, start/1000+60, true
	earliest := newKey("c")
	earliest.Added--
	earliest.Public, earliest.Algorithm, earliest.RefreshOnly = nil, "HS256", true
	must(t, update(m.DB, store.KeyUpdate{Put: []store.Key{first, second, earliest},
		Seal: map[string][]byte{"b": []byte(private)}}))
	first.Sealed = true
	want := []store.Key{earliest, first, second}
	if got := keysOf(t, m.DB); !reflect.DeepEqual(got, want) {
		t.Errorf("Keys = %+v, want %+v", got, want)
	}
	m.restart(t, nil)
	if got := keysOf(t, m.DB); !reflect.DeepEqual(got, want) {
		t.Errorf("Keys after a restart = %+v, want %+v", got, want)
	}
	for id, want := range map[string]string{"b": private, "a": "", "none": "", "": "", strings.Repeat("x", 256): ""} {
		if got := sealedOf(t, m.DB, id); got != want {
			t.Errorf("private part of %q = %q, want %q", id, got, want)
		}
	}
	must(t, update(m.DB, store.KeyUpdate{Unseal: []string{"b", "a", "none"}, Seal: map[string][]byte{"a": {1}}}))
	if sealedOf(t, m.DB, "b") != "" || sealedOf(t, m.DB, "a") != "\x01" {
		t.Error("the private parts are not those that were kept last")
	}
}

// An update decides by what is there, and changes all of it or nothing.
func TestUpdateKeys(t *testing.T) {
	m := join(t, 1)
	must(t, update(m.DB, store.KeyUpdate{Put: []store.Key{newKey("a")}}))
	refused := errors.New("refused")
	err := m.UpdateKeys(bg, func(have []store.Key) (store.KeyUpdate, error) {
		if !reflect.DeepEqual(have, []store.Key{newKey("a")}) {
			t.Errorf("it has %+v", have)
		}
		return store.KeyUpdate{Put: []store.Key{newKey("b")}}, refused
	})
	if !errors.Is(err, refused) || len(keysOf(t, m.DB)) != 1 {
		t.Errorf("an update that refuses = %v, and the keys are %+v", err, keysOf(t, m.DB))
	}
	retired := newKey("r")
	retired.Ends = start / 1000
	must(t, update(m.DB, store.KeyUpdate{Put: []store.Key{retired}}))
	later := retired
	later.Ends++
	change := func(change func(*store.Key)) store.KeyUpdate {
		k := newKey("a")
		change(&k)
		return store.KeyUpdate{Put: []store.Key{newKey("new"), k}, Seal: map[string][]byte{"new": []byte(private)}}
	}
	before := m.LastTransaction()
	for name, u := range map[string]store.KeyUpdate{
		"no id":               {Put: []store.Key{newKey("")}},
		"long id":             {Put: []store.Key{newKey(strings.Repeat("x", 256))}},
		"id with a null":      {Put: []store.Key{newKey("a\x00")}},
		"twice":               {Put: []store.Key{newKey("b"), newKey("b")}},
		"no algorithm":        change(func(k *store.Key) { k.Algorithm = "" }),
		"another algorithm":   change(func(k *store.Key) { k.Algorithm = "ES384" }),
		"another public key":  change(func(k *store.Key) { k.Public = nil }),
		"another origin":      change(func(k *store.Key) { k.Origin = store.KeyImported }),
		"unknown origin":      change(func(k *store.Key) { k.Origin = "elsewhere" }),
		"another time":        change(func(k *store.Key) { k.Added++ }),
		"another node":        change(func(k *store.Key) { k.Node = 1 }),
		"no node":             change(func(k *store.Key) { k.Node = fact.MaxNumber + 1 }),
		"negative time":       change(func(k *store.Key) { k.SignsFrom = -1 }),
		"a time too late":     change(func(k *store.Key) { k.Ends = core.LastUntil + 1 }),
		"a negative life":     change(func(k *store.Key) { k.Longest = -1 }),
		"a long public key":   {Put: []store.Key{{ID: "l", Algorithm: "RS256", Public: make([]byte, 16<<10+1)}}},
		"a retirement undone": {Put: []store.Key{later}},
		"an end taken back":   {Put: []store.Key{newKey("r")}},
		"sealed for nobody":   {Seal: map[string][]byte{"none": []byte(private)}},
		"sealed for no id":    {Seal: map[string][]byte{"": []byte(private)}},
		"nothing sealed":      {Seal: map[string][]byte{"a": {}}},
		"too long to be kept": {Seal: map[string][]byte{"a": bytes.Repeat([]byte(private), 1<<13)}},
	} {
		err := update(m.DB, u)
		wantErr(t, name, err, store.ErrInvalid)
		if err != nil && strings.Contains(err.Error(), private) {
			t.Errorf("%s: %v", name, err)
		}
	}
	same := store.KeyUpdate{Put: []store.Key{newKey("a"), retired}, Unseal: []string{"a"}}
	must(t, update(m.DB, same))
	must(t, m.RaiseLongest(bg, []string{"none"}, 60))
	if m.LastTransaction() != before || len(keysOf(t, m.DB)) != 2 {
		t.Errorf("what was refused or changes nothing was written: %+v", keysOf(t, m.DB))
	}
	ended, cancel := context.WithCancel(bg)
	cancel()
	if err := m.UpdateKeys(ended, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("UpdateKeys after its context ended = %v", err)
	}
}

// The longest life of tokens only rises, and is written only where it does.
func TestRaiseLongest(t *testing.T) {
	m := join(t, 1)
	a, b := newKey("a"), newKey("b")
	a.Longest = 100
	must(t, update(m.DB, store.KeyUpdate{Put: []store.Key{a, b}}))
	must(t, m.RaiseLongest(bg, []string{"a", "b", "b"}, 60))
	before := m.LastTransaction()
	must(t, m.RaiseLongest(bg, []string{"a", "b"}, 60))
	a.Longest, b.Longest = 1, 60
	must(t, update(m.DB, store.KeyUpdate{Put: []store.Key{a, b}}))
	a.Longest = 100
	if got := keysOf(t, m.DB); !reflect.DeepEqual(got, []store.Key{a, b}) || m.LastTransaction() != before {
		t.Errorf("Keys = %+v, want 100 s and 60 s, and no commit for what does not rise", got)
	}
	for _, seconds := range []int64{-1, 1 << 62} {
		wantErr(t, "RaiseLongest", m.RaiseLongest(bg, []string{"a"}, seconds), store.ErrInvalid)
	}
}

// KeysVersion grows with what changes keys, and with nothing else.
func TestKeysVersion(t *testing.T) {
	m, edge := join(t, 1), join(t, 2)
	last := m.KeysVersion()
	for _, c := range []struct {
		name  string
		grows bool
		do    func() error
	}{
		{"a group", false, func() error { return m.AddGroup(bg, "editors", nil) }},
		{"a key", true, func() error { return update(m.DB, store.KeyUpdate{Put: []store.Key{newKey("a")}}) }},
		{"the same key", false, func() error { return update(m.DB, store.KeyUpdate{Put: []store.Key{newKey("a")}}) }},
		{"a longer life", true, func() error { return m.RaiseLongest(bg, []string{"a"}, 60) }},
		{"a private part", true, func() error {
			return update(m.DB, store.KeyUpdate{Seal: map[string][]byte{"a": []byte(private)}})
		}},
		{"no private part", true, func() error { return update(m.DB, store.KeyUpdate{Unseal: []string{"a"}}) }},
	} {
		must(t, c.do())
		now := m.KeysVersion()
		if (now > last) != c.grows || now < last {
			t.Errorf("%s: the version is %d after %d", c.name, now, last)
		}
		last = now
	}
	before := edge.KeysVersion()
	frames := m.frames(t)
	apply(t, edge, frames...)
	delivered := edge.KeysVersion()
	apply(t, edge, frames...)
	if delivered <= before || edge.KeysVersion() != delivered {
		t.Errorf("the version of a node that keys are delivered to is %d, %d, %d", before, delivered,
			edge.KeysVersion())
	}
	if got := keysOf(t, edge.DB); !reflect.DeepEqual(got, keysOf(t, m.DB)) {
		t.Errorf("the node has %+v", got)
	}
	for _, f := range frames {
		if bytes.Contains(f, []byte(private)) {
			t.Error("a private part is in a frame")
		}
	}
}

// Facts about a key give one state in any order, and no fact takes a retirement back.
func TestKeyFactsJoin(t *testing.T) {
	at := func(seconds int64) fact.Stamp { return fact.Stamp{Epoch: 1, Time: start*1000 + seconds*1e6, Node: 1} }
	key := func(made, stamp fact.Stamp, signs, ends, longest int64) fact.Key {
		return fact.Key{ID: "k", Made: made, Stamp: stamp, Algorithm: "ES256", Public: []byte{1}, Origin: "generated",
			Added: start / 1000, SignsFrom: signs, Ends: ends, Longest: longest}
	}
	const now = start / 1000
	forgetful := at(0)
	forgetful.Epoch = 2 // the hub was restored, and does not know that the key was retired
	other := key(at(0), at(3), 0, now+9, 0)
	other.Public = []byte{2} // no sound node makes it
	forGood := key(at(0), at(2), 0, now+9, 0)
	forGood.ForGood = true
	for name, c := range map[string]struct {
		facts []fact.Key
		want  store.Key
	}{
		"changes": {[]fact.Key{key(at(0), at(0), 0, 0, 5), key(at(0), at(1), now+1, 0, 9),
			key(at(0), at(2), now+2, now+99, 7)}, store.Key{SignsFrom: now + 2, Ends: now + 99, Longest: 9}},
		"an end later": {[]fact.Key{key(at(0), at(1), 0, now+50, 0), key(at(0), at(2), 0, now+90, 0)},
			store.Key{Ends: now + 90}},
		"a retirement": {[]fact.Key{key(at(0), at(1), now, 0, 0), key(at(0), at(2), now, now+2, 0),
			key(at(0), forgetful, now+5, 0, 0)}, store.Key{SignsFrom: now + 5, Ends: now + 2}},
		"two": {[]fact.Key{key(at(0), at(2), now, now+2, 0), key(at(0), forgetful, now, now-5, 0),
			key(at(0), at(4), 0, now+4, 0)}, store.Key{SignsFrom: now, Ends: now - 5}},
		"one for good": {[]fact.Key{key(at(0), at(1), 0, 0, 0), key(at(0), at(3), now, now+9, 0), forGood},
			store.Key{SignsFrom: now, Ends: now + 9, Retired: true}},
		"another making": {[]fact.Key{key(at(0), at(2), now, now+2, 90), key(at(5), at(5), now+6, 0, 1),
			key(at(5), at(6), now+7, 0, 0)}, store.Key{SignsFrom: now + 7, Longest: 1}},
		"one stamp": {[]fact.Key{key(at(0), at(3), 0, now+9, 3), other, key(at(0), at(3), 0, now+8, 1)},
			store.Key{Public: []byte{2}, Ends: now + 9, Longest: 3}},
	} {
		c.want.ID, c.want.Algorithm, c.want.Origin, c.want.Added = "k", "ES256", store.KeyGenerated, now
		if c.want.Public == nil {
			c.want.Public = []byte{1}
		}
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0, 2, 1, 0}} {
			edge := join(t, 2)
			from := chain{node: 1, incarnation: 5}
			for _, i := range order {
				if i < len(c.facts) {
					apply(t, edge, from.frame(t, c.facts[i]))
				}
			}
			if got := keysOf(t, edge.DB); len(got) != 1 || !reflect.DeepEqual(got[0], c.want) {
				t.Errorf("%s in the order %v: %+v, want %+v", name, order, got, c.want)
			}
		}
	}
}

// Updates at once follow each other: each decides by what the one before has left.
func TestUpdateKeysAtOnce(t *testing.T) {
	db, _ := fresh(t)
	const workers, each = 8, 10
	ended := make(chan error)
	for range workers {
		go func() {
			ended <- func() error {
				for range each {
					err := db.UpdateKeys(bg, func(have []store.Key) (store.KeyUpdate, error) {
						k := newKey(fmt.Sprint(len(have)))
						return store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{k.ID: []byte(k.ID)}}, nil
					})
					if err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	for left, seen := workers, 0; left > 0; {
		select {
		case err := <-ended:
			must(t, err)
			left--
		default:
		}
		version := db.KeysVersion()
		list := keysOf(t, db)
		if again := keysOf(t, db); db.KeysVersion() == version && len(again) != len(list) || len(list) < seen {
			t.Errorf("there are %d keys, and then %d, in one version", len(list), len(again))
		}
		seen = len(list)
	}
	if list := keysOf(t, db); len(list) != workers*each || !slices.IsSortedFunc(list, func(a, b store.Key) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	}) {
		t.Errorf("the keys are %+v", list)
	}
}

// What a newer program says of a key waits in quarantine.
func TestNewerKeyFact(t *testing.T) {
	edge := join(t, 2)
	from := chain{node: 1, incarnation: 5}
	raw := from.frame(t, unread(t, byte(fact.KeyKind), 2, 1, 2, 3))
	wantDelivered(t, "Apply", apply(t, edge, raw), store.Delivered{Applied: 1, Quarantined: 1})
	if list := keysOf(t, edge.DB); len(list) != 0 {
		t.Errorf("the keys are %+v", list)
	}
}

// Only the hub says what a key is.
func TestKeyFactOfAnotherNode(t *testing.T) {
	hub := join(t, 1)
	at := fact.Stamp{Epoch: 1, Time: start * 1000, Node: 3}
	from := chain{node: 3, incarnation: 5}
	raw := from.frame(t, fact.Key{ID: "k", Made: at, Stamp: at, Algorithm: "HS256", Origin: "imported"})
	d, err := hub.Accept(bg, 3, store.Delivery{Frames: [][]byte{raw}})
	if err != nil || len(d.Refused) != 1 || len(keysOf(t, hub.DB)) != 0 {
		t.Errorf("Accept = %+v, %v", d, err)
	}
}
